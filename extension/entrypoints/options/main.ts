import { mount } from "svelte";
import { HistoryModel } from "@/lib/ui/options/history-model.svelte";
import { OptionsModel } from "@/lib/ui/options/options-model.svelte";
import Options from "@/lib/ui/options/Options.svelte";
import "@/lib/ui/style.css";

const target = document.getElementById("app");
if (target) {
  const model = new OptionsModel();
  const history = new HistoryModel();
  mount(Options, { target, props: { model, history } });
  void model.open();
  void history.open();
}

import { mount } from "svelte";
import { OptionsModel } from "@/lib/ui/options/options-model.svelte";
import Options from "@/lib/ui/options/Options.svelte";
import "@/lib/ui/style.css";

const target = document.getElementById("app");
if (target) {
  const model = new OptionsModel();
  mount(Options, { target, props: { model } });
  void model.open();
}

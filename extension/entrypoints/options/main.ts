import { mount } from "svelte";
import { CacheModel } from "@/lib/ui/options/cache-model.svelte";
import { HistoryModel } from "@/lib/ui/options/history-model.svelte";
import { OptionsModel } from "@/lib/ui/options/options-model.svelte";
import Options from "@/lib/ui/options/Options.svelte";
import "@/lib/ui/style.css";

const target = document.getElementById("app");
if (target) {
  const model = new OptionsModel();
  const history = new HistoryModel();
  const cache = new CacheModel();
  mount(Options, { target, props: { model, history, cache } });
  void model.open();
  void history.open();
  void cache.open();
}

import { mount } from "svelte";
import { HostModel } from "@/lib/ui/host-model.svelte";
import { CacheModel } from "@/lib/ui/options/cache-model.svelte";
import { HistoryModel } from "@/lib/ui/options/history-model.svelte";
import { LibraryModel } from "@/lib/ui/options/library-model.svelte";
import { ModelsModel } from "@/lib/ui/options/models-model.svelte";
import { OptionsModel } from "@/lib/ui/options/options-model.svelte";
import Options from "@/lib/ui/options/Options.svelte";
import { PresetsModel } from "@/lib/ui/options/presets-model.svelte";
import { WordsModel } from "@/lib/ui/options/words-model.svelte";
import "@/lib/ui/style.css";

const target = document.getElementById("app");
if (target) {
  const model = new OptionsModel();
  const host = new HostModel(() => location.reload()); // all that it holds is asked anew
  const history = new HistoryModel();
  const cache = new CacheModel();
  const library = new LibraryModel();
  const presets = new PresetsModel();
  const models = new ModelsModel();
  const words = new WordsModel();
  mount(Options, { target, props: { model, host, library, presets, models, words, history, cache } });
  void model.open();
  void host.open();
  void history.open();
  void cache.open();
  void library.open();
  void presets.open();
  void models.open();
  void words.open();
}

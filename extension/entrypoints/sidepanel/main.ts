import { mount } from "svelte";
import { PaletteModel } from "@/lib/ui/palette/palette-model.svelte";
import Palette from "@/lib/ui/palette/Palette.svelte";
import "@/lib/ui/style.css";

/** `sidepanel.html?tabId=N` is about that tab; else it follows the one in front. */
const asked = Number(new URLSearchParams(location.search).get("tabId"));

const target = document.getElementById("app");
if (target) {
  const model = new PaletteModel(Number.isInteger(asked) && asked > 0 ? asked : null);
  mount(Palette, { target, props: { model } });
  void model.open();
}

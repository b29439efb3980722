import { mount } from "svelte";
import { HostModel } from "@/lib/ui/host-model.svelte";
import { PaletteModel } from "@/lib/ui/palette/palette-model.svelte";
import { QueueModel } from "@/lib/ui/queue/queue-model.svelte";
import { StudioModel } from "@/lib/ui/studio/studio-model.svelte";
import SidePanel from "@/lib/ui/SidePanel.svelte";
import "@/lib/ui/style.css";

/** `sidepanel.html?tabId=N` is about that tab; else it follows the one in front. */
const asked = Number(new URLSearchParams(location.search).get("tabId"));

const target = document.getElementById("app");
if (target) {
  const tabId = Number.isInteger(asked) && asked > 0 ? asked : null;
  const palette = new PaletteModel(tabId);
  const host = new HostModel(() => void palette.look());
  const studio = new StudioModel(tabId);
  const queue = new QueueModel();
  mount(SidePanel, { target, props: { host, palette, queue, studio } });
  void host.open();
  void palette.open();
  void queue.open();
  studio.open();
}

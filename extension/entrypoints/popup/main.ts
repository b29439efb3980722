import { mount } from "svelte";
import { browser } from "wxt/browser";
import { PopupModel } from "@/lib/ui/model.svelte";
import Popup from "@/lib/ui/Popup.svelte";
import "@/lib/ui/style.css";

/** `popup.html?tabId=N` acts on that tab; the toolbar's popup on the one in front. */
async function tabOf(search: string): Promise<number> {
  const asked = Number(new URLSearchParams(search).get("tabId"));
  if (Number.isInteger(asked) && asked > 0) return asked;
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab?.id ?? browser.tabs.TAB_ID_NONE;
}

const target = document.getElementById("app");
if (target) {
  const model = new PopupModel(await tabOf(location.search));
  mount(Popup, { target, props: { model } });
  void model.open();
}

/** The closed shadow roots in which everything of ours stands: no script of the page looks in, no printer prints it. */

import { disown } from "./roots";

const UNPRINTED = "@media print { :host { display: none !important } }"; // paper is laid out anew, which nobody is told

const hosts = new Set<HTMLElement>();
const FRAMES = 2; // until what was hidden is off the screen

/** Attach a closed shadow root to `host`. */
export function closedRoot(host: HTMLElement): ShadowRoot {
  disown(host);
  hosts.add(host);
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(UNPRINTED);
  root.adoptedStyleSheets = [sheet];
  return root;
}

/**
 * Lift `host`, which stands beside the body, over what the site shows in full screen or as a dialog: a popover comes
 * above what came before it. Takes it down again when there is nothing of that kind. The element that it is above.
 */
export function raise(host: HTMLElement, above: Element | null): Element | null {
  const top = [...document.querySelectorAll(":modal, [popover]:popover-open")].filter((element) => element !== host);
  const under = top.filter((element) => !element.contains(host)).at(-1) ?? null;
  if (under === above && (under === null) === !host.hasAttribute("popover")) return above;
  if (host.hasAttribute("popover") && host.matches(":popover-open")) host.hidePopover();
  host.removeAttribute("popover");
  if (under === null) return null;
  host.popover = "manual";
  host.showPopover();
  return under;
}

/** Run `act` while nothing of ours is on the screen. */
export async function withoutOurs<Result>(act: () => Promise<Result>): Promise<Result> {
  for (const host of hosts) if (!host.isConnected) hosts.delete(host);
  const hidden = [...hosts].map((host) => [host, host.style.visibility] as const);
  for (const [host] of hidden) host.style.setProperty("visibility", "hidden", "important");
  for (let at = 0; at < FRAMES; at++) await new Promise((done) => requestAnimationFrame(done));
  try {
    return await act();
  } finally {
    for (const [host, before] of hidden) host.style.setProperty("visibility", before, "important");
  }
}

/** The closed shadow roots in which everything of ours stands: no script of the page looks in, no printer prints it. */

import { disown } from "./roots";

const UNPRINTED = "@media print { :host { display: none !important } }"; // paper is laid out anew, which nobody is told

/** Attach a closed shadow root to `host`. */
export function closedRoot(host: HTMLElement): ShadowRoot {
  disown(host);
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

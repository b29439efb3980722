/** Walks a document in reading order of its markup, through open and closed shadow roots. */

interface ShadowOpener {
  dom?: { openOrClosedShadowRoot(element: Element): ShadowRoot | null };
}

/** The elements other than custom ones that may carry a shadow root. */
const HOSTS = new Set(
  "article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" "),
);

/** Every `<img>` below `root`, in document order; `seenRoot` gets each root that is entered. */
export function* imagesBelow(
  root: Document | ShadowRoot,
  seenRoot: (root: Document | ShadowRoot) => void,
): Generator<HTMLImageElement> {
  seenRoot(root);
  for (const element of root.querySelectorAll("*")) {
    if (element.localName === "img") yield element as HTMLImageElement;
    const shadow = shadowOf(element);
    if (shadow) yield* imagesBelow(shadow, seenRoot);
  }
}

function shadowOf(element: Element): ShadowRoot | null {
  if (element.shadowRoot) return element.shadowRoot;
  if (!(element instanceof HTMLElement)) return null;
  if (!element.localName.includes("-") && !HOSTS.has(element.localName)) return null;
  const chrome = (globalThis as { chrome?: ShadowOpener }).chrome;
  return chrome?.dom?.openOrClosedShadowRoot(element) ?? null;
}

/** The path of elements from the body down to `img`; crosses shadow roots. */
export function pathOf(img: Element): string {
  const names: string[] = [];
  let at: Element | null = img;
  while (at && at.localName !== "body") {
    names.push(at.localName);
    const parent: Node | null = at.parentNode;
    at = parent instanceof ShadowRoot ? parent.host : at.parentElement;
  }
  return names.reverse().join(">");
}

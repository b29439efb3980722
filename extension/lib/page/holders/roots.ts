/** Walks a document in reading order of its markup, through open and closed shadow roots. */

interface ShadowOpener {
  dom?: { openOrClosedShadowRoot(element: Element): ShadowRoot | null };
}

/** The elements other than custom ones that may carry a shadow root. */
const HOSTS = new Set(
  "article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" "),
);

const own = new WeakSet<Element>();

/** What stands in `host` is ours: it is no part of the site's document. */
export function disown(host: Element): void {
  own.add(host);
}

/** Whether an element is a host of ours. */
export function isOurs(element: Element): boolean {
  return own.has(element);
}

/** Every element below `root`, in document order; `seenRoot` gets each root that is entered. */
export function* elementsBelow(
  root: Document | ShadowRoot,
  seenRoot: (root: Document | ShadowRoot) => void,
): Generator<Element> {
  seenRoot(root);
  for (const element of root.querySelectorAll("*")) {
    yield element;
    const shadow = shadowOf(element);
    if (shadow) yield* elementsBelow(shadow, seenRoot);
  }
}

function shadowOf(element: Element): ShadowRoot | null {
  if (own.has(element)) return null;
  if (element.shadowRoot) return element.shadowRoot;
  if (!(element instanceof HTMLElement)) return null;
  if (!element.localName.includes("-") && !HOSTS.has(element.localName)) return null;
  const chrome = (globalThis as { chrome?: ShadowOpener }).chrome;
  return chrome?.dom?.openOrClosedShadowRoot(element) ?? null;
}

/** The path of elements from the body down to `element`; crosses shadow roots. */
export function pathOf(element: Element): string {
  const names: string[] = [];
  for (const { localName } of ancestors(element)) {
    if (localName === "body") break;
    names.push(localName);
  }
  return names.reverse().join(">");
}

/** `element` and what it stands in, from the inside out; crosses shadow roots. */
export function* ancestors(element: Element): Generator<Element> {
  for (let at: Element | null = element; at; at = parentOf(at)) yield at;
}

function parentOf(element: Element): Element | null {
  const parent: Node | null = element.parentNode;
  return parent instanceof ShadowRoot ? parent.host : element.parentElement;
}

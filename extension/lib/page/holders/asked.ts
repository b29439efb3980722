/**
 * Which addresses the page itself has asked for. An element of this script's own is not held by the page's content
 * policy: what the policy kept the page from asking for must not be asked for here either.
 */

const BUFFERED = 250; // what browsers remember of a document: of one that asked for more, nobody knows

const asked = new Set<string>();
const waiting = new Map<string, () => void>();
let observer: PerformanceObserver | null = null;
let knowsAll = true;

/** Whether the page has asked for `url`, or may in any case; if not, `later` is called once it has. */
export function wasAsked(url: string, later: () => void): boolean {
  if (/^(?:data|blob):/.test(url) || new URL(url).origin === self.origin) return true;
  if (!observer) observe();
  if (!knowsAll || asked.has(bare(url))) return true;
  waiting.set(bare(url), later);
  return false;
}

function observe(): void {
  const before = performance.getEntriesByType("resource");
  knowsAll = before.length < BUFFERED;
  before.forEach(note);
  observer = new PerformanceObserver((list) => {
    list.getEntries().forEach(note);
  });
  observer.observe({ type: "resource" });
}

/** What the policy stopped is in the list too, but took no time. */
function note({ name, duration }: PerformanceEntry): void {
  if (duration === 0) return;
  asked.add(bare(name));
  waiting.get(bare(name))?.();
  waiting.delete(bare(name));
}

function bare(url: string): string {
  return url.split("#", 1)[0] as string;
}

/**
 * Which addresses the page itself has asked for. An element of this script's own is not held by the page's content
 * policy: what the policy kept the page from asking for must not be asked for here either.
 */

const BUFFERED = 250; // what browsers remember of a document: of one that asked for more, nobody knows

/** What a report of the kind `csp-violation` has; TypeScript's own library does not know it yet. */
interface SecurityPolicyViolation {
  readonly blockedURL: string | null;
  readonly disposition: "enforce" | "report";
  readonly effectiveDirective: string;
}

const asked = new Set<string>();
const stopped = new Set<string>();
const waiting = new Map<string, () => void>();
let observer: PerformanceObserver | null = null;
let reports: ReportingObserver | null = null;
let knowsAll = true;

/** Whether the page has asked for `url`, or may in any case; if not, `later` is called once it has. */
export function wasAsked(url: string, later: () => void): boolean {
  if (/^(?:data|blob):/.test(url) || new URL(url).origin === self.origin) return true;
  if (!observer) observe();
  if (!knowsAll || asked.has(bare(url))) return true;
  waiting.set(bare(url), later);
  return false;
}

/** The addresses that the document has asked for, as far as the browser remembers them. */
export function askedAddresses(): string[] {
  if (!observer) observe();
  return [...asked];
}

/** Nobody needs to know for now; what was learned so far stays. */
export function stopListening(): void {
  observer?.disconnect();
  reports?.disconnect();
  observer = reports = null;
  waiting.clear();
}

function observe(): void {
  if ("ReportingObserver" in globalThis) {
    reports = new ReportingObserver(noteStopped, { types: ["csp-violation"], buffered: true });
    reports.observe();
  }
  const before = performance.getEntriesByType("resource");
  knowsAll &&= before.length < BUFFERED;
  note(before);
  observer = new PerformanceObserver((list) => {
    note(list.getEntries());
  });
  observer.observe({ type: "resource" });
}

/** What the policy stopped is in the list too: it took hardly any time, and the browser reported it before. */
function note(entries: PerformanceEntry[]): void {
  if (reports) noteStopped(reports.takeRecords());
  for (const { name, duration } of entries) {
    const url = bare(name);
    if (duration === 0 || stopped.has(url)) continue;
    asked.add(url);
    waiting.get(url)?.();
    waiting.delete(url);
  }
}

function noteStopped(list: Report[]): void {
  for (const { body } of list) {
    const { blockedURL, disposition, effectiveDirective } = body as unknown as SecurityPolicyViolation;
    if (!blockedURL || disposition !== "enforce" || effectiveDirective !== "img-src") continue;
    stopped.add(bare(blockedURL));
  }
}

function bare(url: string): string {
  return url.split("#", 1)[0] as string;
}

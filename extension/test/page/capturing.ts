/** Pictures that are captured: what the element shows, what the network and the worker answer. Each test has a site of its own. */

import { beforeEach, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, isDrawn, isSeenIn, seenOf } = vi.hoisted(() => ({
  askWorker: vi.fn(),
  isDrawn: vi.fn(),
  isSeenIn: vi.fn(),
  seenOf: vi.fn(),
}));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/capture/watch", () => ({
  isInView: (holder: Holder) => holder.box().top >= 0 && holder.box().top < 1000,
}));
vi.mock("@/lib/page/capture/seen", () => ({ isDrawn, isSeenIn, seenOf }));
vi.mock("@/lib/page/holders/edges", () => ({ edgesOf: () => ({}) })); // no pixels are drawn here
vi.mock("@/lib/page/holders/sight", () => ({
  sightOf: ({ sight }: { sight: string }) => sight,
  sightOfHolder: ({ sight }: { sight: string | null }) => sight,
  looksAlike: (one: string, other: string) => one === other,
}));

export const location = {
  protocol: "https:",
  origin: "https://site.example",
  href: "https://site.example/chapter/3#p2",
};
export const page = { policy: "" }; // the page's own, of Referers
vi.stubGlobal("location", location);
vi.stubGlobal("self", { origin: location.origin });
vi.stubGlobal("isSecureContext", true);
export const metaOf = (selector: string) =>
  page.policy && selector === "meta[name=referrer]" ? { content: page.policy } : null;
vi.stubGlobal("document", { querySelector: metaOf });

export const PNG = "\x89PNG\r\n\x1a\n";
export const OWN = `${location.origin}/1.png`;
export let site = 0;
export let THEIRS = "";

export interface Fake {
  width: number;
  height: number;
  sight: string;
}
export const PAGE: Fake = { width: 800, height: 1200, sight: "page" };

/** Bytes of a picture; what `createImageBitmap` makes of them stands in them. */
export const pictureOf = (fake: Fake) =>
  new Blob([Uint8Array.from(PNG, (each) => each.charCodeAt(0)), JSON.stringify(fake)]);
export const answer = (blob: Blob, status = 200) => ({
  ok: status < 400,
  status,
  blob: async () => blob,
  headers: new Headers(),
});

export interface Shown {
  url: string;
  natural?: { width: number; height: number };
  sight?: string | null;
  isFree?: boolean;
}

/** A holder that shows `url`; `isFree` where this script may read its pixels. */
export function holderOf({ url, natural = PAGE, sight = null, isFree = false }: Shown): Holder {
  canvas = isFree ? async () => pictureOf(PAGE) : async () => Promise.reject(new Error("tainted"));
  const box = { top: -10, bottom: -5, left: 0, right: 5, width: 5, height: 5 }; // out of the window
  return {
    ...{ natural, sight, declared: url, pixels: {}, referrerPolicy: "" },
    ...{ shows: (asked: string) => asked === url, box: () => box, isConnected: true },
  } as unknown as Holder;
}
export let canvas: () => Promise<Blob> = async () => new Blob();
export const drawn = vi.fn();

beforeEach(() => {
  THEIRS = `https://cdn${site++}.example/1.png`; // what is known of a site outlives a test
  drawn.mockReset();
  askWorker.mockReset();
  seenOf.mockReset();
  isDrawn.mockReset().mockResolvedValue(true);
  isSeenIn.mockReset().mockResolvedValue(null);
  askWorker.mockResolvedValue(null);
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Promise.reject(new TypeError("no"))),
  );
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => {
    const text = (await blob.text()).slice(PNG.length);
    return { ...(JSON.parse(text.slice(text.indexOf("{"))) as Fake), close: () => undefined };
  });
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      constructor(
        readonly width: number,
        readonly height: number,
      ) {}
      getContext = (kind: string) => (kind === "2d" ? { drawImage: drawn } : null);
      convertToBlob = ({ type = "" }: { type?: string }) => (drawn(this.width, this.height, type), canvas());
    },
  );
});

export const fetches = () => vi.mocked(fetch).mock.calls.map(([, init]) => init);
export const asked = () => askWorker.mock.calls.map(([kind]) => kind as string);

export { askWorker, isDrawn, isSeenIn, seenOf };

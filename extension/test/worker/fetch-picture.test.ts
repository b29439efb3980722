import { beforeEach, expect, test, vi } from "vitest";

interface Rule {
  id: number;
  action: { requestHeaders: unknown[] };
  condition: object;
}
const allowed = new Set<string>();
const rules = new Map<number, Rule>();

vi.mock("wxt/browser", () => ({
  browser: {
    permissions: { contains: async ({ origins }: { origins: string[] }) => origins.every((each) => allowed.has(each)) },
    declarativeNetRequest: {
      getSessionRules: async () => [...rules.values()],
      async updateSessionRules({ addRules = [], removeRuleIds = [] }: { addRules?: Rule[]; removeRuleIds?: number[] }) {
        for (const id of removeRuleIds) rules.delete(id);
        for (const rule of addRules) rules.set(rule.id, rule);
      },
    },
  },
}));

import { FRAME_BYTES } from "@/lib/protocol/messages";
import { fetchPicture } from "@/lib/worker/fetch-picture";
import { clearRefererRules } from "@/lib/worker/referer-rule";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]);
const PAGE = "https://site.example/chapter";
const URL_OF_PAGE = "https://cdn.example:8443/p/1.png?x=1#top";
let during: Rule[] = [];

function answer(body: BodyInit, status = 200): void {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => {
      during = [...rules.values()];
      return new Response(body, { status });
    }),
  );
}

beforeEach(() => {
  allowed.clear();
  rules.clear();
  allowed.add("https://cdn.example/*");
  answer(PNG);
});

test("fetches with the page's Referer, for this address and no tab, and leaves no rule", async () => {
  const { picture, isOpen } = await fetchPicture(URL_OF_PAGE, "https://site.example/", [PAGE]);
  expect([picture.size, isOpen]).toEqual([PNG.length, false]);
  expect(during).toHaveLength(1);
  expect(during[0]?.action.requestHeaders).toEqual([
    { header: "referer", operation: "set", value: "https://site.example/" },
  ]);
  expect(during[0]?.condition).toMatchObject({ urlFilter: "|https://cdn.example:8443/p/1.png?x=1|", tabIds: [-1] });
  expect(rules.size).toBe(0);
});

test("no Referer, no rule", async () => {
  await fetchPicture(URL_OF_PAGE, null, [PAGE]);
  expect(during).toEqual([]);
});

test("asks nothing of a site that the reader did not allow, and names it", async () => {
  allowed.clear();
  await expect(fetchPicture(URL_OF_PAGE, null, [PAGE])).rejects.toThrow("cdn.example");
  expect(fetch).not.toHaveBeenCalled();
});

test.each(["file:///etc/passwd", "chrome://settings", "data:image/png;base64,AAAA"])("%s is refused", async (url) => {
  await expect(fetchPicture(url, null, [PAGE])).rejects.toThrow();
  expect(fetch).not.toHaveBeenCalled();
});

test("only pictures leave the worker, and a failure leaves no rule", async () => {
  answer("<html>secret</html>");
  await expect(fetchPicture(URL_OF_PAGE, "https://site.example/", [PAGE])).rejects.toThrow("no picture");
  answer("", 403);
  await expect(fetchPicture(URL_OF_PAGE, "https://site.example/", [PAGE])).rejects.toThrow("403");
  expect(rules.size).toBe(0);
});

test("rules that an earlier worker left are cleared", async () => {
  rules.set(7, { id: 7, action: { requestHeaders: [] }, condition: {} });
  await clearRefererRules();
  expect(rules.size).toBe(0);
});

test.each([
  ["https://cdn.example/1.png", "omit"],
  ["https://img.site.example/1.png", "include"],
  ["https://site.example/1.png", "include"],
])("%s, for a page of site.example: cookies %s", async (url, credentials) => {
  allowed.add(`https://${new URL(url).hostname}/*`);
  await fetchPicture(url, null, [PAGE]);
  expect(vi.mocked(fetch).mock.calls[0]?.[1]?.credentials).toBe(credentials);
});

test("in a frame of another site, its own cookies stay away too", async () => {
  allowed.add("https://site.example/*");
  await fetchPicture("https://site.example/1.png", null, [PAGE, "https://around.example/"]);
  expect(vi.mocked(fetch).mock.calls[0]?.[1]?.credentials).toBe("omit");
});

test("cookies do not follow a redirect", async () => {
  allowed.add("https://site.example/*");
  const redirect = { type: "opaqueredirect", status: 0, headers: new Headers() } as Response;
  vi.mocked(fetch).mockResolvedValueOnce(redirect);
  await fetchPicture("https://site.example/1.png", null, [PAGE]);
  expect(vi.mocked(fetch).mock.calls.map(([, init]) => init?.credentials)).toEqual(["include", "omit"]);
});

test.each(["127.0.0.1", "192.168.1.1", "169.254.169.254", "localhost", "[::1]", "nas"])(
  "a page of the open web points to %s: nothing is asked",
  async (host) => {
    allowed.add(`http://${host}/*`);
    await expect(fetchPicture(`http://${host}/1.png`, null, [PAGE])).rejects.toThrow("your own network");
    expect(fetch).not.toHaveBeenCalled();
  },
);

test.each([
  ["says so", { "content-length": `${FRAME_BYTES + 1}` }, PNG.length],
  ["does not say so", {}, FRAME_BYTES + 1],
])("a picture that no frame holds is too large, where its site %s", async (_, headers, size) => {
  const blob = new Blob([PNG]);
  Object.defineProperty(blob, "size", { value: size });
  const response = { ok: true, headers: new Headers(headers as HeadersInit), blob: async () => blob };
  vi.mocked(fetch).mockResolvedValue(response as unknown as Response);
  await expect(fetchPicture(URL_OF_PAGE, null, [PAGE])).rejects.toThrow(/large/i);
});

test("a picture that ends early is said to be cut, and its site to open it where it does", async () => {
  const headers = new Headers({ "access-control-allow-origin": "*" });
  const cut = { ok: true, headers, blob: () => Promise.reject(new TypeError("network error")) };
  vi.mocked(fetch).mockResolvedValueOnce(cut as unknown as Response);
  await expect(fetchPicture(URL_OF_PAGE, null, [PAGE])).rejects.toThrow("cdn.example");
  vi.mocked(fetch).mockResolvedValueOnce(new Response(PNG, { headers }));
  expect((await fetchPicture(URL_OF_PAGE, null, [PAGE])).isOpen).toBe(true);
});

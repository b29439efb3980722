import { expect, test, vi } from "vitest";

const outside = vi.hoisted(() => ({ executeScript: vi.fn(), askPage: vi.fn() }));
vi.mock("wxt/browser", () => ({ browser: { scripting: { executeScript: outside.executeScript } } }));
vi.mock("@/lib/messages", () => ({ askPage: outside.askPage }));
vi.mock("@/lib/state", () => ({ makeCallSign: async () => undefined }));

import { ensureAgent, sayNoEntry } from "@/lib/worker/inject";

test.each([
  ["chrome://version/", "Cannot access a chrome:// URL"],
  ["https://chromewebstore.google.com/", "The extensions gallery cannot be scripted."],
  ["https://chrome.google.com/webstore/", "The extensions gallery cannot be scripted."],
  ["", "Cannot access a chrome-extension:// URL of different extension"],
  ["https://down.example/", "Frame with ID 0 is showing error page"],
  ["view-source:https://site.example/", "Cannot access contents of the page."],
  ["edge://settings/", ""],
  ["", "Missing host permission for the tab or frames"],
])("%s is the browser's own: %s", (url, error) => {
  expect(sayNoEntry(url, error, true)).toContain("belongs to the browser itself");
});

test("a file is told with the switch that opens it, another tab with the button", () => {
  expect(sayNoEntry("file:///home/reader/1.html", "Cannot access contents", false)).toContain(
    "Allow access to file URLs",
  );
  expect(sayNoEntry("https://site.example/", "Cannot access contents of the page.", true)).toContain(
    "press Irodori's button",
  );
});

test("the frames that were entered are told, the document's own first", async () => {
  outside.askPage.mockResolvedValue({ probe: null });
  outside.executeScript.mockResolvedValue([{ frameId: 7 }, { frameId: 0 }]);
  expect(await ensureAgent(1)).toEqual([0, 7]);
});

test("Firefox tells nothing of its own documents, which are no chapters that went", async () => {
  outside.executeScript.mockResolvedValue([undefined]);
  await expect(ensureAgent(1)).rejects.toThrow("belongs to the browser itself");
});

import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { sayNoEntry } from "@/lib/worker/inject";

test.each([
  ["chrome://version/", "Cannot access a chrome:// URL"],
  ["https://chromewebstore.google.com/", "The extensions gallery cannot be scripted."],
  ["https://chrome.google.com/webstore/", "The extensions gallery cannot be scripted."],
  ["", "Cannot access a chrome-extension:// URL of different extension"],
  ["https://down.example/", "Frame with ID 0 is showing error page"],
  ["view-source:https://site.example/", "Cannot access contents of the page."],
  ["edge://settings/", ""],
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

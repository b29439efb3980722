// @vitest-environment jsdom
import { expect, test, vi } from "vitest";

import { download } from "@/lib/download";

test("a file is saved under its name without a word to the site, and its address is given back", () => {
  const links: { href: string; download: string; isInDocument: boolean }[] = [];
  vi.useFakeTimers();
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: vi.fn() }));
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    links.push({ href: this.href, download: this.download, isInDocument: this.isConnected });
  });
  download(new Blob(["page"]), "page 001.png");
  expect(links).toEqual([{ href: "blob:1", download: "page 001.png", isInDocument: false }]);
  expect(URL.revokeObjectURL).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
});

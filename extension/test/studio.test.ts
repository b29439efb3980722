import { fakeBrowser } from "wxt/testing/fake-browser";
import { beforeEach, expect, test } from "vitest";
import { filtersOf, saveFar, savePointed, studioName, UNTOUCHED, watchStudio } from "@/lib/studio";

beforeEach(() => fakeBrowser.reset());

test("sliders that were not moved are no filters; the others are laid in one order", () => {
  expect(filtersOf(UNTOUCHED)).toEqual([]);
  expect(filtersOf({ ...UNTOUCHED, blur: 2, contrast: 1.2, gamma: 0.8 })).toEqual([
    { filter: "levels", black: 0, white: 255, gamma: 0.8 },
    { filter: "contrast", amount: 1.2 },
    { filter: "blur", amount: 2 },
  ]);
  expect(filtersOf({ ...UNTOUCHED, brightness: 0, saturation: 0, sharpen: 1 }).map(({ filter }) => filter)).toEqual([
    ...["brightness", "saturation", "sharpen"],
  ]);
});

test("black stays below white, which the host insists on", () => {
  expect(filtersOf({ ...UNTOUCHED, black: 200, white: 90 })).toEqual([
    { filter: "levels", black: 200, white: 201, gamma: 1 },
  ]);
  expect(filtersOf({ ...UNTOUCHED, white: 254 })).toHaveLength(1);
});

test("files are called by their tool and their type", () => {
  expect(studioName("cut_out", "image/png")).toBe("irodori-cut-out.png");
  expect(studioName("animate", "video/webm")).toBe("irodori-animate.webm");
  expect(studioName("page", "image/unheard-of")).toBe("irodori-page.bin");
});

test("what the worker tells is heard until the watch ends", async () => {
  const heard: unknown[] = [];
  const stop = watchStudio(
    (at) => heard.push(at),
    (far) => heard.push(far),
  );
  const pointed = { tabId: 1, frameId: 0, url: "u", at: 3 };
  await savePointed(pointed);
  await saveFar({ taskId: "t", fraction: 0.5 });
  expect(heard).toEqual([pointed, { taskId: "t", fraction: 0.5 }]);
  stop();
  await saveFar({ taskId: "t", fraction: 0.6 });
  expect(heard).toHaveLength(2);
});

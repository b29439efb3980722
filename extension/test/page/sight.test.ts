import { expect, test } from "vitest";
import { looksAlike } from "@/lib/page/holders/sight";

const SIDE = 64;
const picture = (level: (x: number, y: number) => number) =>
  Uint8ClampedArray.from({ length: 4 * SIDE * SIDE }, (_, at) =>
    at % 4 === 3 ? 255 : level((at >> 2) % SIDE, Math.floor(at / (4 * SIDE))),
  );
const drawn = (x: number, y: number) => 40 + 2 * x + y;
const page = picture(drawn);

test("a picture looks like itself, however it was saved", () => {
  expect(looksAlike(page, page)).toBe(true);
  expect(
    looksAlike(
      page,
      page.map((level, at) => level + (at % 3)),
    ),
  ).toBe(true);
});

test("another picture of the same size, one that is cut and one that is painted over do not", () => {
  expect(
    looksAlike(
      page,
      picture(() => 90),
    ),
  ).toBe(false);
  expect(
    looksAlike(
      page,
      picture((x, y) => (y < SIDE - 4 ? drawn(x, y) : 128)),
    ),
  ).toBe(false);
  expect(
    looksAlike(
      page,
      picture((x, y) => (y >= 12 && y < 16 && x > 30 ? 255 : drawn(x, y))),
    ),
  ).toBe(false);
});

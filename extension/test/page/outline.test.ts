// @vitest-environment jsdom
import { expect, test } from "vitest";
import { Outline } from "@/lib/page/correct/outline";
import { ImgHolder } from "@/lib/page/holders/img";

/** A picture of 400 x 600 at 30, 50 of the window. */
function picture(): ImgHolder {
  const img = document.body.appendChild(document.createElement("img"));
  for (const [name, value] of Object.entries({ offsetWidth: 400, offsetHeight: 600 }))
    Object.defineProperty(img, name, { value });
  img.getBoundingClientRect = () => new DOMRect(30, 50, 400, 600);
  return new ImgHolder(img);
}

test("lies over the picture, in its pixels, wherever its own element stands", () => {
  const outline = new Outline();
  outline.draw([
    [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
  ]);
  outline.place(picture(), { left: 10, top: 20 });
  expect([...outline.element.querySelectorAll("path")].map((path) => path.getAttribute("transform"))).toEqual(
    Array(2).fill("matrix(400 0 0 600 20 30)"),
  );
});

test("holes are holes, lines keep their width, clicks go through, and nothing to show is not there", () => {
  const outline = new Outline();
  expect(outline.isShown).toBe(false);
  outline.draw([
    [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
    [
      [0.5, 0.2],
      [0.6, 0.2],
      [0.6, 0.3],
    ],
  ]);
  outline.fill("#2f9e44");
  const [under, over] = outline.element.querySelectorAll("path");
  expect(under?.getAttribute("d")?.match(/M[^Z]+Z/g)).toHaveLength(2);
  expect(under?.style.getPropertyValue("fill-rule")).toBe("evenodd");
  expect([under?.style.fill, over?.style.fill]).toEqual(["rgb(47, 158, 68)", "none"]);
  expect(over?.getAttribute("vector-effect")).toBe("non-scaling-stroke");
  expect([outline.isShown, outline.element.style.pointerEvents]).toEqual([true, "none"]);
  outline.draw([]);
  expect(outline.isShown).toBe(false);
});

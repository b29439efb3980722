/** The window as the tests of what it shows have it: 1000 by 800, each of whose pixels is two of the screen's. */

import { type Mock, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";
import type { Box } from "@/lib/page/holders/place";

/** A picture in it: where it lies now, its element, and what stands over it at a point. */
export interface Looked {
  box(): Box;
  node: Element;
  above(x: number, y: number): Element[];
}

/** Have the window show a picture; `closed` hears when a shot of it is given back. */
export function showWindow({ box, node, above }: Looked, inWindow: Mock, closed: Mock): void {
  inWindow.mockImplementation((_: Holder, [x, y]: [number, number]) => {
    const { left, top, width, height } = box();
    return [left + x * width, top + y * height];
  });
  vi.stubGlobal("innerWidth", 1000);
  vi.stubGlobal("innerHeight", 800);
  document.elementsFromPoint = (x, y) => [...above(x, y), node, document.body];
  vi.stubGlobal("createImageBitmap", async () => ({ width: 2000, height: 1600, close: closed }));
}

/** Have canvases note in `drawn` where what is drawn on them comes from and goes to; `made` is what they give. */
export function noteDrawing(drawn: number[][], made: (width: number, height: number) => Blob): void {
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      constructor(
        readonly width: number,
        readonly height: number,
      ) {}
      getContext = () => ({ drawImage: (_: unknown, ...what: number[]) => drawn.push(what) });
      convertToBlob = async () => made(this.width, this.height);
    },
  );
}

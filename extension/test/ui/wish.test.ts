import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { wishOf } from "@/lib/ui/origins";

test("the browser is asked for what is missing alone", () => {
  expect(wishOf([], false)).toBeNull();
  expect(wishOf(["https://cdn.example/*"], false)).toEqual({ origins: ["https://cdn.example/*"] });
  expect(wishOf([], true)).toEqual({ permissions: ["pageCapture"] });
});

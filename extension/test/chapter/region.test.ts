import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { regionAt } from "@/lib/chapter/region";
import { recordOf } from "@/lib/chapter/state";
import type { Outside } from "@/lib/chapter/save";
import { HostError } from "@/lib/host/errors";
import { pack } from "@/lib/payload";
import { found } from "./world";

const REGION = { by: "lines", outlines: [], share: 0 };
const error = (code: string) => new HostError({ code, message: "no", hint: "", retryable: false } as never);

function world(...answers: unknown[]) {
  const asked: [string, object][] = [];
  const outside = {
    async ask(method: string, params: object) {
      asked.push([method, params]);
      if (method === "page.keep") return { accepted: true };
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    tell: async () => pack(new Blob(["page"])),
  };
  return { asked, ask: () => regionAt(outside as unknown as Outside, recordOf(found(1), 0), [0.2, 0.4]) };
}

test("the host is asked by the page's digest, and its bytes are brought once where it lacks them", async () => {
  const there = world(REGION);
  expect(await there.ask()).toEqual(REGION);
  expect(there.asked).toEqual([["page.region", { sha256: found(1).sha256, point: [0.2, 0.4] }]]);

  const lacking = world(error("E_NOT_FOUND"), REGION);
  expect(await lacking.ask()).toEqual(REGION);
  expect(lacking.asked.map(([method]) => method)).toEqual(["page.region", "page.keep", "page.region"]);
  expect(lacking.asked[1]?.[1]).toMatchObject({ sha256: found(1).sha256, image: new TextEncoder().encode("page") });
});

test("any other trouble is told, and is not asked twice", async () => {
  const failing = world(error("E_IMAGE_INVALID"));
  await expect(failing.ask()).rejects.toThrow("no");
  expect(failing.asked).toHaveLength(1);
});

import { expect, test, vi } from "vitest";

const allowed = ["https://site.example/*"];
vi.mock("wxt/browser", () => ({
  browser: {
    permissions: {
      contains: async ({ origins }: { origins: string[] }) => origins.every((each) => allowed.includes(each)),
    },
  },
}));

import { missingOrigins } from "@/lib/ui/origins";

test("asks once for each host that is not allowed yet, whatever its port", async () => {
  const origins = ["https://site.example", "https://cdn.example:8443", "https://cdn.example", "http://127.0.0.1:8000"];
  expect(await missingOrigins(origins)).toEqual(["https://cdn.example/*", "http://127.0.0.1/*"]);
});

test("asks for nothing where all is allowed", async () => {
  expect(await missingOrigins(["https://site.example"])).toEqual([]);
});

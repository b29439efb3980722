import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { PERMISSIONS } from "@/lib/permissions";

test("each permission that the manifest has or may ask for is one whose purpose is told", () => {
  const config = readFileSync(new URL("../wxt.config.ts", import.meta.url), "utf8");
  const listed = /permissions: \[([^\]]*?)\.\.\./s.exec(config)?.[1]?.match(/\w+/g) ?? [];
  expect(listed).toContain("nativeMessaging");
  const captures = /PAGE_CAPTURE = "(\w+)"/.exec(config)?.[1];
  expect([...listed, captures, "sidePanel"].sort()).toEqual([...PERMISSIONS].sort()); // WXT adds the panel's
});

import { expect, test } from "vitest";
import { commandsFor, systemOf } from "@/lib/ui/welcome/install";

test.each([
  ["win", "windows"],
  ["mac", "mac"],
  ["linux", "linux"],
  ["cros", "linux"],
  ["openbsd", "linux"],
])("a browser on %s is on %s", (os, system) => {
  expect(systemOf(os)).toBe(system);
});

test("each system has its commands, and Windows needs no make", () => {
  expect(commandsFor("linux")).toBe("make install");
  expect(commandsFor("mac")).toBe("make install");
  expect(commandsFor("windows").split("\n")).toHaveLength(3);
  expect(commandsFor("windows")).not.toContain("make");
});

import { expect, test } from "vitest";
import { fileUrl } from "../lib/file-url";

test.each([
  ["/home/a b/#1?.html", "file:///home/a%20b/%231%3F.html"],
  ["C:\\Users\\Ä\\r.html", "file:///C:/Users/%C3%84/r.html"],
  ["/tmp/c:/r.html", "file:///tmp/c%3A/r.html"],
])("%s is at %s", (path, url) => {
  expect(fileUrl(path)).toBe(url);
});

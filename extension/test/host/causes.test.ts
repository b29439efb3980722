import { expect, test } from "vitest";
import { noAnswer, problemOf, versionProblem } from "@/lib/host/causes";

/** Every text that Chrome and Firefox are known to give, and a word that its explanation must hold. */
test.each([
  ["Specified native messaging host not found.", "not registered for this browser", "make install"],
  ["No such native application app.irodori.host", "not registered for this browser", "make install"],
  ["Access to the specified native messaging host is forbidden.", "this copy of the extension", "make install"],
  ["Native host has exited.", "stopped at once", "irodori doctor"],
  ["Error when communicating with the native messaging host.", "understand", "irodori doctor"],
  ["Failed to start native messaging host.", "could not start", "irodori doctor"],
  ["Invalid native messaging host name specified.", "name", undefined],
  ["Access to the native messaging host was disabled by the system administrator.", "managed", undefined],
])("%s", (text, word, command) => {
  const problem = problemOf(text);
  expect(problem.cause).toContain(word);
  expect(problem.command).toBe(command);
  expect(problem.fix).not.toBe("");
});

test("an unknown text is shown as it is, with the way to the doctor", () => {
  expect(problemOf("Something new.")).toMatchObject({
    cause: expect.stringContaining("Something new."),
    command: "irodori doctor",
  });
  expect(problemOf(undefined).command).toBe("irodori doctor");
  expect(noAnswer().cause).toContain("did not answer");
});

test.each([
  [[1, 2], [3, 4], /host is older/i],
  [[3, 4], [1, 2], /extension is older/i],
] as const)("a host that speaks %j and an extension that speaks %j: which to update", (host, own, cause) => {
  expect(versionProblem(host, own)).toMatchObject({ cause: expect.stringMatching(cause), lasting: true });
});

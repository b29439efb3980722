import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { NO_CONNECTION, type ConnectionView } from "@/lib/state";

const outside = vi.hoisted(() => ({ connect: async () => ({}) }));

vi.mock("@/lib/messages", () => ({ askWorker: () => outside.connect() }));

const { saveConnection } = await import("@/lib/state");
const { HostModel, openWelcome } = await import("@/lib/ui/host-model.svelte");

const problem = { cause: "Not registered.", fix: "Run this.", lasting: true };
const away: ConnectionView = { ...NO_CONNECTION, name: "failed", problem };
const ready: ConnectionView = { ...NO_CONNECTION, name: "ready" };

function makeModel() {
  const cameBack = vi.fn();
  return { cameBack, model: new HostModel(cameBack) };
}

beforeEach(() => {
  fakeBrowser.reset();
  outside.connect = async () => ({});
});

test("a host that is there from the beginning is nothing to tell of", async () => {
  await saveConnection(ready);
  const { model, cameBack } = makeModel();
  await model.open();
  expect([model.isAway, model.connection.name]).toEqual([false, "ready"]);
  expect(cameBack).not.toHaveBeenCalled();
});

test("without a host the problem is shown, and who waits is called once it is back", async () => {
  outside.connect = async () => {
    await saveConnection(away);
    throw new Error("Not registered.");
  };
  const { model, cameBack } = makeModel();
  await model.open();
  expect([model.isAway, model.connection.problem?.cause]).toEqual([true, "Not registered."]);

  outside.connect = async () => (await saveConnection(ready), {});
  await model.connect();
  await model.connect();
  expect(model.isAway).toBe(false);
  expect(cameBack).toHaveBeenCalledTimes(1);
});

test("a host that another document reached is heard of", async () => {
  outside.connect = async () => (await saveConnection(away), {});
  const { model, cameBack } = makeModel();
  await model.open();
  await saveConnection(ready);
  await vi.waitFor(() => expect(cameBack).toHaveBeenCalledTimes(1));
  expect(model.isAway).toBe(false);
});

test("the first steps open in a tab of their own", async () => {
  await openWelcome();
  const urls = (await fakeBrowser.tabs.query({})).map(({ url }) => url);
  expect(urls.some((url) => url?.endsWith("/welcome.html"))).toBe(true);
});

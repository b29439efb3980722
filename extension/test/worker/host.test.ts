import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { HostConnection } from "@/lib/host/connection";

interface Given {
  open(onMessage: (message: unknown) => void, onClosed: (error: string | undefined) => void): unknown;
  hello: { extension_version: string; browser: string };
  onState(state: object): void;
  onNotification: unknown;
}
const outside = vi.hoisted(() => ({
  given: [] as unknown[],
  connect: vi.fn(),
  lastError: undefined as { message: string } | undefined,
}));
vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  const runtime = {
    connectNative: outside.connect,
    getManifest: () => ({ version: "1.2.3" }),
    get lastError() {
      return outside.lastError;
    },
  };
  return { browser: { ...browser, runtime } };
});
vi.mock("@/lib/host/connection", () => ({
  HOST_NAME: "app.irodori.host",
  HostConnection: class {
    constructor(...given: unknown[]) {
      outside.given.push(given);
    }
  },
}));

import { loadConnection, NO_CONNECTION, saveConnection } from "@/lib/state";
import { openHost, releaseWhenIdle } from "@/lib/worker/host";

const hear = vi.fn();
const became = vi.fn();
const given = () => (outside.given.at(-1) as [Given, boolean])[0];
const READY = {
  name: "ready",
  welcome: { host_version: "9", device: { name: "", kind: "cpu" }, engines: [], default_engine: "compact" },
  ...{ pid: 11, logPath: "/log" },
};

beforeEach(() => {
  vi.stubGlobal("navigator", { userAgent: "Browser/1" });
  fakeBrowser.reset();
  vi.useFakeTimers();
  outside.given.length = 0;
  outside.lastError = undefined;
  became.mockReset();
});
afterEach(() => vi.useRealTimers());

const stored = async (state: object) => {
  given().onState(state);
  await vi.advanceTimersByTimeAsync(0);
  return loadConnection();
};

test("a worker that begins has no host yet, and says who it is", async () => {
  await saveConnection({ ...NO_CONNECTION, name: "ready", hasSpoken: true });
  await openHost(hear, became);
  expect(await loadConnection()).toEqual({ ...NO_CONNECTION, name: "idle", hasSpoken: true });
  expect([became.mock.calls, given().hello, given().onNotification]).toEqual([
    [[{ name: "idle" }]],
    { extension_version: "1.2.3", browser: navigator.userAgent },
    hear,
  ]);
  expect((outside.given[0] as unknown[])[1]).toBe(true);
});

test("what the popup shows is what the host said of itself", async () => {
  await openHost(hear, became);
  expect((outside.given[0] as unknown[])[1]).toBe(false);
  const ready = { ...NO_CONNECTION, name: "ready", hostVersion: "9", device: "cpu", pid: 11, logPath: "/log" };
  expect(await stored(READY)).toEqual({ ...ready, defaultEngine: "compact", hasSpoken: true });
  const named = { ...READY.welcome, device: { name: "H200", kind: "cuda" } };
  const problem = { cause: "silent" };
  expect(await stored({ ...READY, welcome: named, problem, refreshed: 5 })).toMatchObject(
    { device: "H200", problem, refreshed: 5 }, // prettier-ignore
  );
  expect(await stored({ name: "disconnected", problem })).toEqual(
    { ...NO_CONNECTION, name: "disconnected", problem, hasSpoken: true }, // prettier-ignore
  );
  expect((await stored({ name: "connecting" })).problem).toBeNull();
  expect(became).toHaveBeenCalledTimes(5);
});

test("the port is the host's own, and why it closed is told by either browser", async () => {
  const listeners: ((given: unknown) => void)[] = [];
  const port = {
    onMessage: { addListener: vi.fn() },
    onDisconnect: { addListener: (listener: (given: unknown) => void) => listeners.push(listener) },
  };
  outside.connect.mockReturnValue(port);
  await openHost(hear, became);
  const [onMessage, onClosed] = [vi.fn(), vi.fn()];
  expect(given().open(onMessage, onClosed)).toBe(port);
  expect(outside.connect).toHaveBeenCalledWith("app.irodori.host");
  expect(port.onMessage.addListener).toHaveBeenCalledWith(onMessage);
  listeners[0]?.({});
  outside.lastError = { message: "chrome's" };
  listeners[0]?.({});
  listeners[0]?.({ error: { message: "firefox's" } });
  expect(onClosed.mock.calls.flat()).toEqual([undefined, "chrome's", "firefox's"]);
});

test("a host that nobody needs for five minutes is let go", () => {
  const host = { state: { name: "ready" }, release: vi.fn() };
  let isNeeded = true;
  releaseWhenIdle(host as unknown as HostConnection, () => isNeeded);
  vi.advanceTimersByTime(600_000);
  isNeeded = false;
  vi.advanceTimersByTime(300_000);
  expect(host.release).not.toHaveBeenCalled();
  vi.advanceTimersByTime(30_000);
  expect(host.release).toHaveBeenCalledTimes(1);
  host.state.name = "idle";
  vi.advanceTimersByTime(600_000);
  expect(host.release).toHaveBeenCalledTimes(1);
});

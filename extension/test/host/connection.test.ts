import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HostConnection } from "@/lib/host/connection";
import { HostError, HostGone } from "@/lib/host/errors";
import type { Params } from "@/lib/protocol/rpc";
import { browserWith, WELCOME } from "./fake-host";

const polite = (method: string, params: Params): unknown => {
  if (method === "session.hello") return WELCOME;
  if (method === "session.ping") return { uptime_s: 1, busy: false, queue_depth: 0 };
  if (method === "page.put") return { accepted: (params.image as Uint8Array).length > 0 };
  return {};
};

const names = (states: { name: string }[]) => states.map(({ name }) => name);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function settle(ms = 50): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

test("greets a host that speaks first, then takes requests", async () => {
  const { outside, hosts, states } = browserWith(polite, (host) => host.ready());
  const connection = new HostConnection(outside);
  const ready = connection.ready();
  await settle();
  await ready;
  expect(names(states)).toEqual(["connecting", "ready"]);
  expect(hosts[0]?.asked[0]).toMatchObject({ method: "session.hello", params: { protocol: [1, 1] } });
});

test("a large picture goes up through the window", async () => {
  const { outside } = browserWith(polite, (host) => host.ready());
  const connection = new HostConnection(outside);
  const put = connection.request("page.put", { job_id: "j", page_id: "p", image: new Uint8Array(5_000_000) });
  await settle(500);
  await expect(put).resolves.toEqual({ accepted: true });
});

test("a host that never speaks is named and not called again", async () => {
  const { outside, hosts, states } = browserWith(polite, () => undefined);
  const ready = new HostConnection(outside).ready();
  const refused = expect(ready).rejects.toThrow("did not answer");
  await settle(120_000);
  await refused;
  expect(names(states)).toEqual(["connecting", "failed"]);
  expect(hosts).toHaveLength(1);
});

test("a host that was never reached is not called again", async () => {
  const { outside, hosts, states } = browserWith(polite, (host) =>
    host.die("Specified native messaging host not found."),
  );
  const ready = new HostConnection(outside).ready();
  const refused = expect(ready).rejects.toBeInstanceOf(HostGone);
  await settle(120_000);
  await refused;
  expect(hosts).toHaveLength(1);
  expect(states.at(-1)).toMatchObject({ name: "failed", problem: { command: "make install" } });
});

test("a host that worked and died is called back, and waiting requests end", async () => {
  const silent = (method: string, params: Params) => (method === "job.status" ? undefined : polite(method, params));
  const { outside, hosts, states } = browserWith(silent, (host) => host.ready());
  const connection = new HostConnection(outside);
  const asked = connection.request("job.status", {});
  const ended = expect(asked).rejects.toBeInstanceOf(HostGone);
  await settle();
  hosts[0]?.die("Native host has exited.");
  await settle(1000);
  await ended;
  expect(names(states)).toEqual(["connecting", "ready", "disconnected", "connecting", "ready"]);
  expect(hosts).toHaveLength(2);
});

test("reconnecting backs off and ends", async () => {
  const { outside, hosts, states } = browserWith(polite, (host, start) =>
    start === 1 ? host.ready() : host.die("Native host has exited."),
  );
  const connection = new HostConnection(outside);
  void connection.ready();
  await settle();
  hosts[0]?.die("Native host has exited.");
  await settle(5 * 60_000);
  expect(hosts.length).toBeGreaterThan(4);
  expect(hosts.length).toBeLessThan(12);
  expect(states.at(-1)).toMatchObject({ name: "failed", problem: { command: "irodori doctor" } });
});

test("no common version names the side to update", async () => {
  const newer = browserWith(polite, (host) => host.ready([3, 4]));
  new HostConnection(newer.outside).ready().catch(() => undefined);
  await settle();
  expect(newer.states.at(-1)).toMatchObject({ problem: { cause: expect.stringContaining("extension is older") } });

  const older = browserWith(polite, (host) => host.ready([0, 0]));
  new HostConnection(older.outside).ready().catch(() => undefined);
  await settle();
  expect(older.states.at(-1)).toMatchObject({ problem: { cause: expect.stringContaining("host is older") } });
});

test("a host that refuses the hello fails with its own hint", async () => {
  const error = { code: "E_VERSION", message: "No common version.", hint: "Update the extension.", retryable: false };
  const refusing = () => new Error(JSON.stringify(error));
  const { outside, states } = browserWith(refusing, (host) => host.ready());
  new HostConnection(outside).ready().catch(() => undefined);
  await settle();
  expect(states.at(-1)).toMatchObject({ name: "failed", problem: { fix: "Update the extension." } });
});

test("a host that stops answering is said so within ten seconds, and called back", async () => {
  let pings = 0;
  const deafLater = (method: string, params: Params) =>
    method === "session.ping" && ++pings > 2 ? undefined : polite(method, params);
  const { outside, hosts, states } = browserWith(deafLater, (host) => host.ready());
  void new HostConnection(outside).ready();
  await settle(12_000);
  expect(pings).toBe(2);
  await settle(8_500);
  expect(states.at(-1)).toMatchObject({ name: "ready", problem: { cause: expect.stringMatching(/not answering/) } });
  await settle(8_000);
  expect(hosts).toHaveLength(2);
});

test("a host that answers late is no trouble any more", async () => {
  let pings = 0;
  const late = async (method: string, params: Params) => {
    if (method === "session.ping" && ++pings === 2) await new Promise((go) => setTimeout(go, 7_000));
    return polite(method, params);
  };
  const { outside, hosts, states } = browserWith(late, (host) => host.ready());
  void new HostConnection(outside).ready();
  await settle(16_000);
  expect(states.at(-1)).toHaveProperty("problem");
  await settle(4_000);
  expect(states.at(-1)?.name).toBe("ready");
  expect(states.at(-1)).not.toHaveProperty("problem");
  expect(hosts).toHaveLength(1);
});

test("errors of the host come with their code and hint", async () => {
  const error = { code: "E_NOT_FOUND", message: "No such reference.", hint: "Choose another.", retryable: false };
  const { outside } = browserWith(
    (method, params) => (method === "session.hello" ? polite(method, params) : new Error(JSON.stringify(error))),
    (host) => host.ready(),
  );
  const asked = new HostConnection(outside).request("reference.remove", { reference_id: "x" });
  const failed = expect(asked).rejects.toMatchObject({ code: "E_NOT_FOUND", hint: "Choose another." });
  await settle();
  await failed;
  await expect(asked).rejects.toBeInstanceOf(HostError);
});

test("what a host says that is broken is answered by a fault, and the session lives on", async () => {
  const { outside, hosts, states } = browserWith(polite, (host) => host.ready());
  const connection = new HostConnection(outside);
  void connection.ready();
  await settle();
  for (const value of [null, { t: "chunk", id: 99, q: 0, n: 1, z: 1, c: 0, d: "!!" }, { t: "nothing", id: 3 }]) {
    hosts[0]?.raw(value);
  }
  await settle();
  expect(hosts[0]?.told.map(({ method, params }) => [method, params.id])).toEqual([
    ["session.fault", 0],
    ["session.fault", 99],
    ["session.fault", 3],
  ]);
  expect(names(states).at(-1)).toBe("ready");
  const listed = connection.request("engine.list", {});
  await settle();
  await expect(listed).resolves.toEqual({});
});

test("weights that were dropped in show as a ready engine without a restart", async () => {
  const engine = { id: "flux2-klein", label: "klein", ready: true };
  const answer = (method: string, params: Params) => (method === "engine.list" ? [engine] : polite(method, params));
  const { outside, hosts, states } = browserWith(answer, (host) => host.ready());
  void new HostConnection(outside).ready();
  await settle();
  hosts[0]?.notify("model.changed", { models: [] });
  await settle();
  expect(names(states)).toEqual(["connecting", "ready", "ready"]);
  expect(states.at(-1)).toMatchObject({ welcome: { engines: [{ id: "flux2-klein" }] } });
});

test("a host that was back is called back as patiently when it goes again", async () => {
  const { outside, hosts, states } = browserWith(polite, (host) => host.ready());
  void new HostConnection(outside).ready();
  for (let times = 0; times < 12; times++) {
    await settle();
    hosts.at(-1)?.die("Native host has exited.");
    await settle(400); // the first wait, not a later one
  }
  expect(hosts).toHaveLength(13);
  expect(states.at(-1)?.name).toBe("ready");
});

test("a reader who tries again after a failure gets as many tries as before", async () => {
  let isThere = true;
  const { outside, hosts } = browserWith(polite, (host) =>
    isThere ? host.ready() : host.die("Native host has exited."),
  );
  const connection = new HostConnection(outside);
  const counts = [];
  for (let rounds = 0; rounds < 2; rounds++) {
    isThere = true;
    void connection.ready();
    await settle();
    isThere = false;
    const before = hosts.length;
    hosts.at(-1)?.die("Native host has exited.");
    await settle(5 * 60_000);
    counts.push(hosts.length - before);
  }
  expect(counts[0]).toBeGreaterThan(4);
  expect(counts[1]).toBe(counts[0]);
});

test("whoever asks while it connects waits for the same host", async () => {
  const { outside, hosts } = browserWith(polite, (host) => host.ready());
  const connection = new HostConnection(outside);
  const asked = [connection.ready(), connection.request("engine.list", {}), connection.ready()];
  await settle();
  await Promise.all(asked);
  expect(hosts).toHaveLength(1);
});

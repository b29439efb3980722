import { beforeEach, describe, expect, test, vi } from "vitest";

type Listener = (message: unknown, sender: unknown, respond: (answer: unknown) => void) => boolean;
const outside = vi.hoisted(() => ({
  listeners: new Set<unknown>(),
  sendMessage: vi.fn(),
  sendToTab: vi.fn(),
}));
vi.mock("wxt/browser", () => ({
  browser: {
    runtime: {
      id: "ours",
      getURL: (path: string) => `chrome-extension://ours${path}`,
      sendMessage: outside.sendMessage,
      onMessage: {
        addListener: (listener: unknown) => outside.listeners.add(listener),
        removeListener: (listener: unknown) => outside.listeners.delete(listener),
      },
    },
    tabs: { sendMessage: outside.sendToTab },
  },
}));

import { answerCalls, askPage, askWorker, isOurDocument, type MessageSender, NobodyThere } from "@/lib/messages";

const POPUP = { id: "ours", url: "chrome-extension://ours/popup.html" };
const PAGE = { id: "ours", url: "https://reader.example/c", tab: { id: 7 } };
const WORKER = { id: "ours" };

beforeEach(() => {
  outside.listeners.clear();
  outside.sendMessage.mockReset();
  outside.sendToTab.mockReset();
});

/** What a call through a door gets: `null` where nobody takes it. */
async function call(message: unknown, sender: object): Promise<unknown> {
  const [listener] = [...outside.listeners] as [Listener];
  return new Promise((resolve) => {
    if (!listener(message, sender, resolve)) resolve(null);
  });
}

describe("asking", () => {
  test("the worker: by its door, and what it answers", async () => {
    outside.sendMessage.mockResolvedValue({ ok: true, value: [1] });
    expect(await askWorker("reference.list", {})).toEqual([1]);
    expect(outside.sendMessage).toHaveBeenCalledWith({ door: "worker", kind: "reference.list", params: {} });
  });

  test("a refusal comes with its reason, silence with one of its own", async () => {
    outside.sendMessage.mockResolvedValue({ ok: false, reason: "why" });
    await expect(askWorker("reference.list", {})).rejects.toThrow("why");
    outside.sendMessage.mockResolvedValue(undefined);
    await expect(askWorker("reference.list", {})).rejects.toThrow(/./);
  });

  test("a tab's page: one frame, or all of them", async () => {
    outside.sendToTab.mockResolvedValue({ ok: true, value: null });
    await askPage(7, 0, "page.cancel", {});
    await askPage(7, null, "page.cancel", {});
    const message = { door: "page", kind: "page.cancel", params: {} };
    expect(outside.sendToTab.mock.calls).toEqual([
      [7, message, { frameId: 0 }],
      [7, message, {}],
    ]);
  });

  test("a tab that has gone is told from a page that refuses", async () => {
    outside.sendToTab.mockRejectedValue(new Error("Could not establish connection"));
    await expect(askPage(7, 0, "page.cancel", {})).rejects.toBeInstanceOf(NobodyThere);
    outside.sendToTab.mockResolvedValue({ ok: false, reason: "busy" });
    const refusal = askPage(7, 0, "page.cancel", {});
    await expect(refusal).rejects.toThrow("busy");
    await expect(refusal).rejects.not.toBeInstanceOf(NobodyThere);
    expect(new NobodyThere()).toMatchObject({ name: "NobodyThere", message: expect.stringMatching(/./) as string });
  });
});

describe("answering", () => {
  const handler = vi.fn(async (params: unknown, _sender: MessageSender): Promise<unknown> => params);
  const ask = (kind: string, sender: object, door = "worker") => call({ door, kind, params: { a: 1 } }, sender);

  beforeEach(() => {
    handler.mockReset().mockImplementation(async (params) => params);
    answerCalls("worker", { "reference.list": handler, "agent.left": handler } as never);
  });

  test("a call gets what its handler makes of its parameters, and nothing is null", async () => {
    expect(await ask("reference.list", POPUP)).toEqual({ ok: true, value: { a: 1 } });
    expect(handler).toHaveBeenCalledWith({ a: 1 }, POPUP);
    handler.mockResolvedValue(undefined);
    expect(await ask("reference.list", POPUP)).toEqual({ ok: true, value: null });
  });

  test.each([
    [new Error("why"), "why"],
    ["words", "words"],
  ])("a handler that fails with %s says %s", async (thrown, reason) => {
    handler.mockRejectedValue(thrown);
    expect(await ask("reference.list", POPUP)).toEqual({ ok: false, reason });
    handler.mockImplementation(() => {
      throw thrown;
    });
    expect(await ask("reference.list", POPUP)).toEqual({ ok: false, reason });
  });

  test.each<[string, string, object, string]>([
    ["a page's script for what a page needs", "agent.left", PAGE, "worker"],
    ["our own document for the rest", "reference.list", POPUP, "worker"],
    ["a context of ours without an address", "reference.list", WORKER, "worker"],
  ])("%s is answered", async (_, kind, sender, door) =>
    expect(await ask(kind, sender, door)).toMatchObject({ ok: true }),
  );

  test.each<[string, string, object, string]>([
    ["a page's script, for what is the popup's", "reference.list", PAGE, "worker"],
    ["our own document, for what is a page's", "agent.left", POPUP, "worker"],
    ["a page's script without a tab", "agent.left", { ...PAGE, tab: undefined }, "worker"],
    ["another extension", "reference.list", { ...POPUP, id: "theirs" }, "worker"],
    ["another extension's worker", "reference.list", { ...WORKER, id: "theirs" }, "worker"],
    ["another extension's script in a page", "agent.left", { ...PAGE, id: "theirs" }, "worker"],
    ["an address that only begins alike", "reference.list", { id: "ours", url: "chrome-extension://oursx/" }, "worker"],
    ["another door", "reference.list", POPUP, "page"],
    ["a kind that nobody answers", "reference.gone", POPUP, "worker"],
    ["what every object has", "toString", POPUP, "worker"],
  ])("%s is not", async (_, kind, sender, door) => {
    expect(await ask(kind, sender, door)).toBeNull();
    expect(handler).not.toHaveBeenCalled();
  });

  test.each([null, undefined, "words", 7])("a message that is %j is nobody's", async (message) =>
    expect(await call(message, POPUP)).toBeNull(),
  );

  test("a call that is named and has no handler is nobody's", async () => {
    answerCalls("worker", { "model.list": undefined } as never);
    expect(await ask("model.list", POPUP)).toBeNull();
  });

  test("until its end", () => {
    const stop = new AbortController();
    outside.listeners.clear();
    answerCalls("worker", {} as never, stop.signal);
    expect(outside.listeners.size).toBe(1);
    stop.abort();
    expect(outside.listeners.size).toBe(0);
  });
});

test("pages are asked by the worker alone: no script of a tab, nor another document", async () => {
  answerCalls("page", { "page.cancel": async () => 1 } as never);
  const ask = (sender: object) => call({ door: "page", kind: "page.cancel", params: {} }, sender);
  expect(await ask(WORKER)).toMatchObject({ ok: true });
  expect(await ask({ ...WORKER, tab: { id: 1 } })).toBeNull();
  expect(await ask(PAGE)).toBeNull();
  expect(await ask({ ...PAGE, tab: undefined })).toBeNull();
});

test.each([
  [POPUP, true],
  [PAGE, false],
  [WORKER, false],
  [{ ...POPUP, id: "theirs" }, false],
])("%j is a document of ours: %s", (sender, isOurs) => expect(isOurDocument(sender as MessageSender)).toBe(isOurs));

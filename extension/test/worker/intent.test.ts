import { beforeEach, expect, test, vi } from "vitest";

type Listener = (...values: unknown[]) => void;

const outside = vi.hoisted(() => ({ connected: [] as ((port: unknown) => void)[] }));

vi.mock("wxt/browser", () => {
  const event = () => ({ addListener: () => undefined });
  return {
    browser: {
      runtime: {
        id: "ours",
        getURL: (path: string) => `chrome-extension://ours${path}`,
        onMessage: event(),
        onConnect: { addListener: (listener: (port: unknown) => void) => outside.connected.push(listener) },
      },
      permissions: { onAdded: event() },
      storage: { local: { get: () => Promise.resolve({}), set: () => Promise.resolve() } },
    },
  };
});

const { answerWorkerCalls } = await import("@/lib/worker/calls");

const INTENT = { tabId: 7, choice: { series: "Rain Town", engine: null } };
const started: unknown[] = [];

/** A port whose messages come, and then its end: without a pause, as where a question closes the popup. */
function portOf(url: string): { sender: object; says: (message: unknown) => void; ends: () => void } & object {
  const heard: Listener[] = [];
  const over: Listener[] = [];
  return {
    sender: { id: "ours", url },
    onMessage: { addListener: (listener: Listener) => heard.push(listener) },
    onDisconnect: { addListener: (listener: Listener) => over.push(listener) },
    says: (message: unknown) => heard.forEach((listener) => listener(message)),
    ends: () => over.forEach((listener) => listener()),
  } as never;
}

beforeEach(() => {
  started.length = 0;
  outside.connected.length = 0;
  const runs = { start: (tabId: number, choice: unknown) => (started.push([tabId, choice]), Promise.resolve()) };
  answerWorkerCalls(Promise.resolve({} as never), runs as never, {} as never, {} as never, {} as never);
});

test("a chapter starts that the popup spoke of with its last breath", async () => {
  const popup = portOf("chrome-extension://ours/popup.html");
  outside.connected.forEach((listener) => listener(popup));
  popup.says(INTENT);
  popup.ends();
  await vi.waitFor(() => expect(started).toEqual([[INTENT.tabId, INTENT.choice]]));
});

test("a popup that closes without a word starts nothing, and a page's script has no say", async () => {
  const [popup, page] = [portOf("chrome-extension://ours/popup.html"), portOf("https://reader.example/1")];
  for (const port of [popup, page]) outside.connected.forEach((listener) => listener(port));
  page.says(INTENT);
  page.ends();
  popup.ends();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(started).toEqual([]);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import { OWN, PAGE, THEIRS, answer, askWorker, asked, holderOf, isSeenIn, pictureOf, type Fake } from "./capturing"; // first: it stands in for what is outside
import { i18n } from "#i18n";
import { capture } from "@/lib/page/capture/capture";
import type { Holder } from "@/lib/page/holders/holder";

describe("a site that answers 200 with another picture", () => {
  const held = (fake: Fake) =>
    askWorker.mockImplementation(async (kind: string) => (kind === "agent.held" ? pictureOf(fake) : null));

  test.each<[string, Fake, string | null, boolean]>([
    ["the picture that is shown", PAGE, "page", true],
    ["the same in twice the size", { ...PAGE, width: 1600, height: 2400 }, "page", true],
    ["one in twice the size, of which the edges tell nothing", { width: 1600, height: 2400, sight: "?" }, "page", true],
    ["one that is smaller by a fiftieth", { ...PAGE, width: 784, height: 1176 }, "page", true],
    ["one of its size whose looks nobody may read", PAGE, null, true],
    ["another one of its size", { ...PAGE, sight: "decoy" }, "page", false],
    ["one of another shape", { ...PAGE, height: 1240 }, null, false],
    ["one that is nearly its shape", { ...PAGE, height: 1210 }, null, true],
    ["a smaller one of its shape", { ...PAGE, width: 400, height: 600 }, null, false],
  ])("%s", async (_what, fake, sight, isTaken) => {
    held(fake);
    const captured = capture(THEIRS, holderOf({ url: THEIRS, sight }));
    if (isTaken) expect(await captured).toMatchObject({ width: fake.width });
    else await expect(captured).rejects.toThrow();
  });

  test("what is no picture is asked of the worker once more, and of nobody else", async () => {
    const bytes = [new Blob(["<html>"]), pictureOf(PAGE)];
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: bytes.shift(), isOpen: false } : null,
    );
    expect((await capture(THEIRS, holderOf({ url: THEIRS }))).width).toBe(800);
    expect(asked().filter((kind) => kind === "agent.fetch")).toHaveLength(2);
    vi.mocked(fetch).mockResolvedValue(answer(new Blob(["<html>"])) as unknown as Response);
    await expect(capture(OWN, null)).rejects.toThrow();
    expect(fetch).toHaveBeenCalledTimes(2); // the cache, then the site
  });
});

describe("a picture that was fetched, of a size that nobody may read", () => {
  beforeEach(() =>
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : null,
    ),
  );
  const taken = () =>
    capture(THEIRS, holderOf({ url: THEIRS })).then(
      () => true,
      () => false,
    );

  test("is taken where the window shows it, and refused where it shows another", async () => {
    isSeenIn.mockResolvedValue(true);
    expect(await taken()).toBe(true);
    isSeenIn.mockResolvedValue(false);
    expect(await taken()).toBe(false);
    expect(askWorker).toHaveBeenCalledWith("agent.replaced", {});
  });

  test("goes by its site's others where the window cannot tell", async () => {
    expect(await taken()).toBe(true);
    isSeenIn.mockResolvedValueOnce(false);
    expect(await taken()).toBe(false);
    expect(await taken()).toBe(false);
    isSeenIn.mockResolvedValueOnce(true);
    expect(await taken()).toBe(true);
  });
});

test("a holder that shows another picture by now is asked for nothing", async () => {
  const holder = holderOf({ url: THEIRS });
  let looks = 0;
  const captured = capture(THEIRS, { ...holder, shows: () => looks++ === 0 } as unknown as Holder);
  await expect(captured).rejects.toThrow("does not show this picture any more");
  expect(askWorker).not.toHaveBeenCalled();
});

describe("a picture out of the window, of which nothing can be told", () => {
  /** What the worker fetches is PAGE; `verdict` tells of a holder in the window when it is asked to. */
  let tell: (isSeen: boolean | null) => void = () => undefined;
  const inView = (url: string) => ({ ...holderOf({ url }), box: () => ({ top: 10 }) }) as unknown as Holder;
  const settled = async (captured: Promise<unknown>) =>
    Promise.race([captured.then(() => "taken").catch(() => "refused"), pause().then(() => "waits")]);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const next = () => THEIRS.replace("1.png", "2.png");

  beforeEach(() => {
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "",
    );
    const told = new Promise((resolve) => (tell = resolve));
    isSeenIn.mockImplementation(async (holder: Holder) => (holder.box().top > 0 ? told : null));
  });

  test.each([
    [false, "refused"],
    [true, "taken"],
    [null, "taken"],
  ])("waits for those in the window: where one is seen %s it is %s", async (isSeen, verdict) => {
    const seen = capture(THEIRS, inView(THEIRS));
    const other = capture(next(), holderOf({ url: next() }));
    expect(await settled(other)).toBe("waits");
    tell(isSeen);
    await seen.catch(() => undefined);
    expect(await settled(other)).toBe(verdict);
  });

  test("waits for the same one again when that is captured again", async () => {
    const holder = inView(THEIRS);
    tell(true);
    await capture(THEIRS, holder);
    const again = new Promise((resolve) => (tell = resolve));
    isSeenIn.mockImplementation(async (one: Holder) => (one.box().top > 0 ? again : null));
    const seen = capture(THEIRS, holder);
    const other = capture(next(), holderOf({ url: next() }));
    expect(await settled(other)).toBe("waits");
    tell(true);
    await seen;
    expect(await settled(other)).toBe("taken");
  });

  test("waits for none that is out of the window, the page's own, or in no element", async () => {
    const pending = new Promise<never>(() => undefined);
    vi.mocked(fetch).mockReturnValue(pending);
    void capture(OWN, inView(OWN));
    void capture(OWN, null);
    isSeenIn.mockImplementationOnce(() => pending);
    void capture(THEIRS, holderOf({ url: THEIRS }));
    await pause();
    expect(await settled(capture(next(), holderOf({ url: next() })))).toBe("taken");
  });

  test("one that the window tells of waits for nobody, nor does one in the window for itself", async () => {
    void capture(THEIRS, inView(THEIRS));
    await pause();
    isSeenIn.mockResolvedValueOnce(true);
    expect(await settled(capture(next(), holderOf({ url: next() })))).toBe("taken");
    isSeenIn.mockResolvedValue(null);
    expect(await settled(capture(next(), inView(next())))).toBe("taken");
    tell(null);
    await pause();
  });
});

describe("what the window is asked about", () => {
  const fetched = () =>
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "",
    );

  test("not what the page holds itself, nor what is known by its edges", async () => {
    isSeenIn.mockResolvedValue(false);
    askWorker.mockImplementation(async (kind: string) => (kind === "agent.held" ? pictureOf(PAGE) : null));
    expect((await capture(THEIRS, holderOf({ url: THEIRS }))).width).toBe(800);
    fetched();
    expect((await capture(THEIRS, holderOf({ url: THEIRS, sight: "page" }))).width).toBe(800);
    expect(isSeenIn).not.toHaveBeenCalled();
  });

  test("one that is another picture is said, with what the reader can do about it", async () => {
    isSeenIn.mockResolvedValue(false);
    fetched();
    await expect(capture(THEIRS, holderOf({ url: THEIRS }))).rejects.toThrow(/^.*[^ ]$/);
    const said = await capture(THEIRS, holderOf({ url: THEIRS })).catch((error: Error) => error.message);
    expect(said).toBe(i18n.t("capture.replaced"));
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "Allow it.",
    );
    const advised = await capture(THEIRS, holderOf({ url: THEIRS })).catch((error: Error) => error.message);
    expect(advised).toBe(`${i18n.t("capture.replaced")} Allow it.`);
  });
});

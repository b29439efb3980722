/**
 * `<canvas>`: a picture without an address, known by what it shows. Sites draw it piece by piece and draw it again at each
 * turn, so it stands for a picture only once it has come to rest, and it is looked at as long as it is watched. One that
 * took on another site's pixels is closed to scripts: it stands for another picture whenever it may have been redrawn.
 */

import { drawnPart } from "./drawn-part";
import { Holder, type HolderKind, keep, type Source } from "./holder";
import type { Laid } from "./laid-out";
import { CLOSED, DRAWN, keyOf, UNREAD } from "./pixels";
import { type Box, fitted, type Size } from "./place";
import { lookSoon, turnsSoFar, watchRedraws } from "./redraws";
import { mayShowPage } from "./unread";

const SMALLEST_PX = { width: 240, height: 60 }; // a slice of a strip
const SAMPLE_PX = 192;
const LOOKS = 3; // at the end of a frame, before a canvas counts as empty
const RESTS_MS = 110;
const RESTS_WITH_HOLES_MS = 1000; // tiles may yet come there
const CLOSED_RESTS_MS = 700; // nobody sees when it is done
const EMPTY_MS = 3000; // what reads empty for so long was drawn before, or is not going to be
const HOLES = 0.02; // of the samples
const CLEAR = 0.5; // of the samples, of what most is clear
const CELLS = 8; // a side
const CELL_PX = SAMPLE_PX / CELLS;
const EMPTY_CELLS = 8; // of 64: a page with so much bare paper only waits a little longer
const PACES = 2.5; // of the last pause
const COMPLETE_MOST = 500;
const FRAME_MS = 12;
const FAR_EVERY_MS = 600;

export const canvas: HolderKind = {
  attributes: ["width", "height"],
  of: (element) => (element.localName === "canvas" ? [keep(element, "canvas", () => new CanvasHolder(element))] : []),
};

let pen: OffscreenCanvasRenderingContext2D | null = null;

export class CanvasHolder extends Holder {
  #key = "";
  #since = 0;
  #hasHoles = false;
  #clear = 0; // share of the samples
  #pause = 0; // between the last two changes
  readonly #complete = new Set<string>(); // what came to rest before
  #looks = 0; // at the end of a frame
  #lookedAt = 0;
  #emptySince = Number.POSITIVE_INFINITY;
  readonly #name = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? "";
  #copy: OffscreenCanvas | null = null; // of what the browser does not keep, and of the part that is drawn on
  #isFleeting = false;
  #part: Box | null = null; // of a canvas that is larger than its picture
  #measured = ""; // the key of what that is the part of

  get #canvas(): HTMLCanvasElement {
    return this.node as HTMLCanvasElement;
  }

  override source(): Source | null {
    this.#look();
    if (!this.#key || !this.#rests) return null;
    this.#measure();
    if (this.#complete.size < COMPLETE_MOST) this.#complete.add(this.#key);
    return { url: this.address, loaded: true };
  }

  override get isBeingDrawn(): boolean {
    return this.#key === "" ? this.#looks < LOOKS && isLarge(this.#canvas) : !this.#rests;
  }

  override get isClear(): boolean {
    return this.#clear > CLEAR;
  }

  override get address(): string {
    return this.#key && `${DRAWN}${this.#key}`;
  }

  override get pixels(): HTMLCanvasElement | OffscreenCanvas | null {
    return this.#key && !this.#isClosed ? (this.#copy ?? this.#canvas) : null;
  }

  override get natural(): Size {
    const { width, height } = this.#part ?? this.#canvas;
    return this.#key ? { width, height } : { width: 0, height: 0 };
  }

  override lies(laid: Laid, style: CSSStyleDeclaration, coming: Size): Box {
    const part = this.#part;
    if (!part) return super.lies(laid, style, coming);
    const { width, height } = this.#canvas;
    const room = { left: 0, top: 0, width: laid.content.width, height: laid.content.height };
    const all = fitted(room, { width, height }, style.objectFit, style.objectPosition);
    const [x, y] = [all.width / width, all.height / height];
    return { left: all.left + part.left * x, top: all.top + part.top * y, width: part.width * x, height: part.height * y }; // prettier-ignore
  }

  override shows(url: string): boolean {
    this.#look();
    return this.#key !== "" && this.address === url;
  }

  /** Asked in every frame that scrolls: what lies far off is believed to be what it was. */
  override declares(urls: ReadonlySet<string>): boolean {
    if (performance.now() - this.#lookedAt > (this.#isNear() ? FRAME_MS : FAR_EVERY_MS)) this.#look();
    return urls.has(this.address);
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    let [before, rested] = [this.#key, this.#rests];
    const look = () => {
      if (!this.node.isConnected) return;
      this.#looks += 1;
      this.#look();
      const isNews = this.#key !== before || this.#rests !== rested;
      [before, rested] = [this.#key, this.#rests];
      if (!rested) lookSoon();
      if (isNews) changed();
    };
    watchRedraws(look, () => this.#isNear(), signal);
  }

  #isNear(): boolean {
    const { top, bottom, left, right } = this.box();
    return bottom > -innerHeight && top < 2 * innerHeight && right > -innerWidth && left < 2 * innerWidth;
  }

  get #isClosed(): boolean {
    return this.address.startsWith(CLOSED);
  }

  get #rests(): boolean {
    return performance.now() - this.#since >= this.#restsMs;
  }

  /** Pieces that came one after the other go on coming at that pace; what was whole once is whole again. */
  get #restsMs(): number {
    if (this.#isClosed) return CLOSED_RESTS_MS;
    if (this.#complete.has(this.#key)) return RESTS_MS;
    const rests = this.#hasHoles ? RESTS_WITH_HOLES_MS : RESTS_MS;
    return Math.max(rests, Math.min(PACES * this.#pause, RESTS_WITH_HOLES_MS));
  }

  #look(): void {
    this.#lookedAt = performance.now();
    const { key: read, hasHoles, clear } = sampleOf(this.#canvas, this.#name);
    if (read) this.#emptySince = Number.POSITIVE_INFINITY;
    const key = read || this.#unread();
    if (key === this.#key || (key === "" && this.#isFleeting)) return;
    const pause = this.#lookedAt - this.#since;
    this.#pause = this.#key !== "" && pause < RESTS_WITH_HOLES_MS ? pause : 0;
    this.#since = this.#lookedAt;
    this.#key = key;
    this.#hasHoles = hasHoles;
    this.#clear = clear;
    this.#part = null;
    this.#measured = "";
    this.#isFleeting = key !== "" && !this.#isClosed && isFleeting(this.#canvas);
    this.#copy = this.#isFleeting ? copyOf(this.#canvas) : null;
  }

  /** A key by the turns of one that reads empty and may yet show a page; as long as it does, it is believed to. */
  #unread(): string {
    if (this.#isFleeting || this.#looks < LOOKS || !isLarge(this.#canvas)) return "";
    this.#emptySince = Math.min(this.#emptySince, this.#lookedAt);
    if (this.#lookedAt - this.#emptySince < EMPTY_MS) return "";
    const isKnown = this.address.startsWith(UNREAD);
    return isKnown || mayShowPage(this) ? closedKey(this.#canvas, UNREAD, this.#name) : "";
  }

  /** Leave out what is clear around the picture, once it is whole: it would be coloured as paper. */
  #measure(): void {
    if (this.#measured === this.#key) return;
    this.#measured = this.#key;
    if (this.#isClosed || this.#clear <= HOLES) return;
    const drawn = this.#copy ?? this.#canvas;
    this.#part = drawnPart(drawn);
    if (this.#part) this.#copy = copyOf(drawn, this.#part);
  }
}

/** Whether what is drawn is gone once it is on the screen. For a canvas that shows something: others get no context. */
function isFleeting(canvas: HTMLCanvasElement): boolean {
  try {
    if (canvas.getContext("2d")) return false;
    const context = (canvas.getContext("webgl2") ?? canvas.getContext("webgl")) as WebGLRenderingContext | null;
    return context?.getContextAttributes()?.preserveDrawingBuffer !== true;
  } catch {
    return false; // drawn by a worker, and kept
  }
}

function copyOf(canvas: HTMLCanvasElement | OffscreenCanvas, part: Partial<Box> = {}): OffscreenCanvas {
  const { left = 0, top = 0, width = canvas.width, height = canvas.height } = part;
  const copy = new OffscreenCanvas(width, height);
  copy.getContext("2d")?.drawImage(canvas, -left, -top);
  return copy;
}

function isLarge({ width, height }: HTMLCanvasElement): boolean {
  return width >= SMALLEST_PX.width && height >= SMALLEST_PX.height;
}

/**
 * A key of what a canvas shows; empty where it shows nothing, or is too small to be a page. Where it is clear, or one tone
 * in many places, pieces may yet come there. One that cannot be read goes by its `name` and the turns.
 */
function sampleOf(canvas: HTMLCanvasElement, name: string): { key: string; hasHoles: boolean; clear: number } {
  const nothing = { key: "", hasHoles: false, clear: 0 };
  if (!isLarge(canvas)) return nothing;
  pen ??= penOf();
  if (!pen) return nothing;
  pen.clearRect(0, 0, SAMPLE_PX, SAMPLE_PX);
  try {
    pen.drawImage(canvas, 0, 0, SAMPLE_PX, SAMPLE_PX);
    const words = new Uint32Array(pen.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX).data.buffer);
    if (words.every((word) => word === words[0])) return nothing;
    const clear = words.reduce((sum, word) => sum + Number(word >>> 24 === 0), 0);
    const hasHoles = clear > HOLES * words.length || emptyCells(words) >= EMPTY_CELLS;
    return { key: `${canvas.width}x${canvas.height}:${keyOf(words)}`, hasHoles, clear: clear / words.length };
  } catch {
    pen = null; // it took on the other site's pixels
    return { ...nothing, key: closedKey(canvas, CLOSED, name) };
  }
}

/** Of a canvas that cannot be read: another one with every turn. */
function closedKey(canvas: HTMLCanvasElement, kind: string, name: string): string {
  const goesOn = canvas.clientHeight > innerHeight || canvas.clientWidth > innerWidth;
  return `${kind.slice(DRAWN.length)}${name}-${canvas.width}x${canvas.height}-${turnsSoFar(goesOn)}`;
}

/** How many cells of a sample are one tone throughout, and the same one. */
function emptyCells(words: Uint32Array): number {
  const tones = new Map<number, number>();
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const from = Math.floor(cell / CELLS) * CELL_PX * SAMPLE_PX + (cell % CELLS) * CELL_PX;
    const tone = words[from] ?? 0;
    if (isOf(words, from, tone)) tones.set(tone, (tones.get(tone) ?? 0) + 1);
  }
  return Math.max(0, ...tones.values());
}

function isOf(words: Uint32Array, from: number, tone: number): boolean {
  for (let row = 0; row < CELL_PX; row++)
    for (let column = 0; column < CELL_PX; column++) if (words[from + row * SAMPLE_PX + column] !== tone) return false;
  return true;
}

function penOf(): OffscreenCanvasRenderingContext2D | null {
  const context = new OffscreenCanvas(SAMPLE_PX, SAMPLE_PX).getContext("2d", { willReadFrequently: true });
  if (context) context.imageSmoothingEnabled = false; // samples as they are: a mean of many hides a change
  return context;
}

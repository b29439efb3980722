/**
 * What shows a picture in a document. Finding, capturing, showing over and correcting know pictures by this alone: each
 * kind is one file beside this one and one line in `registry.ts`. What is the same for most kinds is written here, for
 * elements that are laid out as a whole with the picture in their content box (`<img>`, `<canvas>`, `<object>` …).
 */

import { type Laid, laidOut } from "./laid-out";
import { type Box, fitted, type Size, viewOf } from "./place";

/** `loaded`: the holder shows the picture now, so its natural size is the picture's. */
export interface Source {
  url: string;
  loaded: boolean;
}

/** What can be drawn into a canvas. */
export type Pixels = HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap;

export abstract class Holder {
  /** What stands in the document's order: its links, its surroundings and whether the reader sees it count. */
  readonly node: Element;
  /** What style lays out as a box; the coloured picture is laid over it. */
  readonly frame: HTMLElement | SVGElement;
  /** The picture is painted by the frame itself, before what stands in it. */
  readonly isBehind: boolean = false;

  /** What stands in the frame shows pieces of its picture, and no pictures of their own. */
  readonly covers: boolean = false;

  constructor(node: Element, frame: Element = node) {
    this.node = node;
    this.frame = frame as HTMLElement | SVGElement;
  }

  /** The picture that it stands for, or `null`. `uses` tells how often an address occurs in the document. */
  abstract source(uses: (url: string) => number): Source | null;

  /** It shows a picture that may not be whole yet: look again soon. */
  get isBeingDrawn(): boolean {
    return false;
  }

  /** Most of it is clear: it lies on something else, or is larger than its picture. */
  get isClear(): boolean {
    return false;
  }

  /** The address of what it shows, whatever that is; empty if it shows nothing. */
  abstract get address(): string;

  /** What can be drawn of the picture that it shows, in its natural size; the browser may forbid reading it. */
  abstract get pixels(): Pixels | null;

  /** The size of what it shows, in the picture's own pixels; 0 by 0 if it shows nothing. */
  abstract get natural(): Size;

  /** Whether it shows the picture at `url` now. */
  abstract shows(url: string): boolean;

  /** Whether it has asked for the picture at `url`, which is still on its way. */
  isLoading(_url: string): boolean {
    return false;
  }

  /** The address as the markup has it, which may not be the one that was chosen. */
  get declared(): string {
    return this.address;
  }

  /** Every address under which the site may bring up the same picture here. */
  knownUrls(): Set<string> {
    return new Set(this.address ? [this.address] : []);
  }

  /** Whether it still names one of these addresses, though perhaps it does not show that picture yet. */
  declares(urls: ReadonlySet<string>): boolean {
    const source = this.source(() => 1);
    return source !== null && urls.has(source.url);
  }

  /** Whether it still stands for the picture of this size at one of these addresses. */
  holds(urls: ReadonlySet<string>, _size: Size): boolean {
    return this.declares(urls);
  }

  /** Call `changed` as soon as it may have come to show another picture, until `signal` aborts. */
  watch(_changed: () => void, _signal: AbortSignal): void {}

  get isConnected(): boolean {
    return this.node.isConnected;
  }

  /** The policy by which its own request named the page. */
  get referrerPolicy(): string {
    return "";
  }

  /** Where it is shown in the window. */
  box(): DOMRect {
    return this.node.getBoundingClientRect();
  }

  /** At which depth among what stands in the frame a picture is painted that `isBehind`, as `z-index` has it. */
  depth(_style: CSSStyleDeclaration): string {
    return "auto";
  }

  /** How the frame is laid out, and the part of it in which the picture is painted; `style` is the frame's. */
  laid(style: CSSStyleDeclaration): Laid {
    const laid = laidOut(this.frame, style);
    const view = this.#view(style);
    if (!view) return laid;
    return { ...laid, content: fitted(laid.content, view, style.objectFit, style.objectPosition) };
  }

  /** The part of the picture that is painted, if it is not all. */
  #view(style: CSSStyleDeclaration): Box | null {
    return viewOf(style.getPropertyValue("object-view-box"), this.natural);
  }

  /** Where in the painted part the picture lies; one of size `coming` if it is not shown yet. */
  lies({ content }: Laid, style: CSSStyleDeclaration, coming: Size): Box {
    const { natural } = this;
    const isShown = natural.width > 1;
    const view = this.#view(style);
    if (view) {
      const [x, y] = [content.width / view.width, content.height / view.height];
      return { left: -view.left * x, top: -view.top * y, width: natural.width * x, height: natural.height * y };
    }
    const inner = { left: 0, top: 0, width: content.width, height: content.height };
    return fitted(inner, isShown ? natural : coming, isShown ? style.objectFit : "contain", style.objectPosition);
  }
}

const kept = new WeakMap<Element, Map<string, Holder>>();

/** The holder of an element's `part`, made once: the same object for as long as the element lives. */
export function keep<Kind extends Holder>(element: Element, part: string, make: () => Kind): Kind {
  const parts = kept.get(element) ?? new Map<string, Holder>();
  kept.set(element, parts);
  const holder = (parts.get(part) as Kind | undefined) ?? make();
  parts.set(part, holder);
  return holder;
}

/** One kind of holder: what of it an element is, and the attributes that sites change to show another picture. */
export interface HolderKind {
  attributes: readonly string[];
  of(element: Element): Iterable<Holder>;
}

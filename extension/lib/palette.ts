/** The palette of a series as the side panel shows it: what the host knows, with pictures that a document can show. */

import { toBase64 } from "./protocol/base64";
import type { FoundFigure, PaletteCharacter, PaletteView, PartColour } from "./protocol/messages";

/** What of a character has a colour of its own, in the order in which it is shown. */
export const PARTS = ["hair", "skin", "eyes", "clothes"] as const;
export type Part = (typeof PARTS)[number];

/** What can be told on a page, and so be corrected there. */
export type WornPart = Exclude<Part, "eyes">;

export interface ColourCard {
  hex: string;
  origin: PartColour["origin"];
  /** 0..1 */
  sure: number;
}

/** A figure on a page that is nobody's yet, or may be somebody's. */
export interface FigureCard {
  page: string;
  point: [number, number];
  name: string;
  face: string;
  colours: Partial<Record<Part, string>>;
  pages: number;
}

export interface CharacterCard {
  characterId: string;
  name: string;
  face: string;
  colours: Partial<Record<Part, ColourCard>>;
  pages: number;
  unsure: FigureCard[];
}

/** A place and its mood, and the pages that show it: SHA-256 of their bytes. */
export interface PlaceCard {
  placeId: string;
  name: string;
  mood: string;
  pages: string[];
}

/** Who, where or what comes again, the word that stands for it in wishes, and the ids of references that show it. */
export interface ElementCard {
  elementId: string;
  name: string;
  kind: ElementKind;
  trigger: string;
  description: string;
  pictures: string[];
  /** The id of the palette's character that it is; empty for none. */
  character: string;
}

export const KINDS = ["character", "place", "thing"] as const;
export type ElementKind = (typeof KINDS)[number];

/** What a reader typed as a trigger word: `hero 2` is `@hero2`, and nothing is none. */
export function triggerOf(typed: string): string {
  const word = typed.replace(/[^\p{L}\p{N}_-]/gu, "").slice(0, 64);
  return word ? `@${word}` : "";
}

export interface PaletteSheet {
  series: string;
  mood: string;
  characters: CharacterCard[];
  places: PlaceCard[];
  elements: ElementCard[];
  others: FigureCard[];
  canUndo: boolean;
  /** How many pages came anew for the change before this. */
  touched: number;
  /** How many figures may be the one that the change was about: the reader knows. */
  maybe: number;
}

/** Nothing of it is worth a file. */
export const isBare = ({ mood, characters, places, elements }: PaletteSheet): boolean =>
  !mood && characters.length + places.length + elements.length === 0;

export function sheetOf({ palette, seen, others, undo, touched, about, places }: PaletteView): PaletteSheet {
  const known = new Map(seen.map((one) => [one.character_id, one]));
  return {
    series: palette.series,
    mood: palette.mood ?? "",
    characters: (palette.characters ?? []).map((one) => cardOf(one, known.get(one.character_id))),
    places: (palette.places ?? []).map(({ place_id, name = "", mood = "" }) => ({
      placeId: place_id,
      name,
      mood,
      pages: places.find((one) => one.place_id === place_id)?.pages ?? [],
    })),
    elements: (palette.elements ?? []).map((one) => ({
      elementId: one.element_id,
      name: one.name ?? "",
      kind: one.kind ?? "character",
      trigger: one.trigger ?? "",
      description: one.description ?? "",
      pictures: one.pictures ?? [],
      character: one.character ?? "",
    })),
    others: others.map(figureOf),
    canUndo: undo,
    touched,
    maybe: (about && known.get(about)?.unsure.length) || 0,
  };
}

function cardOf(one: PaletteCharacter, seen: PaletteView["seen"][number] | undefined): CharacterCard {
  const colours = PARTS.flatMap((part) => (one[part] ? [[part, colourOf(one[part])] as const] : []));
  return {
    characterId: one.character_id,
    name: one.name ?? "",
    face: pictureOf(one.face),
    colours: Object.fromEntries(colours),
    pages: seen?.pages ?? 0,
    unsure: (seen?.unsure ?? []).map(figureOf),
  };
}

function figureOf({ figure, name = "", face, pages = 1, ...worn }: FoundFigure): FigureCard {
  const colours = (["hair", "skin", "clothes"] as const).flatMap((part) =>
    worn[part] ? [[part, hexOf(worn[part])] as const] : [],
  );
  const { page, point } = figure;
  return { page, point, name, face: pictureOf(face), colours: Object.fromEntries(colours), pages };
}

function colourOf({ rgb, origin, sure = 1 }: PartColour): ColourCard {
  return { hex: hexOf(rgb), origin, sure };
}

export function hexOf(rgb: readonly [number, number, number]): string {
  return `#${rgb.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

export function rgbOf(hex: string): [number, number, number] {
  const levels = /^#(..)(..)(..)$/.exec(hex)?.slice(1) ?? ["0", "0", "0"];
  return levels.map((level) => Number.parseInt(level, 16)) as [number, number, number];
}

function pictureOf(face: Uint8Array | undefined): string {
  return face?.length ? `data:image/webp;base64,${toBase64(face)}` : "";
}

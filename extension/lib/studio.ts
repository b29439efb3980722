/** What the side panel and the worker say to each other of the studio: what is done with one page's picture. */

import { storage } from "wxt/utils/storage";
import type { Payload } from "./payload";
import type { FilterStep, StudioTask } from "./protocol/messages";

/** What is asked for; the pictures travel beside it. */
export type StudioOrder = Omit<StudioTask, "image" | "mask">;
/** What the reader chooses; `outline` and `parts` serve some of them. */
export type StudioTool = Exclude<StudioTask["tool"], "outline" | "parts">;

/** Those that work on one picture. */
export type PageTool = Exclude<StudioTool, "storyboard">;

/** What came of an order: a picture, a film, a drawing or a text, and what makes it again. */
export interface StudioMade {
  file: Payload;
  width: number;
  height: number;
  record: Record<string, unknown>;
}

/** A network that a tool can work with; `needs` is why it cannot here, and what to do, empty where it can. */
export interface StudioNetwork {
  tool: StudioTask["tool"];
  name: string;
  needs: string;
}

/** A picture that the reader pointed at for the studio; its bytes are asked for by `page.capture`. */
export interface StudioPointed {
  tabId: number;
  frameId: number;
  url: string;
  /** Tells one pointing from the next at the same picture. */
  at: number;
}

/** A figure on the picture, in its pixels; `box` is left, top, right and bottom. */
export interface Figure {
  index: number;
  box: [number, number, number, number];
}

/** An element of the series on a shot of a storyboard: how surely, and by which signals. */
export interface ElementMatch {
  page: string;
  panel: number;
  element: string;
  confidence: number;
  signals: string[];
}

/** How far the task under way is. */
export interface StudioFar {
  taskId: string;
  fraction: number;
}

/** A task as the queue shows it: it waits, is under way, or has ended. */
export interface TaskRow {
  taskId: string;
  tool: StudioTool;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  problem: string;
}

export const isTaskOpen = ({ state }: TaskRow): boolean => state === "waiting" || state === "running";

export const TASKS = "session:studio-tasks";
export const POINTED = "session:studio-pointed";
export const FAR = "session:studio-far";

export async function savePointed(pointed: StudioPointed): Promise<void> {
  await storage.setItem(POINTED, pointed);
}

export async function saveFar(far: StudioFar): Promise<void> {
  await storage.setItem(FAR, far);
}

export async function loadTasks(): Promise<TaskRow[]> {
  return storage.getItem<TaskRow[]>(TASKS, { fallback: [] });
}

export async function saveTasks(rows: readonly TaskRow[]): Promise<void> {
  await storage.setItem(TASKS, [...rows]);
}

/** Watch the tasks of all panels, and how far the one under way is. */
export function watchTasks(rows: (rows: TaskRow[]) => void, far: (far: StudioFar) => void): void {
  storage.watch<TaskRow[]>(TASKS, (value) => rows(value ?? []));
  storage.watch<StudioFar>(FAR, (value) => void (value && far(value)));
}

/** Watch what the worker tells; returns what ends the watch. */
export function watchStudio(pointed: (at: StudioPointed) => void, far: (far: StudioFar) => void): () => void {
  const stops = [
    storage.watch<StudioPointed>(POINTED, (value) => void (value && pointed(value))),
    storage.watch<StudioFar>(FAR, (value) => void (value && far(value))),
  ];
  return () => stops.forEach((stop) => stop());
}

/** The numbers of the sliders, as the reader sees them. */
export interface Sliders {
  brightness: number;
  contrast: number;
  saturation: number;
  blur: number;
  sharpen: number;
  black: number;
  white: number;
  gamma: number;
}

export const UNTOUCHED: Readonly<Sliders> = {
  brightness: 1,
  contrast: 1,
  saturation: 1,
  blur: 0,
  sharpen: 0,
  black: 0,
  white: 255,
  gamma: 1,
};

/** The filters that sliders stand for, in the order in which they are laid: those alone that change something. */
export function filtersOf(sliders: Readonly<Sliders>): FilterStep[] {
  const { black, white, gamma } = sliders;
  const isLevelled = black !== UNTOUCHED.black || white !== UNTOUCHED.white || gamma !== UNTOUCHED.gamma;
  const levels: FilterStep[] = isLevelled
    ? [{ filter: "levels", black, white: Math.max(white, black + 1), gamma }]
    : [];
  const plain = ["brightness", "contrast", "saturation", "blur", "sharpen"] as const;
  const moved = plain.filter((name) => sliders[name] !== UNTOUCHED[name]);
  return [...levels, ...moved.map((name): FilterStep => ({ filter: name, amount: sliders[name] }))];
}

const ENDINGS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/svg+xml": "svg",
  "video/webm": "webm",
  "video/mp4": "mp4",
  "text/plain": "txt",
  "application/zip": "zip",
};

/** What a file of the studio is called. */
export function studioName(tool: string, type: string): string {
  return `irodori-${tool.replace("_", "-")}.${ENDINGS[type] ?? "bin"}`;
}

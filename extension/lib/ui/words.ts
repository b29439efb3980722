/** What the popup says about the pages of a tab: how many, or why none and what to do. */

import type { SavedFile } from "../chapter/state";
import type { Survey, WhyNone } from "../messages";
import { FILES_CLOSED } from "../worker/inject";

const WHY: Record<WhyNone, string> = {
  none: "No picture here is shown like a page. Open a chapter in the site's reader, or point at a picture with “Colour one picture”.",
  canvas:
    "This site draws its pages on a canvas, where Irodori cannot read them. If the site has another reading mode, such as a long strip, try that.",
  background:
    "This site shows its pages as backgrounds, which Irodori cannot colour. If the site has another reading mode, try that.",
  embedded:
    "This site shows its pages in a way that Irodori cannot colour, not as pictures. If it has another reading mode, try that.",
  unloaded:
    "The pictures here have not loaded yet. Pages join by themselves when they come; scroll a little to wake them.",
  frame:
    "This site shows its chapter in a frame of another site. Press “Colorize chapter” and allow that site when the browser asks.",
  file: FILES_CLOSED,
  pdf: "This is a PDF, which the browser draws itself; Irodori cannot colour it here. If a site shows the same pages as pictures, open them there.",
};

/** One sentence or two about what was found. */
export function sayFound({ pages, why }: Survey): string {
  if (why !== null) return WHY[why];
  return `${pages} ${pages === 1 ? "page" : "pages"} found here`;
}

/** What the reader has not allowed yet, or an empty string. `patterns` are match patterns. */
export function sayMissing(patterns: readonly string[], wasAsked: boolean): string {
  const [first, ...rest] = patterns.map((pattern) => pattern.replace(/^\w+:\/\/|\/\*$/g, ""));
  if (!first) return "";
  const sites =
    rest.length === 0
      ? first
      : rest.length === 1
        ? `${first} and ${rest[0]}`
        : `${first} and ${rest.length} more sites`;
  return wasAsked
    ? `You have not allowed Irodori to read ${sites}, so pictures from there stay grey. Press “Colorize chapter” to be asked again.`
    : `Pictures come from ${sites}. The browser will ask whether Irodori may read them.`;
}

/** How the chapter's file is coming along, or what is in it and where. */
export function saySaved({ name, done, total, path, coloured, asTheyWere, missing, problem }: SavedFile): string {
  if (name === "failed") return problem;
  if (name === "saving") return done > 0 ? `Saving page ${done} of ${total}…` : "Saving…";
  const rest = [
    asTheyWere.length ? `${sayPages(asTheyWere)} as before.` : "",
    missing.length ? `${sayPages(missing)} could not be had.` : "",
  ];
  const words = [`Saved ${coloured} ${coloured === 1 ? "page" : "pages"} in colour to ${path}.`, ...rest];
  return words.filter(Boolean).join(" ");
}

function sayPages(numbers: readonly number[]): string {
  return numbers.length === 1 ? `Page ${numbers[0]}` : `Pages ${numbers.join(", ")}`;
}

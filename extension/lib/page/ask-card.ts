/**
 * Asks on the page whether its chapter is to be coloured. It takes no focus and covers little; it stands in a closed
 * shadow root, and only the reader's own click or key answers: no script of the page can.
 */

import { i18n } from "#i18n";
import type { AskedAnswer } from "../messages";
import { closedRoot, raise } from "./holders/closed-root";
import { style } from "./swap/ring";

const RAISE_EVERY_MS = 500;

export class AskCard {
  readonly #host = document.createElement("div");
  readonly #stop = new AbortController();
  readonly #answered: (answer: AskedAnswer) => void;
  #above: Element | null = null;

  /** `answered` is called once, unless `signal` aborts before. */
  constructor(series: string, answered: (answer: AskedAnswer) => void, signal: AbortSignal) {
    this.#answered = answered;
    this.#host.style.cssText = "all:initial;position:fixed;right:16px;bottom:16px;z-index:2147483647;color-scheme:dark";
    closedRoot(this.#host).append(this.#card(series));
    document.documentElement.append(this.#host);
    const timer = setInterval(() => (this.#above = raise(this.#host, this.#above)), RAISE_EVERY_MS);
    const ended = this.#stop.signal;
    ended.addEventListener("abort", () => (clearInterval(timer), this.#host.remove()), { once: true });
    for (const kind of ["keydown", "keypress", "keyup"] as const)
      this.#host.addEventListener(kind, (event) => event.stopPropagation(), { signal: ended }); // sites turn pages by keys
    this.#host.addEventListener("keydown", (event) => event.key === "Escape" && this.#answer(event, "later"));
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  close(): void {
    this.#stop.abort();
  }

  #card(series: string): HTMLElement {
    const card = document.createElement("div");
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", i18n.t("ask.label"));
    style(card, CARD);
    const text = document.createElement("p");
    text.textContent = i18n.t("ask.question", [series]);
    style(text, { margin: "0", "overflow-wrap": "anywhere", display: "-webkit-box", "-webkit-line-clamp": "3" });
    style(text, { "-webkit-box-orient": "vertical", overflow: "hidden" });
    const [top, row] = [document.createElement("div"), document.createElement("div")];
    style(top, { display: "flex", gap: "8px", "align-items": "start", "justify-content": "space-between" });
    style(row, { display: "flex", gap: "8px", "flex-wrap": "wrap" });
    top.append(text, this.#button("×", "later", "transparent", i18n.t("ask.later")));
    row.append(
      this.#button(i18n.t("ask.once"), "once", "#6e6ade"),
      this.#button(i18n.t("ask.always"), "always"),
      this.#button(i18n.t("ask.never"), "never"),
    );
    card.append(top, row);
    return card;
  }

  #button(text: string, answer: AskedAnswer, background = "rgb(255 255 255 / 0.12)", label = text): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", label);
    style(button, { ...BUTTON, background, ...(answer === "later" ? { padding: "2px 6px" } : {}) });
    button.addEventListener("click", (event) => this.#answer(event, answer));
    return button;
  }

  #answer(event: Event, answer: AskedAnswer): void {
    if (!event.isTrusted || this.#stop.signal.aborted) return;
    this.close();
    this.#answered(answer);
  }
}

const CARD = {
  width: "300px",
  "max-width": "calc(100vw - 32px)",
  "box-sizing": "border-box",
  display: "grid",
  gap: "10px",
  padding: "14px",
  "border-radius": "12px",
  background: "rgb(24 24 30)",
  color: "white",
  font: "500 14px/1.35 system-ui, sans-serif",
  "box-shadow": "0 0 0 1px rgb(255 255 255 / 0.16), 0 6px 24px rgb(0 0 0 / 0.45)",
};

const BUTTON = {
  padding: "7px 12px",
  border: "0",
  "border-radius": "8px",
  color: "inherit",
  font: "600 13px/1.2 system-ui, sans-serif",
  cursor: "pointer",
};

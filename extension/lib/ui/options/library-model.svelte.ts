/** The reader's library of style references, as the options page shows and changes it. */

import { askWorker, type ReferenceCard } from "../../messages";
import { pack } from "../../payload";
import { choiceOf, chosenReferences, loadChoices, saveChoices } from "../../state";
import { Attempts } from "../attempts.svelte";

export class LibraryModel extends Attempts {
  cards = $state.raw<ReferenceCard[]>([]);
  wanted = $state("");
  /** The ids of the references that are chosen, in the order in which they count. */
  chosen = $state.raw<string[]>([]);

  /** Those that are called by all the words that are looked for. */
  get found(): ReferenceCard[] {
    const words = plain(this.wanted).split(" ").filter(Boolean);
    return this.cards.filter(({ name, series, character }) => {
      const text = plain(`${name} ${series} ${character}`);
      return words.every((word) => text.includes(word));
    });
  }

  async open(): Promise<void> {
    this.cards = (await this.attempt(askWorker("reference.list", {}))) ?? this.cards;
    this.chosen = chosenReferences(await loadChoices());
  }

  async add(file: File): Promise<void> {
    const add = { picture: await pack(file), name: file.name.replace(/\.\w+$/, ""), series: "" };
    if (await this.attempt(askWorker("reference.add", add))) await this.open();
  }

  async rename(referenceId: string, name: string): Promise<void> {
    const renamed = await this.attempt(askWorker("reference.change", { referenceId, change: { name } }));
    if (renamed) this.cards = this.cards.map((card) => (card.referenceId === referenceId ? renamed : card));
  }

  async remove(referenceId: string): Promise<void> {
    const removed = askWorker("reference.remove", { referenceId }).then(() => true);
    if (await this.attempt(removed)) await this.open();
  }

  /** Choose a reference, behind those that are chosen; or leave it out. */
  async toggle(referenceId: string): Promise<void> {
    const chosen = chosenReferences(await loadChoices());
    const others = chosen.filter((one) => one !== referenceId);
    const now = others.length < chosen.length ? others : [...chosen, referenceId];
    await saveChoices(choiceOf(now));
    this.chosen = now;
  }
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

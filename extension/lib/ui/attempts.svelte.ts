import { reasonOf } from "../reason";

/** What a model asks of the worker; what went wrong last stands in `trouble` until something goes well. */
export class Attempts {
  trouble = $state("");

  protected async attempt<Result>(asked: Promise<Result>): Promise<Result | null> {
    try {
      const result = await asked;
      this.trouble = "";
      return result;
    } catch (error) {
      this.trouble = reasonOf(error);
      return null;
    }
  }
}

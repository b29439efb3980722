/** `<input type=image>`: a button that is a picture. */

import { type HolderKind, keep } from "./holder";
import { addressFrom, AddressHolder } from "./twin";

export const inputImage: HolderKind = {
  attributes: ["src", "type"],
  of: (element) =>
    element.matches("input[type=image i]") ? [keep(element, "input", () => new InputImageHolder(element))] : [],
};

class InputImageHolder extends AddressHolder {
  override get address(): string {
    return addressFrom(this.node.getAttribute("src"), this.node);
  }
}

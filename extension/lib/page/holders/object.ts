/** `<object>` and `<embed>` that show a picture; those that hold a document are frames with a script of their own. */

import { type HolderKind, keep } from "./holder";
import { addressFrom, AddressHolder } from "./twin";

const PICTURE_FILE = /\.(?:jpe?g|png|webp|avif|gif|bmp)(?:[?#]|$)|^data:image\/|^blob:/i;

export const object: HolderKind = {
  attributes: ["data", "src", "type"],
  of: (element) => (isOne(element) ? [keep(element, "object", () => new ObjectHolder(element))] : []),
};

class ObjectHolder extends AddressHolder {
  override get address(): string {
    const { node } = this;
    return addressFrom(node.getAttribute(node.localName === "object" ? "data" : "src"), node);
  }
}

/** A type or a name says so: asking what is no picture for one would be a request more. */
function isOne(element: Element): boolean {
  const { localName } = element;
  if (localName !== "object" && localName !== "embed") return false;
  const type = element.getAttribute("type") ?? "";
  const address = element.getAttribute(localName === "object" ? "data" : "src") ?? "";
  return type ? type.startsWith("image/") && !type.includes("svg") : PICTURE_FILE.test(address);
}

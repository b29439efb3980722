/** The poster of a `<video>`, for as long as nothing of the video has been played. */

import { type HolderKind, keep } from "./holder";
import { addressFrom, AddressHolder } from "./twin";

const PLAYS = ["play", "playing", "seeking", "emptied"] as const;

export const videoPoster: HolderKind = {
  attributes: ["poster"],
  of: (element) =>
    element.localName === "video" ? [keep(element, "poster", () => new VideoPosterHolder(element))] : [],
};

class VideoPosterHolder extends AddressHolder {
  override get address(): string {
    const video = this.node as HTMLVideoElement;
    return video.paused && video.currentTime === 0 ? addressFrom(video.getAttribute("poster"), video) : "";
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    super.watch(changed, signal);
    for (const event of PLAYS) this.node.addEventListener(event, changed, { signal });
  }
}

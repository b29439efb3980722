/** What a dot of colour would take of a page, as the host tells it before the dot is set. */

import { HostError } from "../host/errors";
import { bytesOf } from "../payload";
import type { PageRegion } from "../protocol/messages";
import type { Outside } from "./save";
import type { PageRecord } from "./state";

/** Ask for the region at `point`, in shares of the page; the page's bytes are brought where the host lacks them. */
export async function regionAt(outside: Outside, page: PageRecord, point: [number, number]): Promise<PageRegion> {
  const { pageId, frameId, sha256 } = page;
  const ask = () => outside.ask("page.region", { sha256, point });
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== "E_NOT_FOUND") throw error;
  }
  const image = await bytesOf(await outside.tell(frameId, "page.bytes", { pageId }));
  await outside.ask("page.keep", { sha256, image });
  return ask();
}

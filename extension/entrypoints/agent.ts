import { defineUnlistedScript } from "wxt/utils/define-unlisted-script";
import { Agent } from "@/lib/page/agent";

/** Injected on demand, any number of times; one living agent a frame. */
export default defineUnlistedScript(() => {
  const place = globalThis as { irodoriAgent?: Agent };
  if (place.irodoriAgent?.isAlive) return;
  place.irodoriAgent?.retire();
  place.irodoriAgent = new Agent();
});

/** Lets the worker's own fetch of one exact address carry the page's Referer, as the page's own request did. */

import { browser } from "wxt/browser";

let lastRuleId = 0;

/** Drop rules that an earlier life of the worker left behind. */
export async function clearRefererRules(): Promise<void> {
  const rules = await browser.declarativeNetRequest.getSessionRules();
  await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: rules.map(({ id }) => id) });
}

/** Run `act` while requests for `url` that belong to no tab carry `referer`. */
export async function withReferer<Result>(
  url: string,
  referer: string | null,
  act: () => Promise<Result>,
): Promise<Result> {
  if (referer === null) return act();
  const id = ++lastRuleId;
  await browser.declarativeNetRequest.updateSessionRules({ addRules: [rule(id, url, referer)] });
  try {
    return await act();
  } finally {
    await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: [id] });
  }
}

type Rule = Parameters<typeof browser.declarativeNetRequest.updateSessionRules>[0]["addRules"] extends
  (infer One)[] | undefined
  ? One
  : never;

function rule(id: number, url: string, referer: string): Rule {
  const withoutFragment = url.split("#", 1)[0] as string;
  return {
    id,
    priority: 1,
    action: {
      type: "modifyHeaders",
      requestHeaders: [{ header: "referer", operation: "set", value: referer }],
    },
    condition: {
      urlFilter: `|${withoutFragment}|`,
      isUrlFilterCaseSensitive: true,
      tabIds: [-1], // the worker belongs to no tab; what pages ask for is left alone
      resourceTypes: ["xmlhttprequest"],
    },
  } as Rule;
}

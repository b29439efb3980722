/** The picture that a document itself calls its series' cover. */

const TOLD: readonly (readonly [selector: string, attribute: string])[] = [
  ["[itemprop=isPartOf] [itemprop=image], [itemprop=partOfSeries] [itemprop=image]", "src"],
  ['meta[property="og:image:secure_url"], meta[name="og:image:secure_url"]', "content"],
  ['meta[property="og:image"], meta[name="og:image"]', "content"],
  ['meta[name="twitter:image"], meta[property="twitter:image"]', "content"],
  ["link[rel~=image_src]", "href"],
];

/** Its address on the web, whatever it names first; `null` where it names none. */
export function coverOf(page: Document, address: string): string | null {
  for (const [selector, attribute] of TOLD) {
    const told = page.querySelector(selector)?.getAttribute(attribute)?.trim();
    if (told && URL.canParse(told, address)) {
      const { protocol, href } = new URL(told, address);
      if (protocol === "https:" || protocol === "http:") return href;
    }
  }
  return null;
}

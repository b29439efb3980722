/** What the browser gives every context, in memory; texts are those of the English locale. */

import { type ChromeMessage, generateChromeMessages, parseMessagesFile } from "@wxt-dev/i18n/build";
import { fakeBrowser } from "wxt/testing/fake-browser";

const file = `${import.meta.dirname}/../locales/en.yml`; // no URL: a test's own document may have another kind of it
const texts: Record<string, ChromeMessage> = generateChromeMessages(await parseMessagesFile(file));

function getMessage(name: string, values: string | string[] = []): string {
  const given = [values].flat();
  return (texts[name]?.message ?? "").replace(/\$(\d)/g, (_, at: string) => given[Number(at) - 1] ?? "");
}

Object.assign(globalThis, { chrome: { ...fakeBrowser, i18n: { getMessage } } });

import { readFileSync } from "node:fs";
import { defineConfig } from "wxt";

const key = readFileSync(new URL("./key.txt", import.meta.url), "utf8").trim();

/** The version stands once, in the host; both are released together. */
const version = /__version__ = "([^"]+)"/.exec(
  readFileSync(new URL("../host/__init__.py", import.meta.url), "utf8"),
)?.[1];
if (!version) throw new Error("host/__init__.py names no version");

/** Origins that the browser tests serve; a reader's build holds no host at install. */
const TEST_ORIGINS = ["http://127.0.0.1/*", "http://localhost/*"];

/** Files of the computer, for those who want them in colour by themselves; the browser has a switch for these besides. */
const FILES = "file:///*";

/** Takes a page's pictures as the browser holds them; asked for where a site gives each picture only once. */
const PAGE_CAPTURE = "pageCapture";

export default defineConfig({
  modules: ["@wxt-dev/module-svelte", "@wxt-dev/i18n/module"],
  imports: false,
  outDirTemplate: "{{browser}}-mv{{manifestVersion}}{{modeSuffix}}",
  manifest: ({ browser, mode }) => ({
    name: "Irodori",
    version,
    description: "__MSG_manifest_about__",
    default_locale: "en",
    permissions: [
      "activeTab",
      "scripting",
      "storage",
      "contextMenus",
      "nativeMessaging",
      "declarativeNetRequestWithHostAccess",
      ...(mode === "e2e" && browser !== "firefox" ? [PAGE_CAPTURE] : []),
    ],
    ...(browser === "firefox" || mode === "e2e" ? {} : { optional_permissions: [PAGE_CAPTURE] }),
    optional_host_permissions: ["*://*/*", ...(browser === "firefox" ? [] : [FILES])],
    ...(mode === "e2e" ? { host_permissions: TEST_ORIGINS } : {}),
    action: { default_title: "Irodori", ...(browser === "firefox" ? { default_area: "navbar" as const } : {}) },
    commands: {
      "colorize-chapter": {
        description: "__MSG_manifest_colorizeChapter__",
        suggested_key: { default: "Alt+Shift+K" },
      },
      "toggle-original": { description: "__MSG_manifest_toggleOriginal__", suggested_key: { default: "Alt+Shift+O" } },
      compare: { description: "__MSG_manifest_compare__", suggested_key: { default: "Alt+Shift+S" } },
    },
    ...(browser === "firefox"
      ? {
          browser_specific_settings: {
            gecko: {
              id: "host@irodori.app",
              strict_min_version: "142.0", // says by itself, on phones too, that nothing is collected
              data_collection_permissions: { required: ["none"] },
            },
          },
        }
      : { key, minimum_chrome_version: "120", message_serialization: "structured_clone" }),
  }),
});

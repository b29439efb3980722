/** The permissions that a build of the extension has or may ask for; the options page says what each is for. */
export const PERMISSIONS = [
  "activeTab",
  "scripting",
  "storage",
  "contextMenus",
  "nativeMessaging",
  "declarativeNetRequestWithHostAccess",
  "sidePanel",
  "pageCapture",
] as const;

/** Files of ours for the browser's downloads. */

const READ_BY_THEN_MS = 60_000;

/** Have the browser save bytes as the reader's browser saves files. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a"); // never in the document: the site hears no click
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), READ_BY_THEN_MS);
}

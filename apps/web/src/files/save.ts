/** From a conversation to a file of this device, by the browser's own way of saving. */

/** The link lives as long as a browser needs to begin. */
const KEPT_MS = 60_000;

export function saveToDevice(pieces: readonly Uint8Array<ArrayBuffer>[], name: string): void {
  const url = URL.createObjectURL(new Blob([...pieces], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

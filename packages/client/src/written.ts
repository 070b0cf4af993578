/** What a person wrote, as opposed to what clients say to each other. */
import { CONTENT_REPLY, CONTENT_TEXT, decode, replyContent, textContent } from "@sotto/protocol";

export type Written = { readonly text: string; readonly to: Uint8Array | undefined };

export const isWritten = (contentKind: number): boolean =>
  contentKind === CONTENT_TEXT || contentKind === CONTENT_REPLY;

/** Undefined for every other kind, and where the content is not of its kind's format. */
export function readWritten(contentKind: number, content: Uint8Array): Written | undefined {
  if (contentKind === CONTENT_TEXT) {
    const read = decode(textContent, content);
    return read.ok ? { text: read.value.text, to: undefined } : undefined;
  }
  const read = contentKind === CONTENT_REPLY ? decode(replyContent, content) : undefined;
  return read?.ok ? read.value : undefined;
}

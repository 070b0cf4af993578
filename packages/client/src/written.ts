/** What a person wrote, as opposed to what clients say to each other. */
import {
  CONTENT_FILE,
  CONTENT_REPLY,
  CONTENT_TEXT,
  decode,
  fileContent,
  replyContent,
  textContent,
  type FileContent,
} from "@sotto/protocol";
import { isPossibleFile } from "./file/possible.ts";

export type Written = {
  readonly text: string;
  readonly to: Uint8Array | undefined;
  readonly file?: FileContent;
};

export const isWritten = (contentKind: number): boolean =>
  contentKind === CONTENT_TEXT || contentKind === CONTENT_REPLY || contentKind === CONTENT_FILE;

/** Undefined for every other kind, and where the content is not of its kind's format. */
export function readWritten(contentKind: number, content: Uint8Array): Written | undefined {
  if (contentKind === CONTENT_TEXT) {
    const read = decode(textContent, content);
    return read.ok ? { text: read.value.text, to: undefined } : undefined;
  }
  if (contentKind === CONTENT_FILE) {
    const read = decode(fileContent, content);
    return read.ok && isPossibleFile(read.value)
      ? { text: read.value.text, to: read.value.to, file: read.value }
      : undefined;
  }
  const read = contentKind === CONTENT_REPLY ? decode(replyContent, content) : undefined;
  return read?.ok ? read.value : undefined;
}

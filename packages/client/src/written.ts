/** What a person wrote, as opposed to what clients say to each other. */
import {
  CONTENT_FILE,
  CONTENT_READ_BURN,
  CONTENT_REPLY,
  CONTENT_TEXT,
  decode,
  fileContent,
  readBurnContent,
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
type Content = { readonly contentKind: number; readonly content: Uint8Array };

const PLAIN_KINDS: readonly number[] = [CONTENT_TEXT, CONTENT_REPLY, CONTENT_FILE];

export const isWritten = (contentKind: number): boolean =>
  PLAIN_KINDS.includes(contentKind) || contentKind === CONTENT_READ_BURN;

/** Undefined for every other kind, and where the content is not of its kind's format. */
export function readWritten(contentKind: number, content: Uint8Array): Written | undefined {
  const plain = unwrapped({ contentKind, content });
  if (plain?.contentKind === CONTENT_TEXT) {
    const read = decode(textContent, plain.content);
    return read.ok ? { text: read.value.text, to: undefined } : undefined;
  }
  if (plain?.contentKind === CONTENT_FILE) {
    const read = decode(fileContent, plain.content);
    return read.ok && isPossibleFile(read.value)
      ? { text: read.value.text, to: read.value.to, file: read.value }
      : undefined;
  }
  const read = plain?.contentKind === CONTENT_REPLY ? decode(replyContent, plain.content) : undefined;
  return read?.ok ? read.value : undefined;
}

/** How long after reading it burns; undefined where it burns from sending on. */
export function readBurnMs({ contentKind, content }: Content): number | undefined {
  if (contentKind !== CONTENT_READ_BURN) return undefined;
  const read = decode(readBurnContent, content);
  return read.ok ? read.value.afterReadMs : undefined;
}

function unwrapped(given: Content): Content | undefined {
  if (given.contentKind !== CONTENT_READ_BURN) return given;
  const read = decode(readBurnContent, given.content);
  return read.ok ? read.value : undefined;
}

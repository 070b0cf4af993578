/** What a person wrote, as opposed to what clients say to each other. */
import {
  CONTENT_FILE,
  CONTENT_FORWARD,
  CONTENT_READ_BURN,
  CONTENT_REPLY,
  CONTENT_TEXT,
  decode,
  fileContent,
  forwardContent,
  readBurnContent,
  replyContent,
  textContent,
  type FileContent,
} from "@sotto/protocol";
import { isPossibleFile } from "./file/possible.ts";
import { believedBurn } from "./burning.ts";

export type Written = {
  readonly text: string;
  /** What it answers. */
  readonly to: Uint8Array | undefined;
  readonly isForwarded: boolean;
  readonly file?: FileContent;
};
type Content = { readonly contentKind: number; readonly content: Uint8Array };

const PLAIN_KINDS: readonly number[] = [CONTENT_TEXT, CONTENT_REPLY, CONTENT_FORWARD, CONTENT_FILE];

export const isWritten = (contentKind: number): boolean =>
  PLAIN_KINDS.includes(contentKind) || contentKind === CONTENT_READ_BURN;

/** Undefined for every other kind, and where the content is not of its kind's format. */
export function readWritten(contentKind: number, content: Uint8Array): Written | undefined {
  const plain = unwrapped({ contentKind, content });
  if (plain === undefined) return undefined;
  switch (plain.contentKind) {
    case CONTENT_TEXT: {
      const read = decode(textContent, plain.content);
      return read.ok ? { text: read.value.text, to: undefined, isForwarded: false } : undefined;
    }
    case CONTENT_REPLY: {
      const read = decode(replyContent, plain.content);
      return read.ok ? { ...read.value, isForwarded: false } : undefined;
    }
    case CONTENT_FORWARD: {
      const read = decode(forwardContent, plain.content);
      return read.ok ? { text: read.value.text, to: undefined, isForwarded: true } : undefined;
    }
    case CONTENT_FILE: {
      const read = decode(fileContent, plain.content);
      return read.ok && isPossibleFile(read.value)
        ? { text: read.value.text, to: read.value.to, isForwarded: false, file: read.value }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** How long after reading it burns; undefined where it burns from sending on. */
export function readBurnMs({ contentKind, content }: Content): number | undefined {
  if (contentKind !== CONTENT_READ_BURN) return undefined;
  const read = decode(readBurnContent, content);
  return read.ok ? believedBurn(read.value.afterReadMs) : undefined;
}

function unwrapped(given: Content): Content | undefined {
  if (given.contentKind !== CONTENT_READ_BURN) return given;
  const read = decode(readBurnContent, given.content);
  return read.ok ? read.value : undefined;
}

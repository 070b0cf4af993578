/** Files on their way out, the pieces of files that are kept, and what takes a blob back. Spec: spec/files.md. */
import {
  bool,
  endpoint,
  fixed,
  MEDIA_TYPE_BYTES_MAX,
  NAME_BYTES_MAX,
  opaque,
  optional,
  picture,
  secretField,
  struct,
  TEXT_BYTES_MAX,
  text,
  TICKET_BYTES_MAX,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import { CHUNK_BYTES } from "@sotto/crypto";
import { table } from "./record.ts";

export const ORIGIN_BYTES_MAX = 4_096;

const grant = struct({ endpoint, token: opaque(TICKET_BYTES_MAX), until: uint });

/** A message that names a file, until the relay has all of that. */
const upload = struct({
  blobId: fixed(32),
  key: secretField(32),
  bytes: uint,
  /** Undefined until it was read through once. */
  digest: optional(fixed(32)),
  /** Its chunks are kept here; otherwise they are read where the file was chosen. */
  isKept: bool,
  /** What the device calls that place, where it can find it again. */
  origin: optional(text(ORIGIN_BYTES_MAX)),
  grant: optional(grant),
  text: text(TEXT_BYTES_MAX),
  to: optional(fixed(16)),
  mediaType: text(MEDIA_TYPE_BYTES_MAX),
  name: optional(text(NAME_BYTES_MAX)),
  picture: optional(picture),
  burnMs: uint,
  sentAt: uint,
});
export type Upload = TypeOf<typeof upload>;
/** Ids are the message's `idKey`, as in seenIds. */
export const uploads = table("fu/", 1, upload);

/** One chunk of a file as it is. Ids are the message's `idKey`, a slash, and the chunk's number. */
export const fileChunks = table("fc/", 1, struct({ bytes: opaque(CHUNK_BYTES) }));

const right = struct({ endpoint, blobId: fixed(32), token: opaque(TICKET_BYTES_MAX), until: uint });
export type BlobRight = TypeOf<typeof right>;
/** What takes the blob of an own message back, as long as there is that message: by its `idKey`. */
export const blobRights = table("fr/", 1, right);
/** Blobs to be taken back, until the relay has said that they are gone, or `until`. By blobId. */
export const blobErasures = table("fe/", 1, right);

/** Conversations whose files load by themselves: this person has begun them, or written in them. */
export const accepted = table("fa/", 1, struct({}));

/** What members say to each other, inside the encryption. Spec: spec/content.md. */
import { rung } from "./burn.ts";
import { bool, constant, fixed, opaque, optional, struct, text, uint, u32, type TypeOf } from "./codec.ts";
import { contactCard, endpoint, identityChain } from "./identity.ts";
import {
  BODY_BYTES_MAX,
  KEY_PACKAGE_BYTES_MAX,
  MEDIA_TYPE_BYTES_MAX,
  NAME_BYTES_MAX,
  REACTION_BYTES_MAX,
  TEXT_BYTES_MAX,
  THUMBNAIL_BYTES_MAX,
  WELCOME_BYTES_MAX,
} from "./limits.ts";

/**
 * The versioned content envelope: the plaintext of every application message.
 * `contentKind` and `content` are open: a kind this version does not know is kept and opens after an update.
 */
export const envelope = struct({
  version: constant(1, "envelope version 1"),
  /** Equals the APPEND's: receivers drop repeats by it. */
  messageId: fixed(16),
  /** Equals the APPEND's: a relay that keeps longer is found out. */
  rung,
  /** Exact burn time in milliseconds; 0 where policy allows "off" and the member chose it. */
  burnMs: uint,
  /** The sender's clock. */
  sentAt: uint,
  /** The newest log entry its sender had seen: receivers compare it with their own chain. */
  seen: struct({ seq: uint, head: fixed(32) }),
  /** Reserved for verifiable reports. */
  commitment: optional(fixed(32)),
  contentKind: u32,
  content: opaque(BODY_BYTES_MAX),
});
export type Envelope = TypeOf<typeof envelope>;

/** Numbers of content kinds. Append-only. */
export const CONTENT_TEXT = 1;
export const CONTENT_PROFILE = 2;
/** A contact card: how to reach the sender's inbox, should a channel have to be made anew. */
export const CONTENT_CARD = 3;
/** That a channel of the conversation is of no use to the sender any more: nothing more is read or sent in it. */
export const CONTENT_CHANNEL_GONE = 4;
/** A text that answers a message. What it answers is named, never quoted: a quote must not outlive its original. */
export const CONTENT_REPLY = 5;
export const CONTENT_REACTION = 6;
export const CONTENT_EDIT = 7;
export const CONTENT_DELETION = 8;
/** How long messages of this conversation are kept from now on. */
export const CONTENT_BURN_TIME = 9;
/** Content of another kind, whose burn time begins when it was read. */
export const CONTENT_READ_BURN = 10;
/** That a message whose burn time begins then was read. */
export const CONTENT_WAS_READ = 11;
/** A text that came from another conversation: which one, and who wrote it, is not said. */
export const CONTENT_FORWARD = 12;
/** That a message stands above the conversation for everybody, or does so no more. */
export const CONTENT_PIN = 13;
/** That its author leaves the group. */
export const CONTENT_LEAVE = 32;
/** A file that lies at a relay as a blob, with what its sender says beside it. */
export const CONTENT_FILE = 20;

export const textContent = struct({ text: text(TEXT_BYTES_MAX) });
export const replyContent = struct({ to: fixed(16), text: text(TEXT_BYTES_MAX) });
/** One of its author's to a message; an empty one takes it back. */
export const reactionContent = struct({ to: fixed(16), emoji: text(REACTION_BYTES_MAX) });
/** Only of one's own message. */
export const editContent = struct({ of: fixed(16), text: text(TEXT_BYTES_MAX) });
export const deletionContent = struct({ of: fixed(16) });
/** Milliseconds; 0 is "off". */
export const burnTimeContent = struct({ burnMs: uint });
export const leaveContent = struct({});
/** How large a picture is as it is shown, and a small one of it; of no bytes where none could be made. */
export const picture = struct({ width: u32, height: u32, thumbnail: opaque(THUMBNAIL_BYTES_MAX) });
export type Picture = TypeOf<typeof picture>;
export const fileContent = struct({
  text: text(TEXT_BYTES_MAX),
  /** What it answers. */
  to: optional(fixed(16)),
  /** The relay that has the blob: not always the conversation's. */
  endpoint,
  blobId: fixed(32),
  /** Never used for another file. */
  key: fixed(32),
  /** Of the file; how long the blob is follows from it. */
  bytes: uint,
  digest: fixed(32),
  mediaType: text(MEDIA_TYPE_BYTES_MAX),
  /** Only where its sender shows it. */
  name: optional(text(NAME_BYTES_MAX)),
  picture: optional(picture),
});
export type FileContent = TypeOf<typeof fileContent>;
/** The content of one message, and how long after it was read both sides burn it, milliseconds. */
export const readBurnContent = struct({
  afterReadMs: uint,
  contentKind: u32,
  content: opaque(BODY_BYTES_MAX),
});
export const forwardContent = struct({ text: text(TEXT_BYTES_MAX) });
export const pinContent = struct({ of: fixed(16), isPinned: bool });
export const wasReadContent = struct({ of: fixed(16) });
export const channelGoneContent = struct({ cid: fixed(32) });
/** The name a member shows to contacts. */
export const profileContent = struct({ name: text(NAME_BYTES_MAX) });

/** The HPKE plaintext of a post that invites into a channel. The Welcome is RFC 9420's. */
export const invitation = struct({
  version: constant(1, "invitation version 1"),
  cid: fixed(32),
  endpoint,
  welcome: opaque(WELCOME_BYTES_MAX),
  /** The Commit that added the joiner, as the relay accepted it: where the joiner's chain of heads begins. */
  start: struct({ epoch: uint, seq: uint, head: fixed(32) }),
  /** The inviter's identity chain, so that the joiner verifies without asking anyone. */
  chain: identityChain,
  /** How to reach the inviter, should the channel have to be made anew. */
  card: optional(contactCard),
  name: text(NAME_BYTES_MAX),
});
export type Invitation = TypeOf<typeof invitation>;

/** What is AEAD-sealed under the shelf key: one device's KeyPackage and the chain that names the device. */
export const shelfItem = struct({
  version: constant(1, "shelf item version 1"),
  keyPackage: opaque(KEY_PACKAGE_BYTES_MAX),
  chain: identityChain,
});
export type ShelfItem = TypeOf<typeof shelfItem>;

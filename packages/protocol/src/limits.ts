/**
 * Every limit of the wire, in one place, fixed so that groups of 250 devices fit. Spec: spec/wire.md.
 * A limit is what is still accepted; one more is refused.
 */

/** A wrap-sealed application body: the largest bucket, 256 · 2^8. */
export const BODY_BYTES_MAX = 65_536;
/** A wrap-sealed Commit with its bind signature. X-Wing at 500 cold leaves needs 613 KB. */
export const COMMIT_BYTES_MAX = 1_048_576;
/** A Welcome with its ratchet tree, as posted to an inbox after HPKE and padding. */
export const WELCOME_BYTES_MAX = 2_097_152;
/** One frame of either direction: the largest body and its fields. */
export const FRAME_BYTES_MAX = WELCOME_BYTES_MAX + 65_536;
/** Reader keys of one epoch: one per device of a channel or an inbox. */
export const READERS_MAX = 512;
/** Accounts in one group, each with one device so far; a group of more devices needs another suite (spec/mls.md). */
export const GROUP_MEMBERS_MAX = 100;
/** Entries in one page of a READ, and the bytes after which a page ends early. */
export const PAGE_ENTRIES_MAX = 256;
export const PAGE_BYTES_MAX = 1_048_576;
/** One KeyPackage of RFC 9420, before it is sealed for a shelf. */
export const KEY_PACKAGE_BYTES_MAX = 32_768;
/** One sealed KeyPackage on a shelf. X-Wing needs 2.7 KB and the identity chain beside it. */
export const SHELVED_BYTES_MAX = 65_536;
export const SHELF_ITEMS_MAX = 100;
/** Sealed KeyPackages in one answer to CLAIM: one per device. */
export const CLAIMED_ITEMS_MAX = 32;
/** Create tokens registered by one activation. */
export const ACTIVATION_TOKENS_MAX = 256;
export const POST_TOKENS_MAX = 64;
/** A sealed backup, always. */
export const BACKUP_BYTES = 65_536;
/** A blob as the relay keeps it, sealed by its client: 100 MB and what sealing them in chunks adds. */
export const BLOB_BYTES_MAX = 112 * 1_048_576;
/** A file before it is sealed. */
export const FILE_BYTES_MAX = 100 * 1_048_576;
/** What stands in the message for a picture that was not fetched. */
export const THUMBNAIL_BYTES_MAX = 16_384;
/** A media type (RFC 6838) without parameters. */
export const MEDIA_TYPE_BYTES_MAX = 127;
export const TICKET_BYTES_MAX = 512;
export const URL_BYTES_MAX = 255;
export const NAME_BYTES_MAX = 256;
/** A contact link as it was pasted, white space included: UTF-16 units. */
export const CONTACT_LINK_CHARS_MAX = 4_096;
/** Devices in one entry of an identity chain, and entries in a chain as it is sent. */
export const DEVICES_MAX = 32;
export const CHAIN_ENTRIES_MAX = 256;
/** The plain text of one message, UTF-8: what still fits the largest bucket with room for the envelope. */
export const TEXT_BYTES_MAX = 32_768;
/** The longest emoji, of a family whose members have skin tones, takes 41. */
export const REACTION_BYTES_MAX = 64;

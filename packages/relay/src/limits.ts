/**
 * What one relay gives to one channel, inbox and connection. Wire limits are in @sotto/protocol; these are this
 * relay's own and can be changed without a new wire version. Spec: spec/channel.md, spec/inbox.md, spec/blob.md.
 * A limit is what is still accepted; one more is refused.
 */

/** Entries of one channel that are kept, tombstones included, and the bytes of bodies and Commits. */
export const CHANNEL_ENTRIES_MAX = 50_000;
export const CHANNEL_BYTES_MAX = 64 * 1_048_576;
/** messageIds remembered for one channel. */
export const CHANNEL_REMEMBERED_MAX = 200_000;
/** Epochs a channel keeps for readers who have not acknowledged them, and their reader keys; the oldest goes first. */
export const EPOCHS_KEPT_MAX = 1_024;
export const EPOCH_READERS_KEPT_MAX = 16_384;
/** At least this long between two COMMITs of a channel that no admin key signed. */
export const COMMIT_INTERVAL_MS = 60_000;
/** COMMITs a channel takes at once, whoever signed them, and how often one more. */
export const COMMITS_BURST_MAX = 60;
export const COMMIT_REFILL_MS = 10_000;
/** Keys of a channel that are remembered, so that none comes back: the newest. */
export const USED_KEYS_MAX = 65_536;
/** What is left of an erased entry is kept no longer than this; longer absent, a member rejoins. */
export { COMMIT_KEPT_MS as TOMBSTONE_KEPT_MS } from "@sotto/protocol";

/** Posts an inbox holds, and their bytes. */
export const INBOX_POSTS_MAX = 1_000;
export const INBOX_BYTES_MAX = 64 * 1_048_576;
/** postIds an inbox remembers, those of posts that are gone included; of those the oldest is forgotten first. */
export const INBOX_REMEMBERED_MAX = 10_000;
/** What one post token is good for in each window. */
export const POSTS_PER_WINDOW_MAX = 60;
export const CLAIMS_PER_WINDOW_MAX = 12;
export const TOKEN_WINDOW_MS = 3_600_000;
/** Items of one device an inbox knows of, those claimed included. */
export const SHELF_REMEMBERED_MAX = 4_096;
/** How long the hash of a claimed KeyPackage is kept, so that it is never shelved again. */
export const CLAIMED_KEPT_MS = 30 * 86_400_000;

/** How long a grant allows to put its blob; what is not whole by then goes. */
export const BLOB_GRANT_MS = 86_400_000;
/** Bytes of blobs one channel may be granted at once, and how many more each second. */
export const BLOB_BYTES_BURST_MAX = 512 * 1_048_576;
export const BLOB_BYTES_PER_SECOND_MAX = 131_072;
/** What a smaller blob counts for, in the channel's budget and in the store. It would fit an entry. */
export const BLOB_COUNTED_BYTES_MIN = 65_536;
/** All blobs of this relay. */
export const BLOBS_BYTES_MAX = 32 * 1_073_741_824;
/** What blobs leave free on the disk: messages come first. */
export const BLOBS_FREE_BYTES_MIN = 1_073_741_824;
/** How much of a blob is in memory at a time, for each transfer, and how much at most arrives between two syncs. */
export const BLOB_PIECE_BYTES = 131_072;
export const BLOB_SYNC_BYTES = 8 * 1_048_576;
/** Transfers at a time, of all and of one network; and how long a GET may take before it is cut off. */
export const BLOB_TRANSFERS_MAX = 512;
export const BLOB_TRANSFERS_PER_NETWORK_MAX = 64;
export const BLOB_GET_MS_MAX = 120_000;

/** How long a connection may be open before its `hello`. */
export const HELLO_WAIT_MS = 10_000;
/** Handles of one connection. */
export const HANDLES_MAX = 1_024;
/** Requests of one connection without an answer yet, and their bytes. */
export const REQUESTS_IN_FLIGHT_MAX = 256;
export const REQUEST_BYTES_IN_FLIGHT_MAX = 8 * 1_048_576;
/** Bytes of all requests without an answer, over all connections of one process. */
export const RELAY_BYTES_IN_FLIGHT_MAX = 256 * 1_048_576;
/** What one connection may send for long, and at once. Faster ones are read more slowly, not refused. */
export const BYTES_PER_SECOND_MAX = 8 * 1_048_576;
export const BYTES_BURST_MAX = 32 * 1_048_576;
export const REQUESTS_PER_SECOND_MAX = 2_000;
export const REQUESTS_BURST_MAX = 4_000;
/** Frames that are no request, before the connection is closed. */
export const MALFORMED_FRAMES_MAX = 16;
/** Refused activation codes of one connection, and how long it is told to wait after. */
export const ACTIVATION_TRIES_MAX = 5;
export const ACTIVATION_WAIT_MS = 60_000;

/** Unsent bytes of a connection: above the first, pushes stop and pages wait; above the second, it is closed. */
export const PUSH_BYTES_MAX = 1_048_576;
export const UNSENT_BYTES_MAX = 8 * 1_048_576;
/** Unsent bytes of all connections that are slow to take them; above it the fullest is closed. */
export const RELAY_UNSENT_BYTES_MAX = 256 * 1_048_576;
/** Entries a subscription holds back while its page is being read. */
export const HELD_ENTRIES_MAX = 256;

/** How long a batch waits for company before it is stored. */
export const BATCH_MS = 1;
export const BATCH_OPS_MAX = 2_048;
/** How long `delivered` waits, so that one push stands for many acknowledgements. */
export const DELIVERED_MS = 100;
/** How often burn times are looked at. */
export const SWEEP_MS = 15_000;
/** How long a ticket reopens what it names. */
export const TICKET_KEPT_MS = 7 * 86_400_000;

/** The formats a relay stores and hands out as tickets, and any value of each, for vectors and properties. */
import fc from "fast-check";
import { RUNGS, type Codec, type EpochPublicKeys } from "@sotto/protocol";
import { createKeyRing } from "@sotto/relay-adapters/node";
import { channelCodec, inboxCodec, type Channel, type EpochState, type Inbox } from "@sotto/relay";
import type { BlobGrant } from "../src/blob-token.ts";
import type { Ticket } from "../src/ticket.ts";

/** Plain objects, as a decoder makes them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const opt = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const uint = fc.maxSafeNat();
const u32 = fc.nat({ max: 0xffff_ffff });
const b32 = bytes(32);

const keys = record<EpochPublicKeys>({ write: b32, commit: b32, admin: opt(b32), readers: few(b32) });
const epochState = record<EpochState>({
  epoch: uint,
  after: uint,
  through: opt(uint),
  endHead: opt(b32),
  keys,
  cursors: few(uint),
});
const channel = record<Channel>({
  version: fc.constant(2),
  lastSeq: uint,
  head: b32,
  firstHead: b32,
  createdAt: uint,
  committedAt: opt(uint),
  entries: u32,
  bodyBytes: uint,
  epochs: few(epochState),
  commitsDueAt: uint,
});

const shelfItem = record<Inbox["devices"][number]["shelf"][number]>({
  hash: b32,
  isLastResort: fc.boolean(),
  claimedAt: opt(uint),
});
const inbox = record<Inbox>({
  version: fc.constant(1),
  owner: b32,
  createdAs: b32,
  lastSeq: uint,
  devices: few(record<Inbox["devices"][number]>({ reader: b32, cursor: uint, shelf: few(shelfItem) })),
  tokens: few(record<Inbox["tokens"][number]>({ hash: b32, windowStart: uint, posts: u32, claims: u32 })),
  posts: few(
    record<Inbox["posts"][number]>({
      seq: uint,
      time: uint,
      postId: bytes(16),
      bodyBytes: u32,
      isGone: fc.boolean(),
    }),
  ),
});

export const tickets = record<Ticket>({
  version: fc.constant(1),
  cid: b32,
  epoch: uint,
  mayWrite: fc.boolean(),
  reader: opt(b32),
  until: uint,
});

export const blobGrants = record<BlobGrant>({
  version: fc.constant(1),
  bytes: uint,
  rung: fc.constantFrom(...RUNGS),
  until: uint,
});

type Format = {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly values: fc.Arbitrary<unknown>;
};
const format = <T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): Format => ({
  name,
  codec: codec as Codec<unknown>,
  values,
});

export const formats: readonly Format[] = [
  format("channel", channelCodec, channel),
  format("inbox", inboxCodec, inbox),
];

/** The service whose tickets are in the vectors. */
export const keyRing = createKeyRing(new Uint8Array(32).fill(7));

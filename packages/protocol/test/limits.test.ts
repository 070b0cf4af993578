import assert from "node:assert/strict";
import { test } from "node:test";
import * as everyLimit from "../src/limits.ts";
import {
  decode,
  decodeReply,
  decodeRequest,
  encode,
  encodeReply,
  encodeRequest,
  entryCodec,
  FRAME_BYTES_MAX,
  endpoint,
  envelope,
  fileContent,
  identityChain,
  identityEntry,
  InvariantError,
  groupInvitation,
  invitation,
  profileContent,
  reactionContent,
  forwardContent,
  readBurnContent,
  roster,
  replyCodec,
  requestCodec,
  SHELVED_BYTES_MAX,
  shelfItem,
  textContent,
  type Codec,
  type ContactCard,
  type Device,
  type Entry,
  type FileContent,
  type IdentityEntry,
  type Reply,
  type Request,
} from "@sotto/protocol";

const limits = { ...everyLimit };
type Limit = keyof typeof limits;
/** A field of variable length: its limit, and a value in which it holds `count` bytes or items. */
type Field = readonly [name: string, limit: Limit, codec: Codec<unknown>, make: (count: number) => unknown];

const bytes = (length: number): Uint8Array => new Uint8Array(length);
const times = <T>(count: number, item: T): readonly T[] => Array.from({ length: count }, () => item);
const [b16, b32, b64] = [bytes(16), bytes(32), bytes(64)];
const nothing = bytes(0);

const keysOf = (readers: number) => ({
  write: b32,
  commit: b32,
  admin: undefined,
  readers: times(readers, b32),
});
const rosterOf = (members: number) => ({
  version: 1,
  name: "",
  members: times(members, { accountId: b32, role: "member", addedBy: b32, name: "" } as const),
});
const device: Device = { leafKey: b32, kind: "cli", notBefore: 0, revoked: false };
const identityOf = (devices: number): IdentityEntry => ({
  identityKey: b32,
  recoveryKey: b32,
  devices: times(devices, device),
  byIdentity: undefined,
  byRecovery: undefined,
});
const card: ContactCard = {
  version: 1,
  endpoint: { url: "", relayId: b32 },
  accountId: b32,
  inboxId: b32,
  postToken: b32,
  hpkeKey: b32,
  shelfKey: b32,
};
const post: Entry = { kind: "post", seq: 0, time: 0, postId: b16, body: nothing };
const invite = (welcome: number, chain: number, name: number) => ({
  version: 1,
  cid: b32,
  endpoint: card.endpoint,
  welcome: bytes(welcome),
  start: { epoch: 0, seq: 0, head: b32 },
  chain: times(chain, identityOf(0)),
  card,
  name: "n".repeat(name),
});

const field = <T>(
  name: string,
  limit: Limit,
  codec: Codec<T>,
  make: (count: number) => NoInfer<T>,
): Field => [name, limit, codec as Codec<unknown>, make];
const asked = (name: string, limit: Limit, make: (count: number) => Request) =>
  field(name, limit, requestCodec, make);
const answered = (name: string, limit: Limit, make: (count: number) => Reply) =>
  field(name, limit, replyCodec, make);
const logged = (name: string, limit: Limit, make: (count: number) => Entry) =>
  field(name, limit, entryCodec, make);

const fileOf = (given: Partial<FileContent>): FileContent => ({
  text: "",
  to: undefined,
  endpoint: { url: "u", relayId: b32 },
  blobId: b32,
  key: b32,
  bytes: 1,
  digest: b32,
  mediaType: "",
  name: "",
  picture: undefined,
  ...given,
});
const fields: readonly Field[] = [
  asked("activate.tokenHashes", "ACTIVATION_TOKENS_MAX", (count) => ({
    kind: "activate",
    code: b16,
    tokenHashes: times(count, b32),
  })),
  asked("create.keys.readers", "READERS_MAX", (count) => ({
    kind: "create",
    cid: b32,
    keys: keysOf(count),
    token: b32,
    signature: b64,
  })),
  asked("resume.ticket", "TICKET_BYTES_MAX", (count) => ({ kind: "resume", ticket: bytes(count) })),
  asked("append.body", "BODY_BYTES_MAX", (count) => ({
    kind: "append",
    handle: 0,
    messageId: b16,
    rung: "1h",
    commitment: undefined,
    body: bytes(count),
  })),
  asked("commit.body", "COMMIT_BYTES_MAX", (count) => ({
    kind: "commit",
    cid: b32,
    epoch: 0,
    body: bytes(count),
    next: keysOf(0),
    signature: b64,
    adminSignature: undefined,
  })),
  asked("commit.next.readers", "READERS_MAX", (count) => ({
    kind: "commit",
    cid: b32,
    epoch: 0,
    body: nothing,
    next: keysOf(count),
    signature: b64,
    adminSignature: undefined,
  })),
  asked("inboxCreate.readers", "READERS_MAX", (count) => ({
    kind: "inboxCreate",
    inboxId: b32,
    owner: b32,
    readers: times(count, b32),
    postTokenHashes: [],
    token: b32,
    signature: b64,
  })),
  asked("inboxCreate.postTokenHashes", "POST_TOKENS_MAX", (count) => ({
    kind: "inboxCreate",
    inboxId: b32,
    owner: b32,
    readers: [],
    postTokenHashes: times(count, b32),
    token: b32,
    signature: b64,
  })),
  asked("shelve.items", "SHELF_ITEMS_MAX", (count) => ({
    kind: "shelve",
    handle: 0,
    items: times(count, nothing),
    lastResort: undefined,
  })),
  asked("shelve.items[0]", "SHELVED_BYTES_MAX", (count) => ({
    kind: "shelve",
    handle: 0,
    items: [bytes(count)],
    lastResort: undefined,
  })),
  asked("shelve.lastResort", "SHELVED_BYTES_MAX", (count) => ({
    kind: "shelve",
    handle: 0,
    items: [],
    lastResort: bytes(count),
  })),
  asked("post.body", "WELCOME_BYTES_MAX", (count) => ({
    kind: "post",
    inboxId: b32,
    postToken: b32,
    postId: b16,
    body: bytes(count),
  })),
  asked("backupPut.sealed", "BACKUP_BYTES", (count) => ({
    kind: "backupPut",
    name: b32,
    number: 0,
    sealed: bytes(count),
    token: undefined,
    signature: b64,
  })),

  logged("message.body", "BODY_BYTES_MAX", (count) => ({
    kind: "message",
    seq: 0,
    epoch: 0,
    time: 0,
    rung: "1h",
    messageId: b16,
    commitment: undefined,
    body: bytes(count),
  })),
  logged("commit.body", "COMMIT_BYTES_MAX", (count) => ({
    kind: "commit",
    seq: 0,
    epoch: 0,
    time: 0,
    body: bytes(count),
    next: keysOf(0),
    signature: b64,
    adminSignature: undefined,
  })),
  logged("post.body", "WELCOME_BYTES_MAX", (count) => ({ ...post, body: bytes(count) })),

  answered("opened.ticket", "TICKET_BYTES_MAX", (count) => ({
    kind: "opened",
    handle: 0,
    epoch: 0,
    lastSeq: 0,
    head: b32,
    acked: 0,
    delivered: 0,
    ticket: bytes(count),
  })),
  answered("blobGranted.token", "TICKET_BYTES_MAX", (count) => ({
    kind: "blobGranted",
    token: bytes(count),
    until: 0,
  })),
  answered("backup.sealed", "BACKUP_BYTES", (count) => ({
    kind: "backup",
    number: 0,
    sealed: bytes(count),
  })),
  answered("page.entries", "PAGE_ENTRIES_MAX", (count) => ({
    kind: "page",
    entries: times(count, post),
    isLast: true,
  })),
  answered("claimed.items", "CLAIMED_ITEMS_MAX", (count) => ({
    kind: "claimed",
    items: times(count, nothing),
  })),
  answered("claimed.items[0]", "SHELVED_BYTES_MAX", (count) => ({ kind: "claimed", items: [bytes(count)] })),

  field("identity entry.devices", "DEVICES_MAX", identityEntry, identityOf),
  field("identity chain", "CHAIN_ENTRIES_MAX", identityChain, (count) => times(count, identityOf(0))),
  field("endpoint.url", "URL_BYTES_MAX", endpoint, (count) => ({ url: "u".repeat(count), relayId: b32 })),
  field("text content.text", "TEXT_BYTES_MAX", textContent, (count) => ({ text: "t".repeat(count) })),
  field("reaction.emoji", "REACTION_BYTES_MAX", reactionContent, (count) => ({
    to: b16,
    emoji: "e".repeat(count),
  })),
  field("file content.text", "TEXT_BYTES_MAX", fileContent, (count) => fileOf({ text: "t".repeat(count) })),
  field("file content.mediaType", "MEDIA_TYPE_BYTES_MAX", fileContent, (count) =>
    fileOf({ mediaType: "m".repeat(count) }),
  ),
  field("file content.name", "NAME_BYTES_MAX", fileContent, (count) => fileOf({ name: "n".repeat(count) })),
  field("file content.picture.thumbnail", "THUMBNAIL_BYTES_MAX", fileContent, (count) =>
    fileOf({ picture: { width: 1, height: 1, thumbnail: bytes(count) } }),
  ),
  field("forward.text", "TEXT_BYTES_MAX", forwardContent, (count) => ({ text: "t".repeat(count) })),
  field("readBurn.content", "BODY_BYTES_MAX", readBurnContent, (count) => ({
    afterReadMs: 1,
    contentKind: 1,
    content: bytes(count),
  })),
  field("profile content.name", "NAME_BYTES_MAX", profileContent, (count) => ({ name: "n".repeat(count) })),
  field("envelope.content", "BODY_BYTES_MAX", envelope, (count) => ({
    version: 1,
    messageId: b16,
    rung: "1h" as const,
    burnMs: 0,
    sentAt: 0,
    seen: { seq: 0, head: b32 },
    commitment: undefined,
    contentKind: 1,
    content: bytes(count),
  })),
  field("invitation.welcome", "WELCOME_BYTES_MAX", invitation, (count) => invite(count, 0, 0)),
  field("invitation.chain", "CHAIN_ENTRIES_MAX", invitation, (count) => invite(0, count, 0)),
  field("invitation.name", "NAME_BYTES_MAX", invitation, (count) => invite(0, 0, count)),
  field("roster.members", "GROUP_MEMBERS_MAX", roster, (count) => rosterOf(count)),
  field("group invitation.chains", "GROUP_MEMBERS_MAX", groupInvitation, (count) => ({
    version: 2,
    groupId: b32,
    cid: b32,
    endpoint: { url: "", relayId: b32 },
    welcome: nothing,
    start: { epoch: 0, seq: 0, head: b32 },
    adminKey: b32,
    roster: rosterOf(0),
    chains: times(count, []),
    inviter: b32,
  })),
  field("shelf item.keyPackage", "KEY_PACKAGE_BYTES_MAX", shelfItem, (count) => ({
    version: 1,
    keyPackage: bytes(count),
    chain: [],
  })),
  field("shelf item.chain", "CHAIN_ENTRIES_MAX", shelfItem, (count) => ({
    version: 1,
    keyPackage: nothing,
    chain: times(count, identityOf(0)),
  })),
];

/** Where a field's length stands: the one place in which none and one differ first, in its lowest byte. */
function lengthOffset(codec: Codec<unknown>, make: Field[3]): number {
  const [none, one] = [encode(codec, make(0)), encode(codec, make(1))];
  return none.findIndex((byte, at) => byte !== one[at]) - 3;
}

for (const [name, limit, codec, make] of fields) {
  const max = limits[limit];

  test(`[W5] ${name}: ${max} is accepted`, () => {
    const decoded = decode(codec, encode(codec, make(max)));
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, make(max));
  });

  test(`[W5] ${name}: one over ${max} is refused, where its length stands`, () => {
    const frame = encode(codec, make(max));
    const offset = lengthOffset(codec, make);
    new DataView(frame.buffer).setUint32(offset, max + 1);
    const decoded = decode(codec, frame);
    assert.ok(!decoded.ok);
    assert.equal(decoded.error.offset, offset);
    assert.match(decoded.error.message, new RegExp(`^expected at most ${max} (bytes|items) `));
  });

  test(`[W5] ${name}: one over ${max} is never written`, () => {
    assert.throws(() => encode(codec, make(max + 1)), InvariantError);
  });
}

test("[W5] every limit of a codec is tried above", () => {
  const elsewhere = [
    "FRAME_BYTES_MAX",
    "PAGE_BYTES_MAX",
    "CONTACT_LINK_CHARS_MAX",
    "BLOB_BYTES_MAX",
    "FILE_BYTES_MAX",
  ];
  assert.deepEqual(
    new Set([...fields.map(([, limit]) => limit), ...elsewhere]),
    new Set(Object.keys(limits)),
  );
});

const shelve = (count: number): Request => ({
  kind: "shelve",
  handle: 0,
  items: times(count, bytes(SHELVED_BYTES_MAX)),
  lastResort: undefined,
});

test("[W9] a frame over its limit is refused before it is read, in both directions", () => {
  const over = bytes(FRAME_BYTES_MAX + 1);
  for (const decoded of [decodeRequest(over), decodeReply(over)]) {
    assert.ok(!decoded.ok);
    assert.equal(
      decoded.error.message,
      `expected at most ${FRAME_BYTES_MAX} bytes at byte ${FRAME_BYTES_MAX}`,
    );
  }
});

test("[W9] a frame of exactly the limit is read as any other", () => {
  const decoded = decodeRequest(bytes(FRAME_BYTES_MAX));
  assert.equal(decoded.ok ? "accepted" : decoded.error.offset, 0);
});

test("[W9] a frame over its limit is never written", () => {
  assert.throws(() => encodeRequest(1, shelve(34)), InvariantError);
  const large: Entry = { ...post, body: bytes(limits.WELCOME_BYTES_MAX / 2 + 40_000) };
  assert.throws(
    () => encodeReply(1, { kind: "page", entries: [large, large], isLast: true }),
    InvariantError,
  );
});

test("[W9] the largest body of each kind fits a frame", () => {
  const largest = (name: string): Request => {
    const found = fields.find(([field]) => field === name);
    assert.ok(found);
    return found[3](limits[found[1]]) as Request;
  };
  for (const name of ["append.body", "commit.body", "post.body"]) {
    const request = largest(name);
    assert.ok(decodeRequest(encodeRequest(1, request)).ok);
  }
  const claimed: Reply = {
    kind: "claimed",
    items: times(limits.CLAIMED_ITEMS_MAX, bytes(SHELVED_BYTES_MAX)),
  };
  assert.ok(decodeReply(encodeReply(1, claimed)).ok);
});

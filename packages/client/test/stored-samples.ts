/** One value of every kind of record, for vectors and properties. */
import { DEFAULT_POLICY, Secret, type EpochPublicKeys } from "@sotto/protocol";
import {
  channels,
  joined,
  keyPackages,
  outgoingPosts,
  pendingCommits,
  type PastEpoch,
} from "../src/stored/channel.ts";
import {
  contacts,
  conversations,
  draftTimes,
  FIRST_QUEUE_NUMBER,
  introductions,
  outboxEntries,
} from "../src/stored/conversation.ts";
import { annotations } from "../src/stored/annotation.ts";
import { accepted, blobErasures, blobRights, fileChunks, uploads } from "../src/stored/file.ts";
import { dues, items, seenIds } from "../src/stored/message.ts";
import { additions, groupMembers, groups, wants } from "../src/stored/group.ts";
import { activations, identities, inboxes, profiles } from "../src/stored/profile.ts";
import { kits, restoredContacts } from "../src/stored/recovery.ts";
import type { Table } from "../src/stored/record.ts";

const bytes = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value);
const secret = (value: number): Secret => new Secret(bytes(32, value));
const endpoint = { url: "https://relay.example", relayId: bytes(32, 1) };
const card = {
  version: 1,
  endpoint,
  accountId: bytes(32, 2),
  inboxId: bytes(32, 3),
  postToken: bytes(32, 4),
  hpkeKey: bytes(32, 5),
  shelfKey: bytes(32, 6),
};
const chain = [
  {
    identityKey: bytes(32, 7),
    recoveryKey: bytes(32, 8),
    devices: [{ leafKey: bytes(32, 9), kind: "web", notBefore: 1_700_000_000_000, revoked: false }],
    byIdentity: bytes(64, 10),
    byRecovery: bytes(64, 11),
  },
] as const;
const next: EpochPublicKeys = {
  write: bytes(32, 12),
  commit: bytes(32, 13),
  admin: undefined,
  readers: [bytes(32, 14), bytes(32, 15)],
};
const past: PastEpoch = { epoch: 1, exported: secret(16), through: 9 };

const right = { endpoint, blobId: bytes(32, 51), token: bytes(40, 54), until: 1_702_764_800_000 };

type Sample = { readonly name: string; readonly bytes: Uint8Array; readonly table: Table<unknown> };
const sample = <T>(name: string, table: Table<T>, value: T): Sample => ({
  name,
  bytes: table.toBytes(value),
  table: table as Table<unknown>,
});

const said = {
  messageId: bytes(16, 50),
  mine: true,
  author: undefined,
  sentAt: 1_700_000_000_000,
  burnMs: 3_600_000,
  sent: { cid: bytes(32, 51), seq: 7 },
};

const groupNotices = [
  { kind: "group-created", by: "Alice" },
  { kind: "member-added", by: undefined, name: "Bob" },
  { kind: "member-removed", by: "Alice", name: "Bob" },
  { kind: "member-left", name: "Bob" },
  { kind: "group-renamed", by: "Alice", from: "Desk", to: "Newsroom" },
  { kind: "role-changed", by: "Alice", name: "Bob", role: "admin" },
  { kind: "removed", by: "Alice" },
  { kind: "left" },
] as const;

/** Encoded at once, because secrets do not travel. */
export const samples = (): readonly Sample[] => [
  sample("profile", profiles, {
    name: "Alice",
    kind: "web",
    relayUrl: endpoint.url,
    relayId: endpoint.relayId,
    policy: DEFAULT_POLICY,
    conversationCount: 3,
    highestTime: 1_700_000_000_000,
  }),
  sample("identity, its seed on paper", identities, {
    chain,
    identitySeed: secret(20),
    recoverySeed: undefined,
    leafSeed: secret(22),
    readerSeed: secret(23),
  }),
  sample("identity 2", identities, {
    chain,
    identitySeed: secret(20),
    recoverySeed: secret(21),
    leafSeed: secret(22),
    readerSeed: secret(23),
  }),
  sample("reaction 2", annotations, {
    ...said,
    mine: false,
    sent: undefined,
    about: { kind: "reaction", emoji: "👍" },
  }),
  sample("edit 2", annotations, { ...said, about: { kind: "edit", text: "at eleven" } }),
  sample("pin", annotations, { ...said, about: { kind: "pin", isPinned: true } }),
  sample("read", annotations, { ...said, about: { kind: "read" } }),
  sample("deletion 2", annotations, { ...said, about: { kind: "deletion" } }),
  sample("burn time changed 2", items, {
    kind: "notice",
    at: 1_700_000_000_000,
    notice: { kind: "burn-changed", mine: true, by: undefined, burnMs: 3_600_000 },
  }),
  sample("kit", kits, {
    endpoint,
    nameSeed: secret(40),
    sealKey: secret(41),
    withContacts: true,
    number: 3,
    token: bytes(32, 42),
    kept: { hash: bytes(32, 43), at: 1_700_000_000_000 },
  }),
  sample("restored contact", restoredContacts, { name: "Bob", isVerified: true, card }),
  sample("activation", activations, {
    code: bytes(16, 24),
    state: "granted",
    tokens: [bytes(32, 25), bytes(32, 26)],
    until: 1_800_000_000_000,
  }),
  sample("inbox", inboxes, {
    endpoint,
    inboxId: bytes(32, 3),
    createToken: bytes(32, 27),
    isCreated: true,
    ownerSeed: secret(28),
    readerSeed: secret(29),
    hpkeSeed: secret(30),
    hpkeKey: bytes(32, 5),
    shelfKey: secret(6),
    linkToken: bytes(32, 4),
    contactsToken: bytes(32, 31),
    toAllow: [bytes(32, 32)],
    toRevoke: [],
    through: 7,
    lastResortAt: 1_700_000_000_000,
  }),
  sample("conversation", conversations, {
    id: bytes(32, 2),
    name: "Bob",
    isVerified: true,
    unread: 2,
    draft: "dear bob",
    burnMs: 3_600_000,
    firstUnread: "00000001/018bcfe56800aaaaaaaa000000000009t",
    lastPlaceMine: 1_700_000_000_000,
    lastPlaceTheirs: 1_700_000_000_001,
    channels: [bytes(32, 33)],
    via: bytes(32, 33),
    nextQueueNumber: FIRST_QUEUE_NUMBER,
    nextNoticeNumber: 1,
    changedAt: 1_700_000_000_002,
    remadeAt: 0,
    remakes: 0,
  }),
  sample("draft time", draftTimes, { editedAt: 1_700_000_000_000 }),
  sample("contact", contacts, { card, chain }),
  sample("outbox entry", outboxEntries, {
    messageId: bytes(16, 34),
    state: "waiting",
    burnMs: 604_800_000,
    sentAt: 1_700_000_000_000,
    contentKind: 1,
    content: bytes(5, 35),
    sealed: { cid: bytes(32, 33), epoch: 2, body: bytes(9, 36) },
  }),
  sample("introduction", introductions, { state: "claiming", card, notBefore: 0 }),
  sample("channel", channels, {
    conversation: "00000001",
    endpoint,
    state: "live",
    createToken: undefined,
    toAdd: undefined,
    isHeard: true,
    epoch: 2,
    ownLeaf: 1,
    exported: secret(37),
    log: { seq: 12, head: bytes(32, 38) },
    epochStart: 9,
    lastPlace: 1_700_000_000_000,
    lastOwn: 11,
    delivered: 10,
    ownSinceUpdate: 4,
    updateDueAt: 1_700_086_400_000,
    past: [past],
  }),
  sample("pending commit", pendingCommits, {
    epoch: 2,
    body: bytes(9, 39),
    next,
    signature: bytes(64, 40),
    tree: bytes(7, 41),
    secrets: bytes(8, 42),
    exported: secret(43),
    welcome: bytes(6, 44),
  }),
  sample("outgoing post", outgoingPosts, {
    conversation: "00000001",
    cid: bytes(32, 33),
    card,
    postId: bytes(16, 45),
    body: bytes(9, 46),
  }),
  sample("key package", keyPackages, {
    stored: bytes(9, 47),
    isLastResort: false,
    until: 1_800_000_000_000,
  }),
  sample("joined", joined, { until: 1_800_000_000_000 }),
  sample("message 2", items, {
    kind: "message",
    messageId: bytes(16, 34),
    mine: false,
    author: bytes(32, 52),
    cid: bytes(32, 33),
    epoch: 2,
    seq: 12,
    sentAt: 1_700_000_000_000,
    receivedAt: 1_700_000_000_100,
    burnMs: 604_800_000,
    burnAt: 1_700_604_800_000,
    contentKind: 1,
    content: bytes(9, 48),
  }),
  sample("notice 2", items, {
    kind: "notice",
    at: 1_700_000_000_000,
    notice: { kind: "contact-renamed", from: "Bob", to: "Robert" },
  }),
  sample("message in a conversation of two 2", items, {
    kind: "message",
    messageId: bytes(16, 34),
    mine: false,
    author: undefined,
    cid: bytes(32, 33),
    epoch: 2,
    seq: 12,
    sentAt: 1_700_000_000_000,
    receivedAt: 1_700_000_000_100,
    burnMs: 604_800_000,
    burnAt: 1_700_604_800_000,
    contentKind: 1,
    content: bytes(9, 48),
  }),
  ...groupNotices.map((notice) =>
    sample(`notice ${notice.kind}`, items, { kind: "notice", at: 1_700_000_000_000, notice }),
  ),
  sample("group", groups, {
    state: "in",
    roster: {
      version: 1,
      name: "Desk",
      members: [
        { accountId: bytes(32, 60), role: "owner", addedBy: bytes(32, 60), name: "Alice" },
        { accountId: bytes(32, 2), role: "admin", addedBy: bytes(32, 60), name: "Bob" },
      ],
    },
    adminKey: bytes(32, 61),
    adminSeeds: [secret(62), secret(63)],
  }),
  sample("group member", groupMembers, { name: "Bob", chain, card, since: 3, leavingAt: 1_700_000_000_000 }),
  sample("addition", additions, { card, chain, keyPackage: bytes(9, 47) }),
  sample("want", wants, {
    name: "Newsroom",
    removed: [bytes(32, 2)],
    roles: [{ accountId: bytes(32, 64), role: "admin" }],
  }),
  sample("notice of a pin", items, {
    kind: "notice",
    at: 1_700_000_000_000,
    notice: { kind: "pin-changed", mine: true, by: undefined, isPinned: true },
  }),
  sample("seen id", seenIds, { itemKey: "00000001/018bcfe56800aaaaaaaa00000000000ct" }),
  sample("due burn", dues, { kind: "burn", itemKey: "00000001/0", idKey: "00000001/1" }),
  sample("due forget", dues, { kind: "forget", idKey: "00000001/1" }),
  sample("upload", uploads, {
    blobId: bytes(32, 51),
    key: secret(52),
    bytes: 5_000_000,
    digest: bytes(32, 53),
    isKept: false,
    origin: "/media/card/plan.pdf",
    grant: { endpoint, token: bytes(40, 54), until: 1_700_086_400_000 },
    text: "The plan",
    to: bytes(16, 55),
    mediaType: "image/jpeg",
    name: "plan.jpg",
    picture: { width: 4_000, height: 3_000, thumbnail: bytes(5, 56) },
    burnMs: 3_600_000,
    sentAt: 1_700_000_000_000,
  }),
  sample("upload that was not read through yet", uploads, {
    blobId: bytes(32, 51),
    key: secret(52),
    bytes: 1,
    digest: undefined,
    isKept: false,
    origin: undefined,
    grant: undefined,
    text: "",
    to: undefined,
    mediaType: "application/octet-stream",
    name: undefined,
    picture: undefined,
    burnMs: 0,
    sentAt: 1_700_000_000_000,
  }),
  sample("file chunk", fileChunks, { bytes: bytes(9, 57) }),
  sample("blob right", blobRights, right),
  sample("blob erasure", blobErasures, right),
  sample("accepted", accepted, {}),
];

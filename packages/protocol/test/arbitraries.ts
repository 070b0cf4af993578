/** Any value of each wire and stored format, for property tests. Lists and bodies stay short: limits have a test of their own. */
import fc from "fast-check";
import {
  contactCard,
  credentialCodec,
  endpoint,
  entryCodec,
  envelope,
  fileContent,
  epochKeys,
  groupInvitation,
  identityChain,
  identityEntry,
  invitation,
  knockPost,
  policy,
  profileContent,
  refusalCode,
  replyCodec,
  requestCodec,
  roster,
  RUNGS,
  shelfItem,
  textContent,
  type Codec,
  type ContactCard,
  type Credential,
  type Device,
  type Endpoint,
  type Entry,
  type Envelope,
  type FileContent,
  type EpochPublicKeys,
  type GroupInvitation,
  type IdentityEntry,
  type Invitation,
  type Knock,
  type Policy,
  type RefusalCode,
  type Reply,
  type Request,
  type Roster,
  type RosterMember,
  type ShelfItem,
} from "@sotto/protocol";

/** Plain objects, as a decoder makes them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const opt = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const kind = <K extends string>(name: K) => fc.constant(name);

const b16 = bytes(16);
const b32 = bytes(32);
const b64 = bytes(64);
const body = fc.uint8Array({ maxLength: 300 });
const u32 = fc.nat({ max: 0xffff_ffff });
const uint = fc.maxSafeNat();
const rung = fc.constantFrom(...RUNGS);
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const version = fc.constant(1);
const cursor = { handle: u32, through: uint };

const keys = record<EpochPublicKeys>({ write: b32, commit: b32, admin: opt(b32), readers: few(b32) });
const anyPolicy = record<Policy>({ burnDefaultMs: uint, burnMaxMs: uint, burnOffAllowed: fc.boolean() });
/** Every code: one that is added and forgotten here does not compile. */
const refusals: Readonly<Record<RefusalCode, true>> = {
  malformed: true,
  denied: true,
  epochMoved: true,
  rateLimited: true,
  tokenRefused: true,
  codeRefused: true,
  quotaFull: true,
  storageFull: true,
  keyReused: true,
  exists: true,
  tooMany: true,
  stopping: true,
  outOfOrder: true,
};
export const refusalCodes = Object.keys(refusals) as RefusalCode[];
const code = fc.constantFrom(...refusalCodes);

type Case<U, K> = Extract<U, { kind: K }>;
/** An arbitrary for every case: a case that is added and forgotten here does not compile. */
type EachCase<U extends { kind: string }> = { [K in U["kind"]]: fc.Arbitrary<Case<U, K>> };

export const requests: EachCase<Request> = {
  hello: record({ kind: kind("hello"), nonce: b32 }),
  activate: record({ kind: kind("activate"), code: b16, tokenHashes: few(b32) }),
  create: record({ kind: kind("create"), cid: b32, keys, token: b32, signature: b64 }),
  open: record({
    kind: kind("open"),
    cid: b32,
    epoch: uint,
    write: opt(b64),
    read: opt(record({ reader: b32, signature: b64 })),
  }),
  resume: record({ kind: kind("resume"), ticket: body }),
  append: record({ kind: kind("append"), handle: u32, messageId: b16, rung, commitment: opt(b32), body }),
  commit: record({
    kind: kind("commit"),
    cid: b32,
    epoch: uint,
    body,
    next: keys,
    signature: b64,
    adminSignature: opt(b64),
  }),
  read: record({ kind: kind("read"), handle: u32, after: uint }),
  ack: record({ kind: kind("ack"), ...cursor }),
  attest: record({ kind: kind("attest"), handle: u32 }),
  close: record({ kind: kind("close"), handle: u32 }),
  inboxCreate: record({
    kind: kind("inboxCreate"),
    inboxId: b32,
    owner: b32,
    readers: few(b32),
    postTokenHashes: few(b32),
    token: b32,
    signature: b64,
  }),
  inboxOpen: record({ kind: kind("inboxOpen"), inboxId: b32, reader: b32, signature: b64 }),
  allow: record({ kind: kind("allow"), handle: u32, postTokenHash: b32 }),
  revoke: record({ kind: kind("revoke"), handle: u32, postTokenHash: b32 }),
  shelve: record({ kind: kind("shelve"), handle: u32, items: few(body), lastResort: opt(body) }),
  claim: record({ kind: kind("claim"), inboxId: b32, postToken: b32 }),
  post: record({ kind: kind("post"), inboxId: b32, postToken: b32, postId: b16, body }),
  backupPut: record({
    kind: kind("backupPut"),
    name: b32,
    number: uint,
    sealed: body,
    token: opt(b32),
    signature: b64,
  }),
  backupGet: record({ kind: kind("backupGet"), name: b32 }),
  grantBlob: record({ kind: kind("grantBlob"), handle: u32, blobId: b32, bytes: uint, rung }),
};

export const entries: EachCase<Entry> = {
  message: record({
    kind: kind("message"),
    seq: uint,
    epoch: uint,
    time: uint,
    rung,
    messageId: b16,
    commitment: opt(b32),
    body,
  }),
  commit: record({
    kind: kind("commit"),
    seq: uint,
    epoch: uint,
    time: uint,
    body,
    next: keys,
    signature: b64,
    adminSignature: opt(b64),
  }),
  erased: record({
    kind: kind("erased"),
    seq: uint,
    epoch: uint,
    time: uint,
    was: fc.constantFrom("message", "commit"),
    rung: opt(rung),
    messageId: opt(b16),
    commitment: opt(b32),
    contentHash: b32,
  }),
  post: record({ kind: kind("post"), seq: uint, time: uint, postId: b16, body }),
};
const entry: fc.Arbitrary<Entry> = fc.oneof(...Object.values(entries));

export const replies: EachCase<Reply> = {
  welcome: record({
    kind: kind("welcome"),
    relayId: b32,
    nonce: b32,
    time: uint,
    policy: anyPolicy,
    signature: b64,
  }),
  activated: record({ kind: kind("activated"), granted: u32, until: uint }),
  created: record({ kind: kind("created"), head: b32, time: uint }),
  opened: record({
    kind: kind("opened"),
    handle: u32,
    epoch: uint,
    lastSeq: uint,
    head: b32,
    acked: uint,
    delivered: uint,
    ticket: body,
  }),
  accepted: record({ kind: kind("accepted"), seq: uint, time: uint, head: b32 }),
  committed: record({ kind: kind("committed"), seq: uint, time: uint, head: b32, receipt: b64 }),
  page: record({ kind: kind("page"), entries: few(entry), isLast: fc.boolean() }),
  attested: record({ kind: kind("attested"), seq: uint, epoch: uint, head: b32, receipt: b64 }),
  done: record({ kind: kind("done") }),
  inboxOpened: record({ kind: kind("inboxOpened"), handle: u32, lastSeq: uint, acked: uint, shelved: u32 }),
  claimed: record({ kind: kind("claimed"), items: few(body) }),
  backup: record({ kind: kind("backup"), number: uint, sealed: body }),
  blobGranted: record({ kind: kind("blobGranted"), token: body, until: uint }),
  refused: record({ kind: kind("refused"), code, detail: uint }),
  pushed: record({ kind: kind("pushed"), handle: u32, entry }),
  delivered: record({ kind: kind("delivered"), ...cursor }),
  lagging: record({ kind: kind("lagging"), handle: u32 }),
};

const anyIdentityEntry = record<IdentityEntry>({
  identityKey: b32,
  recoveryKey: b32,
  devices: few(
    record<Device>({
      leafKey: b32,
      kind: fc.constantFrom("web", "ext", "launcher", "cli"),
      notBefore: uint,
      revoked: fc.boolean(),
    }),
  ),
  byIdentity: opt(b64),
  byRecovery: opt(b64),
});
const chain = few(anyIdentityEntry);

const host = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), { minLength: 1, maxLength: 3 })
  .map((labels) => labels.join("."));
/** An address as a contact card may hold it. */
export const anyOrigin: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("http", "https"), host, opt(fc.integer({ min: 1, max: 65_535 })))
  .map(([scheme, name, port]) => `${scheme}://${name}${port === undefined ? "" : `:${port}`}`);
const anyEndpoint = record<Endpoint>({ url: anyOrigin, relayId: b32 });

export const anyCard: fc.Arbitrary<ContactCard> = record<ContactCard>({
  version,
  endpoint: anyEndpoint,
  accountId: b32,
  inboxId: b32,
  postToken: b32,
  hpkeKey: b32,
  shelfKey: b32,
});

const anyRoster = record<Roster>({
  version,
  name: text,
  members: fc.array(
    record<RosterMember>({
      accountId: b32,
      role: fc.constantFrom("member", "admin", "owner"),
      addedBy: b32,
      name: text,
    }),
    { maxLength: 3 },
  ),
});

export interface Format<T> {
  readonly name: string;
  readonly codec: Codec<T>;
  readonly values: fc.Arbitrary<T>;
}
const format = <T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): Format<unknown> => ({
  name,
  codec: codec as Codec<unknown>,
  values,
});

/** Every format this package declares, with any of its values. */
export const formats: readonly Format<unknown>[] = [
  ...Object.entries(requests).map(([name, values]) =>
    format<Request>(`request ${name}`, requestCodec, values),
  ),
  ...Object.entries(replies).map(([name, values]) => format<Reply>(`reply ${name}`, replyCodec, values)),
  ...Object.entries(entries).map(([name, values]) => format<Entry>(`entry ${name}`, entryCodec, values)),
  format("refusal code", refusalCode, code),
  format("epoch keys", epochKeys, keys),
  format("policy", policy, anyPolicy),
  format("identity entry", identityEntry, anyIdentityEntry),
  format("identity chain", identityChain, chain),
  format(
    "credential",
    credentialCodec,
    record<Credential>({ version, accountId: b32, chainHead: b32, readerKey: b32 }),
  ),
  format("endpoint", endpoint, anyEndpoint),
  format("contact card", contactCard, anyCard),
  format(
    "envelope",
    envelope,
    record<Envelope>({
      version,
      messageId: b16,
      rung,
      burnMs: uint,
      sentAt: uint,
      seen: record({ seq: uint, head: b32 }),
      commitment: opt(b32),
      contentKind: u32,
      content: body,
    }),
  ),
  format("text content", textContent, record({ text })),
  format(
    "file content",
    fileContent,
    record<FileContent>({
      text,
      to: opt(b16),
      endpoint: anyEndpoint,
      blobId: b32,
      key: b32,
      bytes: uint,
      digest: b32,
      mediaType: fc.constantFrom("", "image/jpeg", "application/octet-stream"),
      name: opt(text),
      picture: opt(record({ width: u32, height: u32, thumbnail: body })),
    }),
  ),
  format("profile content", profileContent, record({ name: text })),
  format(
    "invitation",
    invitation,
    record<Invitation>({
      version,
      cid: b32,
      endpoint: anyEndpoint,
      welcome: body,
      start: record({ epoch: uint, seq: uint, head: b32 }),
      chain,
      card: opt(anyCard),
      name: text,
    }),
  ),
  format("roster", roster, anyRoster),
  format(
    "group invitation",
    groupInvitation,
    record<GroupInvitation>({
      version: fc.constant(2),
      groupId: b32,
      cid: b32,
      endpoint: anyEndpoint,
      welcome: body,
      start: record({ epoch: uint, seq: uint, head: b32 }),
      adminKey: b32,
      roster: anyRoster,
      chains: fc.array(chain, { maxLength: 3 }),
      inviter: b32,
    }),
  ),
  format(
    "knock",
    knockPost,
    record<Knock>({
      version: fc.constant(4),
      groupId: b32,
      cid: b32,
      epoch: uint,
      chain,
      card: anyCard,
      signature: b64,
    }),
  ),
  format("shelf item", shelfItem, record<ShelfItem>({ version, keyPackage: body, chain })),
];

export const anyRequest: fc.Arbitrary<Request> = fc.oneof(...Object.values(requests));
export const anyReply: fc.Arbitrary<Reply> = fc.oneof(...Object.values(replies));

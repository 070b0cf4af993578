/**
 * An inbox as the relay knows it, and every decision about it: posts that wait for their readers, the tokens that let
 * strangers post, and a shelf of sealed KeyPackages for each device. Pure; bodies stay in the store, by name.
 * Spec: spec/inbox.md, rules IN.
 */
import {
  assert,
  bool,
  CLAIMED_ITEMS_MAX,
  constant,
  decode,
  encode,
  entryCodec,
  equalBytes,
  fixed,
  list,
  lp,
  optional,
  POST_KEPT_MS,
  POST_TOKENS_MAX,
  READERS_MAX,
  SHELF_ITEMS_MAX,
  struct,
  toHex,
  u32,
  uint,
  type Sha256,
  type TypeOf,
} from "@sotto/protocol";
import {
  CLAIMED_KEPT_MS,
  CLAIMS_PER_WINDOW_MAX,
  INBOX_BYTES_MAX,
  INBOX_POSTS_MAX,
  INBOX_REMEMBERED_MAX,
  POSTS_PER_WINDOW_MAX,
  SHELF_REMEMBERED_MAX,
  TOKEN_WINDOW_MS,
} from "./limits.ts";
import { refused, type InboxCreate, type InboxOperation, type Outcome } from "./operation.ts";

const postToken = struct({ hash: fixed(32), windowStart: uint, posts: u32, claims: u32 });
const shelfItem = struct({
  /** SHA-256 of the sealed KeyPackage: its body's name, and how a repeated SHELVE is recognised. */
  hash: fixed(32),
  isLastResort: bool,
  /** A single-use item that was given away. Its body is gone. */
  claimedAt: optional(uint),
});
const device = struct({ reader: fixed(32), cursor: uint, shelf: list(SHELF_REMEMBERED_MAX, shelfItem) });
const post = struct({
  seq: uint,
  time: uint,
  postId: fixed(16),
  bodyBytes: u32,
  /** Acknowledged by all, or expired: only the postId is remembered. */
  isGone: bool,
});

/** The stored format of an inbox without its bodies. Its first byte is a version. */
export const inboxCodec = struct({
  version: constant(1, "inbox version 1"),
  owner: fixed(32),
  /** Hash of what it was created with: tells a repeated request from another one. */
  createdAs: fixed(32),
  lastSeq: uint,
  devices: list(READERS_MAX, device),
  tokens: list(POST_TOKENS_MAX, postToken),
  posts: list(INBOX_REMEMBERED_MAX, post),
});
export type Inbox = TypeOf<typeof inboxCodec>;
type Device = Inbox["devices"][number];
type PostToken = Inbox["tokens"][number];
type ShelfItem = Device["shelf"][number];

/** Bodies by name: `post:<seq>` or `item:<device>:<hash>`. */
export type InboxDecision = {
  readonly outcome: Outcome;
  readonly inbox?: Inbox;
  readonly put?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly drop?: readonly string[];
  /** Names of bodies that the outcome carries: a store fills `claimed` from them. */
  readonly give?: readonly string[];
};
export const postName = (seq: number): string => `post:${seq}`;
const itemName = (device: number, item: ShelfItem): string => `item:${device}:${toHex(item.hash)}`;

type Facts = { readonly inbox: Inbox | undefined; readonly now: number; readonly sha256: Sha256 };

const refuse = (...args: Parameters<typeof refused>): InboxDecision => ({ outcome: refused(...args) });
const done = (inbox?: Inbox): InboxDecision => ({ outcome: { kind: "done" }, ...(inbox && { inbox }) });

/** IN10. Whether the token may be spent is decided beside this; see admission.ts. */
export function decideInboxCreate(facts: Facts, op: InboxCreate): InboxDecision {
  const createdAs = facts.sha256(lp(op.owner, lp(...op.readers), lp(...op.tokenHashes)));
  if (facts.inbox) return equalBytes(facts.inbox.createdAs, createdAs) ? done() : refuse("exists");
  if (op.readers.length === 0 || new Set(op.readers.map(toHex)).size !== op.readers.length)
    return refuse("keyReused");
  return done({
    version: 1,
    owner: op.owner,
    createdAs,
    lastSeq: 0,
    devices: op.readers.map((reader) => ({ reader, cursor: 0, shelf: [] })),
    tokens: op.tokenHashes.map(newToken),
    posts: [],
  });
}

export function decideInbox(facts: Facts, op: Exclude<InboxOperation, InboxCreate>): InboxDecision {
  const { inbox, now, sha256 } = facts;
  if (!inbox) return refuse("denied");
  switch (op.kind) {
    case "allow":
      return allow(inbox, op.tokenHash);
    case "revoke":
      return done({ ...inbox, tokens: inbox.tokens.filter(({ hash }) => !equalBytes(hash, op.tokenHash)) });
    case "shelve":
      return shelve(inbox, op, now, sha256);
    case "claim":
      return claim(inbox, op.tokenHash, now);
    case "post":
      return receivePost(inbox, op, now);
    case "ackInbox":
      return acknowledge(inbox, op);
  }
}

const tokenOf = (inbox: Inbox, tokenHash: Uint8Array): PostToken | undefined =>
  inbox.tokens.find(({ hash }) => equalBytes(hash, tokenHash));
const newToken = (hash: Uint8Array): PostToken => ({ hash, windowStart: 0, posts: 0, claims: 0 });

/** The token with its uses in the window that `now` is in. */
const inWindow = (token: PostToken, now: number): PostToken =>
  now - token.windowStart >= TOKEN_WINDOW_MS || now < token.windowStart
    ? { ...newToken(token.hash), windowStart: now }
    : token;
const untilNextWindow = (token: PostToken, now: number): InboxDecision =>
  refuse("rateLimited", token.windowStart + TOKEN_WINDOW_MS - now);

const withToken = (inbox: Inbox, token: PostToken): Inbox => ({
  ...inbox,
  tokens: inbox.tokens.map((one) => (equalBytes(one.hash, token.hash) ? token : one)),
});

function allow(inbox: Inbox, tokenHash: Uint8Array): InboxDecision {
  if (tokenOf(inbox, tokenHash)) return done();
  if (inbox.tokens.length >= POST_TOKENS_MAX) return refuse("quotaFull");
  return done({ ...inbox, tokens: [...inbox.tokens, newToken(tokenHash)] });
}

const isOnShelf = (item: ShelfItem): boolean => item.claimedAt === undefined;
export const singleUseCount = (one: Device): number =>
  one.shelf.filter((item) => isOnShelf(item) && !item.isLastResort).length;

/** IN30 to IN32. Items come beside those already there; a last resort replaces the one before. */
function shelve(
  inbox: Inbox,
  op: Extract<InboxOperation, { kind: "shelve" }>,
  now: number,
  sha256: Sha256,
): InboxDecision {
  const device = inbox.devices[op.reader];
  if (!device) return refuse("denied");
  const remembered = device.shelf.filter((one) => now - (one.claimedAt ?? now) <= CLAIMED_KEPT_MS);
  const nameOf = (item: ShelfItem): string => itemName(op.reader, item);
  const known = new Set(remembered.map(nameOf));
  const put: { name: string; bytes: Uint8Array }[] = [];
  const added: ShelfItem[] = [];
  const offer = (bytes: Uint8Array, isLastResort: boolean): void => {
    const item: ShelfItem = { hash: sha256(bytes), isLastResort, claimedAt: undefined };
    if (known.has(nameOf(item))) return;
    known.add(nameOf(item));
    added.push(item);
    put.push({ name: nameOf(item), bytes });
  };
  for (const item of op.items) offer(item, false);
  if (op.lastResort) offer(op.lastResort, true);
  const replaced = added.some((item) => item.isLastResort)
    ? remembered.filter((item) => item.isLastResort)
    : [];
  const shelf = [...remembered.filter((item) => !replaced.includes(item)), ...added];
  const next = { ...device, shelf };
  if (singleUseCount(next) > SHELF_ITEMS_MAX || shelf.length > SHELF_REMEMBERED_MAX)
    return refuse("quotaFull");
  return { ...done(withDevice(inbox, op.reader, next)), put, drop: replaced.map(nameOf) };
}

const withDevice = (inbox: Inbox, at: number, device: Device): Inbox => ({
  ...inbox,
  devices: inbox.devices.with(at, device),
});

/** IN33 to IN35. One KeyPackage of each device; a single-use one is never given twice. */
function claim(inbox: Inbox, tokenHash: Uint8Array, now: number): InboxDecision {
  const known = tokenOf(inbox, tokenHash);
  if (!known) return refuse("denied");
  const token = inWindow(known, now);
  if (token.claims >= CLAIMS_PER_WINDOW_MAX) return untilNextWindow(token, now);
  const give: string[] = [];
  const drop: string[] = [];
  const devices = inbox.devices.map((one, at): Device => {
    if (give.length >= CLAIMED_ITEMS_MAX) return one;
    const single = one.shelf.find((item) => isOnShelf(item) && !item.isLastResort);
    const given = single ?? one.shelf.find((item) => item.isLastResort);
    if (given) give.push(itemName(at, given));
    if (!single) return one;
    drop.push(itemName(at, single));
    return {
      ...one,
      shelf: one.shelf.map((item) => (item === single ? { ...item, claimedAt: now } : item)),
    };
  });
  const outcome = { kind: "claimed", items: [] } as const;
  // Whoever is new, and away before their shelf is filled, would not be reached for an hour by those who try again.
  if (give.length === 0) return { outcome };
  return {
    outcome,
    inbox: withToken({ ...inbox, devices }, { ...token, claims: token.claims + 1 }),
    give,
    drop,
  };
}

/** IN20 to IN24. */
function receivePost(
  inbox: Inbox,
  op: Extract<InboxOperation, { kind: "post" }>,
  now: number,
): InboxDecision {
  const known = tokenOf(inbox, op.tokenHash);
  if (!known) return refuse("denied");
  const nothingNew: InboxDecision = { outcome: { kind: "posted", post: undefined } };
  if (inbox.posts.some(({ postId }) => equalBytes(postId, op.postId))) return nothingNew;
  const token = inWindow(known, now);
  if (token.posts >= POSTS_PER_WINDOW_MAX) return untilNextWindow(token, now);
  const waiting = inbox.posts.filter((one) => !one.isGone);
  const bytes = waiting.reduce((sum, one) => sum + one.bodyBytes, op.body.length);
  if (waiting.length >= INBOX_POSTS_MAX || bytes > INBOX_BYTES_MAX) return refuse("quotaFull");
  const seq = inbox.lastSeq + 1;
  const kept = { seq, time: now, postId: op.postId, bodyBytes: op.body.length, isGone: false };
  const wire = encode(entryCodec, { kind: "post", seq, time: now, postId: op.postId, body: op.body });
  return {
    outcome: { kind: "posted", post: { seq, wire } },
    inbox: withToken(
      { ...inbox, lastSeq: seq, posts: [...remembered(inbox.posts), kept] },
      { ...token, posts: token.posts + 1 },
    ),
    put: [{ name: postName(seq), bytes: wire }],
  };
}

/** With room for one more: a flood that was read may not close the inbox for as long as it is remembered. */
const remembered = (posts: Inbox["posts"]): Inbox["posts"] =>
  posts.length < INBOX_REMEMBERED_MAX
    ? posts
    : posts.toSpliced(
        posts.findIndex((one) => one.isGone),
        1,
      );

const deliveredThrough = (inbox: Inbox): number => Math.min(...inbox.devices.map(({ cursor }) => cursor));

/** IN40. */
function acknowledge(inbox: Inbox, op: Extract<InboxOperation, { kind: "ackInbox" }>): InboxDecision {
  const device = inbox.devices[op.reader];
  if (!device) return refuse("denied");
  const through = Math.min(op.through, inbox.lastSeq);
  if (through <= device.cursor)
    return { outcome: { kind: "acknowledged", delivered: deliveredThrough(inbox) } };
  const moved = withDevice(inbox, op.reader, { ...device, cursor: through });
  const delivered = deliveredThrough(moved);
  const { inbox: next, drop } = withoutPosts(moved, (one) => one.seq <= delivered);
  return { outcome: { kind: "acknowledged", delivered }, inbox: next, drop };
}

function withoutPosts(
  inbox: Inbox,
  isOver: (one: Inbox["posts"][number]) => boolean,
): { readonly inbox: Inbox; readonly drop: readonly string[] } {
  const drop: string[] = [];
  const posts = inbox.posts.map((one) => {
    if (one.isGone || !isOver(one)) return one;
    drop.push(postName(one.seq));
    return { ...one, bodyBytes: 0, isGone: true };
  });
  return { inbox: { ...inbox, posts }, drop };
}

/** What time alone changes: posts expire, and postIds are forgotten as long after (IN41). */
export function decideInboxSweep(
  inbox: Inbox,
  now: number,
): { readonly inbox: Inbox; readonly drop: readonly string[] } {
  const expired = withoutPosts(inbox, (one) => now - one.time >= POST_KEPT_MS);
  const posts = expired.inbox.posts.filter((one) => !one.isGone || now - one.time < POST_KEPT_MS);
  return { inbox: { ...expired.inbox, posts }, drop: expired.drop };
}

/** When `decideInboxSweep` next has something to do. */
export const inboxDueAt = (inbox: Inbox): number | undefined => {
  const oldest = inbox.posts[0];
  return oldest && oldest.time + POST_KEPT_MS;
};

export const inboxToBytes = (inbox: Inbox): Uint8Array<ArrayBuffer> => encode(inboxCodec, inbox);
export function bytesToInbox(bytes: Uint8Array): Inbox {
  const decoded = decode(inboxCodec, bytes);
  assert(decoded.ok, "a stored inbox is of the format");
  return decoded.value;
}

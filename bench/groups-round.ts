/**
 * The life of one group, timed: made by one device, which then removes somebody, adds somebody else and writes. Each
 * operation is all that a member pays: MLS, the channel's keys and bodies, and what must be durable before it is sent
 * or shown. The relay takes everything at once and is not timed.
 */
import {
  areKeysOf,
  checkNextKeys,
  deriveEpochKeys,
  epochPublicKeys,
  exportChannelSecret,
  openBody,
  openCommit,
  readersOf,
  sealBody,
  sealCommit,
  signCreate,
  type Change,
  type ChannelPlace,
  type EpochKeys,
  type Group,
  type Write,
} from "@sotto/crypto";
import { randomBytes } from "@sotto/client-adapters/node";
import { equalBytes, textToBytes, type Entry, type EpochPublicKeys } from "@sotto/protocol";
import { valueOf, type Actor, type Cast } from "./groups-cast.ts";

const MESSAGES = 20;
/** A short message of a person, with what its envelope adds, so that it fills the smallest bucket that one can. */
const TEXT = textToBytes("I'll be at the corner of the market at ten past four.".padEnd(120));

const NAMES = [
  "create_ms",
  "add_ms",
  "join_ms",
  "send_ms",
  "open_ms",
  "remove_ms",
  /** Opening the Commit that adds, and the one that removes. */
  "follow_add_ms",
  "follow_remove_ms",
  /** Of the records' values, for one message sent or opened. */
  "state_bytes",
  "tree_bytes",
  "create_commit_bytes",
  "create_welcome_bytes",
  "add_commit_bytes",
  "add_welcome_bytes",
  "remove_commit_bytes",
] as const;
export type Costs = Record<(typeof NAMES)[number], number[]>;
type Timed = <T>(name: keyof Costs, work: () => Promise<T>) => Promise<T>;

type CommitEntry = Extract<Entry, { readonly kind: "commit" }>;

/** A member between two operations. */
type Member = Actor & { readonly group: Group; readonly keys: EpochKeys };

const stateWrites = ({ engine }: Cast, group: Group, isNewTree: boolean): Write[] => {
  const { tree, secrets } = engine.save(group);
  return [...(isNewTree ? [{ key: "tree", value: tree }] : []), { key: "secrets", value: secrets }];
};

export async function playRound(cast: Cast): Promise<Costs> {
  const costs = Object.fromEntries(NAMES.map((name) => [name, [] as number[]])) as Costs;
  const timed: Timed = async (name, work) => {
    const from = performance.now();
    const result = await work();
    costs[name].push(performance.now() - from);
    return result;
  };
  const place = { relayId: randomBytes(32), cid: randomBytes(32) };
  const made = await timed("create_ms", () => create(cast, place));
  costs.create_commit_bytes.push(made.commit.length);
  costs.create_welcome_bytes.push(made.welcome.length);
  const bob = await enter(cast, place, cast.bob, made.welcome, made.next);

  const leaf = made.author.group.members().at(-1)?.leaf ?? 0;
  const removal = await timed("remove_ms", () =>
    change(cast, made.author, { kind: "remove", leaves: [leaf] }),
  );
  costs.remove_commit_bytes.push(removal.commit.length);
  // In a group of two it is Bob who goes.
  const isFollowed = leaf !== bob.group.ownLeaf;
  const followed = isFollowed && (await timed("follow_remove_ms", () => follow(cast, bob, removal.entry)));
  const addition = await timed("add_ms", () =>
    change(cast, removal.author, { kind: "add", keyPackages: [cast.carol.invitation.keyPackage] }),
  );
  const { welcome, commit, entry } = addition;
  if (welcome === undefined) throw new Error("whoever is added gets a Welcome");
  costs.add_commit_bytes.push(commit.length);
  costs.add_welcome_bytes.push(welcome.length);
  if (followed) await timed("follow_add_ms", () => follow(cast, followed, entry));
  const carol = await timed("join_ms", () => enter(cast, place, cast.carol, welcome, entry.next));
  costs.tree_bytes.push(cast.engine.save(carol.group).tree.length);
  await talk(cast, addition.author, carol, costs, timed);
  return costs;
}

/** In turns, so that of two senders' ratchets both move. */
async function talk(cast: Cast, alice: Member, carol: Member, costs: Costs, timed: Timed): Promise<void> {
  let [sender, reader] = [alice, carol];
  for (let message = 0; message < MESSAGES; message++) {
    const sent = await timed("send_ms", () => send(cast, sender));
    const opened = await timed("open_ms", () => open(cast, reader, sent.body));
    costs.state_bytes.push(sent.bytes, opened.bytes);
    [sender, reader] = [opened.reader, sent.author];
  }
}

/** A group of everybody but Carol, with one Commit, and the channel's first epoch. */
async function create(cast: Cast, place: ChannelPlace) {
  const { engine, alice, bob, crowd } = cast;
  const alone = await engine.createGroup(randomBytes(32), alice.device);
  const keyPackages = [bob.invitation.keyPackage, ...crowd];
  const { commit, welcome, next: group } = valueOf(await engine.commit(alone, { kind: "add", keyPackages }));
  if (welcome === undefined) throw new Error("whoever is added gets a Welcome");
  const keys = await keysOf(cast, group, place);
  const next = epochPublicKeys(keys, readersOf(group.members()));
  signCreate(keys, next);
  await alice.keep(stateWrites(cast, group, true));
  return { author: { ...alice, group, keys }, commit, welcome, next };
}

const keysOf = async ({ engine }: Cast, group: Group, place: ChannelPlace): Promise<EpochKeys> =>
  deriveEpochKeys(await exportChannelSecret(engine, group, place), place, group.epoch);

/** A Commit, durable before it is sent and merged once it is accepted. */
async function change(cast: Cast, author: Member, wish: Change) {
  const { engine } = cast;
  const { commit, welcome, next: begun } = valueOf(await engine.commit(author.group, wish));
  const keys = await keysOf(cast, begun, author.keys.place);
  const next = epochPublicKeys(keys, readersOf(begun.members()));
  const parts = { mlsCommit: commit, welcome, next };
  const sealed = sealCommit(author.keys, parts, author.leafKey, randomBytes);
  const pending = engine.save(begun);
  await author.keep([
    { key: "pending/body", value: sealed.body },
    { key: "pending/welcome", value: welcome ?? null },
    { key: "pending/tree", value: pending.tree },
    { key: "pending/secrets", value: pending.secrets },
  ]);
  const group = valueOf(engine.load(pending));
  await author.keep([
    { key: "tree", value: pending.tree },
    { key: "secrets", value: pending.secrets },
    ...["body", "welcome", "tree", "secrets"].map((name) => ({ key: `pending/${name}`, value: null })),
  ]);
  const entry = { kind: "commit", seq: 1, time: 0, epoch: author.keys.epoch, ...sealed, next } as const;
  return {
    author: { ...author, group, keys },
    entry: { ...entry, adminSignature: undefined },
    commit,
    welcome,
  };
}

/** Another member's Commit: what it says, and whether the relay was told the keys that follow from it. */
async function follow(cast: Cast, reader: Member, entry: CommitEntry): Promise<Member> {
  const ended = reader.keys;
  const opened = valueOf(openCommit(ended, { admin: undefined }, entry));
  const merged = valueOf(await cast.engine.open(reader.group, opened.mlsCommit));
  if (merged.kind !== "commit") throw new Error("this is a Commit, and not of one's own removal");
  const { next: group, sender } = merged;
  const begun = await keysOf(cast, group, ended.place);
  valueOf(
    checkNextKeys({
      ended,
      opened,
      next: entry.next,
      committerKey: sender.signatureKey,
      begun,
      leaves: group.members().map(({ leaf }) => leaf),
      own: { leaf: group.ownLeaf, readerKey: reader.reader.publicKey },
    }),
  );
  await reader.keep(stateWrites(cast, group, true));
  merged.wipe();
  return { ...reader, group, keys: begun };
}

/** By a Welcome, and whether the keys that the relay was told are the group's. */
async function enter(
  cast: Cast,
  place: ChannelPlace,
  actor: Actor,
  welcome: Uint8Array,
  told: EpochPublicKeys,
): Promise<Member> {
  const { group } = valueOf(await cast.engine.join(welcome, [actor.invitation.stored]));
  const keys = await keysOf(cast, group, place);
  const leaves = group.members().map(({ leaf }) => leaf);
  const own = { leaf: group.ownLeaf, readerKey: actor.reader.publicKey };
  if (!areKeysOf(keys, told, leaves, own)) throw new Error("these are the epoch's keys");
  await actor.keep(stateWrites(cast, group, true));
  return { ...actor, group, keys };
}

async function send(cast: Cast, author: Member) {
  const sealed = await cast.engine.seal(author.group, TEXT);
  const body = sealBody(author.keys, sealed.message, randomBytes);
  const bytes = await author.keep([...stateWrites(cast, sealed.next, false), { key: "outbox", value: body }]);
  sealed.wipe();
  return { author: { ...author, group: sealed.next }, body, bytes };
}

async function open(cast: Cast, reader: Member, body: Uint8Array) {
  const message = openBody(reader.keys, body);
  if (message === undefined) throw new Error("the body opens");
  const opened = valueOf(await cast.engine.open(reader.group, message));
  if (opened.kind !== "application" || !equalBytes(opened.plaintext, TEXT))
    throw new Error("what was sent is read");
  const bytes = await reader.keep([
    ...stateWrites(cast, opened.next, false),
    { key: "item", value: opened.plaintext },
  ]);
  opened.wipe();
  return { reader: { ...reader, group: opened.next }, bytes };
}

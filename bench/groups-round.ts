/**
 * The life of one group, timed: somebody goes, somebody else comes, and the two who are left to it write. Each operation is
 * all that a member pays: MLS, the channel's keys and bodies, and what must be durable before it is sent or shown. The relay
 * takes everything at once and is not timed. A group is wiped after messages alone: other rounds begin from the same one.
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
/** Guests of one Commit. */
const TOGETHER = 10;
/** A short message of a person, with what its envelope adds, so that it fills the smallest bucket that one can. */
const TEXT = textToBytes("I'll be at the corner of the market at ten past four.".padEnd(120));

/** By what was measured: milliseconds on the clock and of processor time, and bytes. */
export type Costs = Map<string, number[]>;

const note = (costs: Costs, name: string, value: number): void =>
  void costs.set(name, [...(costs.get(name) ?? []), value]);

/** Processor time is that of all threads: signatures are verified beside each other. */
async function timed<T>(costs: Costs, name: string, work: () => Promise<T>): Promise<T> {
  const [from, spent] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(spent);
  note(costs, `${name}_ms`, performance.now() - from);
  note(costs, `${name}_cpu_ms`, (user + system) / 1000);
  return result;
}

type CommitEntry = Extract<Entry, { readonly kind: "commit" }>;

/** A member between two operations. */
export type Member = Actor & { readonly group: Group; readonly keys: EpochKeys };

/** Whoever makes Commits, and whoever follows them. */
export type Begun = { readonly alice: Member; readonly bob: Member };

const stateWrites = ({ engine }: Cast, group: Group, isNewTree: boolean): Write[] => {
  const { tree, secrets } = engine.save(group);
  return [...(isNewTree ? [{ key: "tree", value: tree }] : []), { key: "secrets", value: secrets }];
};

const newPlace = (): ChannelPlace => ({ relayId: randomBytes(32), cid: randomBytes(32) });

/** Of everybody but Carol, with one Commit, and the channel's first epoch: nobody's key but Alice's leaf is above a leaf. */
export async function beginCold(cast: Cast, costs: Costs): Promise<Begun> {
  const place = newPlace();
  const made = await timed(costs, "create", () => create(cast, place));
  note(costs, "create_welcome_bytes", made.welcome.length);
  return { alice: made.author, bob: await enter(cast, place, cast.bob, made.welcome, made.next) };
}

/** The same members as time leaves them: they came ten at a time, and one of each ten has renewed its keys since. */
export async function beginWarm(cast: Cast): Promise<Begun> {
  const { engine, alice, bob, crowd } = cast;
  let hers = await engine.createGroup(randomBytes(32), alice.device);
  let his: Group | undefined;
  const guests = [bob.invitation, ...crowd];
  for (let from = 0; from < guests.length; from += TOGETHER) {
    const came = guests.slice(from, from + TOGETHER);
    const keyPackages = came.map(({ keyPackage }) => keyPackage);
    const added = valueOf(await engine.commit(hers, { kind: "add", keyPackages }));
    const [first] = came;
    if (first === undefined || added.welcome === undefined)
      throw new Error("whoever is added gets a Welcome");
    const { group } = valueOf(await engine.join(added.welcome, [first.stored]));
    const renewed = valueOf(await engine.commit(group, { kind: "update" }));
    hers = await merged(cast, added.next, renewed.commit);
    his = his && (await merged(cast, await merged(cast, his, added.commit), renewed.commit));
    his ??= renewed.next;
  }
  if (his === undefined) throw new Error("Bob is the first guest");
  const keys = await keysOf(cast, hers, newPlace());
  return { alice: { ...alice, group: hers, keys }, bob: { ...bob, group: his, keys } };
}

async function merged({ engine }: Cast, group: Group, commit: Uint8Array): Promise<Group> {
  const opened = valueOf(await engine.open(group, commit));
  if (opened.kind !== "commit") throw new Error("this is a Commit, and not of one's own removal");
  return opened.next;
}

export async function playRound(cast: Cast, { alice, bob }: Begun, costs: Costs): Promise<void> {
  const leaf = alice.group.members().at(-1)?.leaf ?? 0;
  const removal = await timed(costs, "remove", () => change(cast, alice, { kind: "remove", leaves: [leaf] }));
  note(costs, "remove_commit_bytes", removal.commit.length);
  // In a group of two it is Bob who goes.
  const isFollowed = leaf !== bob.group.ownLeaf;
  const followed =
    isFollowed && (await timed(costs, "follow_remove", () => follow(cast, bob, removal.entry)));
  const addition = await timed(costs, "add", () =>
    change(cast, removal.author, { kind: "add", keyPackages: [cast.carol.invitation.keyPackage] }),
  );
  const { welcome, commit, entry } = addition;
  if (welcome === undefined) throw new Error("whoever is added gets a Welcome");
  note(costs, "add_commit_bytes", commit.length);
  note(costs, "add_welcome_bytes", welcome.length);
  if (followed) await timed(costs, "follow_add", () => follow(cast, followed, entry));
  const { place } = addition.author.keys;
  const carol = await timed(costs, "join", () => enter(cast, place, cast.carol, welcome, entry.next));
  note(costs, "tree_bytes", cast.engine.save(carol.group).tree.length);
  await talk(cast, addition.author, carol, costs);
}

/** In turns, so that of two senders' ratchets both move. */
async function talk(cast: Cast, alice: Member, carol: Member, costs: Costs): Promise<void> {
  let [sender, reader] = [alice, carol];
  for (let message = 0; message < MESSAGES; message++) {
    const sent = await timed(costs, "send", () => send(cast, sender));
    const opened = await timed(costs, "open", () => open(cast, reader, sent.body));
    for (const { bytes } of [sent, opened]) note(costs, "state_bytes", bytes);
    [sender, reader] = [opened.reader, sent.author];
  }
}

/** A group of everybody but Carol, with one Commit, and the channel's first epoch. */
async function create(cast: Cast, place: ChannelPlace) {
  const { engine, alice, bob, crowd } = cast;
  const alone = await engine.createGroup(randomBytes(32), alice.device);
  const keyPackages = [bob.invitation, ...crowd].map(({ keyPackage }) => keyPackage);
  const { welcome, next: group } = valueOf(await engine.commit(alone, { kind: "add", keyPackages }));
  if (welcome === undefined) throw new Error("whoever is added gets a Welcome");
  const keys = await keysOf(cast, group, place);
  const next = epochPublicKeys(keys, readersOf(group.members()));
  signCreate(keys, next);
  await alice.keep(stateWrites(cast, group, true));
  return { author: { ...alice, group, keys }, welcome, next };
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
  const followed = valueOf(await cast.engine.open(reader.group, opened.mlsCommit));
  if (followed.kind !== "commit") throw new Error("this is a Commit, and not of one's own removal");
  const { next: group, sender } = followed;
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

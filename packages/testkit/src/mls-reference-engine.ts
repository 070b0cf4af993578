/**
 * MlsEngine without cryptography, for simulations that need a hundred thousand runs: hashes stand for
 * encryption and signatures, so it protects nothing. What it does keep strictly is what a client can get wrong:
 * epochs, generations, forks, membership, wiped groups. It passes the same contract suite as the real engine.
 */
import { hash as hashOf } from "node:crypto";
import {
  assert,
  concat,
  constant,
  decode,
  encode,
  equalBytes,
  err,
  fixed,
  list,
  lp,
  ok,
  opaque,
  optional,
  Secret,
  struct,
  tagged,
  text,
  u32,
  u64,
  uint,
  unreachable,
  type Clock,
  type RandomBytes,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import type {
  Authenticate,
  Change,
  Committed,
  AddFailure,
  DeviceSigner,
  Group,
  GroupState,
  JoinFailure,
  KeyPackageFailure,
  Lifetime,
  LoadFailure,
  Member,
  MlsEngine,
  NewKeyPackage,
  Opened,
  OpenFailure,
  Sealed,
  Suite,
} from "@sotto/crypto";
import { FORWARD_GENERATIONS_MAX, KEPT_GENERATIONS_MAX } from "@sotto/crypto";

const BYTES_MAX = 4_194_304;
const hash = fixed(32);
const leafCodec = struct({ credential: opaque(1024), signatureKey: fixed(32) });
const leavesCodec = list(1024, optional(leafCodec));
type Leaf = TypeOf<typeof leafCodec>;

const keyPackageBody = struct({
  version: constant(1, "version 1"),
  suite: text(16),
  leaf: leafCodec,
  initKey: fixed(32),
  notBefore: uint,
  notAfter: uint,
});
const keyPackageCodec = struct({ body: opaque(BYTES_MAX), signature: hash });

const treeCodec = struct({
  version: constant(1, "version 1"),
  suite: text(16),
  groupId: opaque(255),
  epoch: uint,
  leaves: leavesCodec,
});
const secretsCodec = struct({
  version: constant(1, "version 1"),
  treeHash: hash,
  ownLeaf: u32,
  epochSecret: hash,
  ratchets: list(1024, struct({ next: u32, skipped: list(BYTES_MAX, u32) })),
});

const commitContent = tagged({
  update: [1, { freshness: hash }],
  add: [2, { freshness: hash, keyPackages: list(1024, opaque(BYTES_MAX)) }],
  remove: [3, { freshness: hash, leaves: list(1024, u32) }],
});
const messageBody = tagged({
  application: [
    1,
    { groupId: opaque(255), epoch: uint, sender: u32, generation: u32, content: opaque(BYTES_MAX) },
  ],
  commit: [2, { groupId: opaque(255), epoch: uint, sender: u32, content: commitContent }],
});
const messageCodec = struct({ body: opaque(BYTES_MAX), tag: hash });
const welcomeCodec = struct({
  version: constant(1, "version 1"),
  suite: text(16),
  joiners: list(1024, struct({ reference: hash, leaf: u32 })),
  tree: opaque(BYTES_MAX),
  epochSecret: hash,
  tag: hash,
});

const digest = (...parts: readonly (Uint8Array | string)[]): Uint8Array =>
  new Uint8Array(hashOf("sha256", lp(...parts), "buffer"));

/** The next generation expected of a sender, and those before it that were skipped. */
type Ratchet = { readonly next: number; readonly skipped: ReadonlySet<number> };
const FRESH: Ratchet = { next: 0, skipped: new Set() };

type State = {
  readonly groupId: Uint8Array;
  readonly epoch: number;
  readonly leaves: readonly (Leaf | undefined)[];
  readonly ownLeaf: number;
  readonly epochSecret: Uint8Array;
  readonly ratchets: readonly Ratchet[];
  /** As last encoded: the same array while the epoch lasts. */
  readonly tree: Uint8Array;
};

class ReferenceGroup implements Group {
  readonly state: State;
  isWiped = false;
  constructor(state: State) {
    this.state = state;
  }
  get id(): Uint8Array {
    return this.state.groupId;
  }
  get epoch(): number {
    return this.state.epoch;
  }
  get ownLeaf(): number {
    return this.state.ownLeaf;
  }
  members(): readonly Member[] {
    return this.state.leaves.flatMap((leaf, index) => (leaf ? [{ leaf: index, ...leaf }] : []));
  }
}

function stateOf(group: Group): State {
  assert(group instanceof ReferenceGroup, "a group goes back to the engine that made it");
  assert(!group.isWiped, "a wiped group is not used again");
  return group.state;
}

const wiper = (group: Group) => (): void => {
  assert(group instanceof ReferenceGroup, "a group goes back to the engine that made it");
  group.isWiped = true;
};

export type ReferencePorts = {
  readonly suite?: Suite;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
};

export const createReferenceEngine = (ports: ReferencePorts): MlsEngine => new ReferenceEngine(ports);

class ReferenceEngine implements MlsEngine {
  readonly suite: Suite;
  readonly #ports: ReferencePorts;
  constructor(ports: ReferencePorts) {
    this.suite = ports.suite ?? "x-wing";
    this.#ports = ports;
  }

  async createKeyPackage(device: DeviceSigner, lifetime: Lifetime): Promise<NewKeyPackage> {
    const body = encode(keyPackageBody, {
      version: 1,
      suite: this.suite,
      leaf: { credential: device.credential, signatureKey: device.publicKey },
      initKey: this.#ports.randomBytes(32),
      notBefore: lifetime.notBefore,
      notAfter: lifetime.notAfter,
    });
    const keyPackage = encode(keyPackageCodec, {
      body,
      signature: digest("key package", device.publicKey, body),
    });
    return {
      keyPackage,
      stored: concat(Uint8Array.of(1), keyPackage),
      reference: digest("reference", keyPackage),
    };
  }

  async createGroup(groupId: Uint8Array, device: DeviceSigner): Promise<Group> {
    const leaf = { credential: device.credential, signatureKey: device.publicKey };
    return new ReferenceGroup(this.#epochState(groupId, 0, [leaf], 0, this.#ports.randomBytes(32)));
  }

  #epochState(
    groupId: Uint8Array,
    epoch: number,
    leaves: readonly (Leaf | undefined)[],
    ownLeaf: number,
    epochSecret: Uint8Array,
  ): State {
    const tree = encode(treeCodec, { version: 1, suite: this.suite, groupId, epoch, leaves });
    return { groupId, epoch, leaves, ownLeaf, epochSecret, ratchets: leaves.map(() => FRESH), tree };
  }

  save(group: Group): GroupState {
    const { tree, ownLeaf, epochSecret, ratchets } = stateOf(group);
    const secrets = encode(secretsCodec, {
      version: 1,
      treeHash: digest("tree", tree),
      ownLeaf,
      epochSecret,
      ratchets: ratchets.map(({ next, skipped }) => ({ next, skipped: [...skipped] })),
    });
    return { tree, secrets };
  }

  load(stored: GroupState): Result<Group, LoadFailure> {
    if (Math.max(stored.tree[0] ?? 0, stored.secrets[0] ?? 0) > 1) return err("newer");
    const tree = decode(treeCodec, stored.tree);
    const secrets = decode(secretsCodec, stored.secrets.slice());
    if (!tree.ok || !secrets.ok || tree.value.suite !== this.suite) return err("damaged");
    const { groupId, epoch, leaves } = tree.value;
    const { ownLeaf, epochSecret, ratchets, treeHash } = secrets.value;
    if (!equalBytes(treeHash, digest("tree", stored.tree))) return err("damaged");
    if (leaves[ownLeaf] === undefined || ratchets.length !== leaves.length) return err("damaged");
    const restored = ratchets.map(({ next, skipped }) => ({ next, skipped: new Set(skipped) }));
    return ok(
      new ReferenceGroup({
        groupId,
        epoch,
        leaves,
        ownLeaf,
        epochSecret,
        ratchets: restored,
        tree: stored.tree,
      }),
    );
  }

  async commit(group: Group, change: Change): Promise<Result<Committed, AddFailure>> {
    const state = stateOf(group);
    if (change.kind === "add") {
      const failure = await this.#vetAll(state, change.keyPackages);
      if (failure) return err(failure);
    }
    if (change.kind === "remove") {
      const areOthers = change.leaves.every((leaf) => leaf !== state.ownLeaf && state.leaves[leaf]);
      assert(areOthers, "a Commit removes other members of the group");
    }
    const content = { ...change, freshness: this.#ports.randomBytes(32) };
    const { groupId, epoch, ownLeaf: sender } = state;
    const commit = this.#protect(
      state,
      encode(messageBody, { kind: "commit", groupId, epoch, sender, content }),
    );
    const next = this.#epochState(
      groupId,
      epoch + 1,
      leavesAfter(state.leaves, content),
      sender,
      digest("next", state.epochSecret, commit),
    );
    const welcome = change.kind === "add" ? this.#welcome(next, state.leaves, change.keyPackages) : undefined;
    return ok({ commit, welcome, next: new ReferenceGroup(next), wipe: wiper(group) });
  }

  async #vetAll(state: State, keyPackages: readonly Uint8Array[]): Promise<AddFailure | undefined> {
    assert(keyPackages.length > 0, "a Commit that adds adds somebody");
    const taken = state.leaves.flatMap((leaf) => (leaf ? [leaf.signatureKey] : []));
    for (const [index, bytes] of keyPackages.entries()) {
      const vetted = await this.#vet(taken, bytes);
      if (!vetted.ok) return { index, reason: vetted.error };
      taken.push(vetted.value.signatureKey);
    }
    return undefined;
  }

  async #vet(taken: readonly Uint8Array[], bytes: Uint8Array): Promise<Result<Leaf, KeyPackageFailure>> {
    const keyPackage = decode(keyPackageCodec, bytes);
    const body = keyPackage.ok ? decode(keyPackageBody, keyPackage.value.body) : undefined;
    if (!keyPackage.ok || !body?.ok) return err("malformed");
    const { leaf, suite, notBefore, notAfter } = body.value;
    if (suite !== this.suite) return err("otherSuite");
    const signature = digest("key package", leaf.signatureKey, keyPackage.value.body);
    if (!equalBytes(signature, keyPackage.value.signature)) return err("refused");
    const now = this.#ports.clock();
    if (now < notBefore || now > notAfter) return err("expired");
    if (taken.some((key) => equalBytes(key, leaf.signatureKey))) return err("alreadyMember");
    const isAuthentic = await this.#ports.authenticate(leaf.credential, leaf.signatureKey);
    return isAuthentic ? ok(leaf) : err("unauthenticated");
  }

  #welcome(
    next: State,
    before: readonly (Leaf | undefined)[],
    keyPackages: readonly Uint8Array[],
  ): Uint8Array {
    const places = blanksOf(before, keyPackages.length);
    return encode(welcomeCodec, {
      version: 1,
      suite: this.suite,
      joiners: keyPackages.map((bytes, index) => ({
        reference: digest("reference", bytes),
        leaf: places[index] ?? 0,
      })),
      tree: next.tree,
      epochSecret: next.epochSecret,
      tag: digest("welcome", next.epochSecret, next.tree),
    });
  }

  #protect(state: State, body: Uint8Array): Uint8Array {
    return encode(messageCodec, { body, tag: digest("message", state.epochSecret, body) });
  }

  async seal(group: Group, plaintext: Uint8Array): Promise<Sealed> {
    const state = stateOf(group);
    const { groupId, epoch, ownLeaf: sender } = state;
    const { next: generation, skipped } = state.ratchets[sender] ?? FRESH;
    const body = encode(messageBody, {
      kind: "application",
      groupId,
      epoch,
      sender,
      generation,
      content: plaintext,
    });
    const ratchets = state.ratchets.with(sender, { next: generation + 1, skipped });
    return {
      message: this.#protect(state, body),
      next: new ReferenceGroup({ ...state, ratchets }),
      wipe: wiper(group),
    };
  }

  async open(group: Group, bytes: Uint8Array): Promise<Result<Opened, OpenFailure>> {
    const state = stateOf(group);
    const message = decode(messageCodec, bytes.slice());
    const decoded = message.ok ? decode(messageBody, message.value.body) : undefined;
    if (!message.ok || !decoded?.ok) return err("malformed");
    const body = decoded.value;
    if (!equalBytes(body.groupId, state.groupId)) return err("otherGroup");
    if (body.epoch !== state.epoch) return err(body.epoch < state.epoch ? "pastEpoch" : "futureEpoch");
    if (!equalBytes(message.value.tag, digest("message", state.epochSecret, message.value.body))) {
      return err("refused");
    }
    const leaf = state.leaves[body.sender];
    if (leaf === undefined) return err("refused");
    if (body.sender === state.ownLeaf) return err("own");
    const sender = { leaf: body.sender, ...leaf };
    switch (body.kind) {
      case "application":
        return this.#openApplication(group, sender, body.generation, body.content);
      case "commit":
        return this.#openCommit(group, sender, body.content, bytes);
      default:
        return unreachable(body);
    }
  }

  #openApplication(
    group: Group,
    sender: Member,
    generation: number,
    plaintext: Uint8Array,
  ): Result<Opened, OpenFailure> {
    const state = stateOf(group);
    const { next, skipped } = state.ratchets[sender.leaf] ?? FRESH;
    if (generation < next && !skipped.has(generation)) return err("replayed");
    if (generation - next > FORWARD_GENERATIONS_MAX) return err("tooFarAhead");
    const kept = new Set(skipped);
    kept.delete(generation);
    for (let between = next; between < generation; between++) kept.add(between);
    const ratchet = {
      next: Math.max(next, generation + 1),
      skipped: new Set([...kept].slice(-KEPT_GENERATIONS_MAX)),
    };
    return ok({
      kind: "application",
      sender,
      plaintext,
      next: new ReferenceGroup({ ...state, ratchets: state.ratchets.with(sender.leaf, ratchet) }),
      wipe: wiper(group),
    });
  }

  async #openCommit(
    group: Group,
    sender: Member,
    content: TypeOf<typeof commitContent>,
    bytes: Uint8Array,
  ): Promise<Result<Opened, OpenFailure>> {
    const state = stateOf(group);
    if (content.kind === "remove") {
      if (content.leaves.some((leaf) => leaf === sender.leaf || !state.leaves[leaf])) return err("refused");
      if (content.leaves.includes(state.ownLeaf)) return ok({ kind: "removed", sender, wipe: wiper(group) });
    }
    if (content.kind === "add") {
      for (const leaf of content.keyPackages.map(leafOf)) {
        if (leaf === undefined) return err("refused");
        const isAuthentic = await this.#ports.authenticate(leaf.credential, leaf.signatureKey);
        if (!isAuthentic) return err("unauthenticated");
      }
    }
    const leaves = leavesAfter(state.leaves, content);
    const secret = digest("next", state.epochSecret, bytes);
    const next = new ReferenceGroup(
      this.#epochState(state.groupId, state.epoch + 1, leaves, state.ownLeaf, secret),
    );
    const before = group.members();
    const after = next.members();
    const without = (some: readonly Member[], others: readonly Member[]): Member[] =>
      some.filter((one) => !others.some((other) => equalBytes(other.signatureKey, one.signatureKey)));
    return ok({
      kind: "commit",
      sender,
      added: without(after, before),
      removed: without(before, after),
      next,
      wipe: wiper(group),
    });
  }

  async join(
    bytes: Uint8Array,
    stored: readonly Uint8Array[],
  ): Promise<Result<{ readonly group: Group; readonly used: Uint8Array }, JoinFailure>> {
    const welcome = decode(welcomeCodec, bytes.slice());
    if (!welcome.ok) return err("malformed");
    for (const one of stored) {
      if (one[0] !== 1 || leafOf(one.subarray(1)) === undefined) return err("unreadableKeyPackage");
      const used = digest("reference", one.subarray(1));
      const joiner = welcome.value.joiners.find(({ reference }) => equalBytes(reference, used));
      if (joiner === undefined) continue;
      const group = await this.#joinAt(welcome.value, joiner.leaf);
      return group.ok ? ok({ group: group.value, used }) : group;
    }
    return err("notForUs");
  }

  async #joinAt(welcome: TypeOf<typeof welcomeCodec>, ownLeaf: number): Promise<Result<Group, JoinFailure>> {
    const { epochSecret, suite, tag } = welcome;
    const tree = decode(treeCodec, welcome.tree);
    if (!tree.ok || suite !== this.suite) return err("refused");
    if (!equalBytes(tag, digest("welcome", epochSecret, welcome.tree))) return err("refused");
    const { groupId, epoch, leaves } = tree.value;
    if (leaves[ownLeaf] === undefined) return err("refused");
    for (const leaf of leaves) {
      if (leaf && !(await this.#ports.authenticate(leaf.credential, leaf.signatureKey))) {
        return err("unauthenticated");
      }
    }
    return ok(new ReferenceGroup(this.#epochState(groupId, epoch, leaves, ownLeaf, epochSecret)));
  }

  async exportSecret(group: Group, label: string, context: Uint8Array, length: number): Promise<Secret> {
    const { epochSecret } = stateOf(group);
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
      digest("export", epochSecret, label, context, u64(index)),
    );
    return new Secret(concat(...blocks).subarray(0, length));
  }

  epochAuthenticator(group: Group): Uint8Array {
    return digest("authenticator", stateOf(group).epochSecret);
  }
}

function leafOf(keyPackage: Uint8Array): Leaf | undefined {
  const outer = decode(keyPackageCodec, keyPackage);
  const body = outer.ok ? decode(keyPackageBody, outer.value.body) : undefined;
  return body?.ok ? body.value.leaf : undefined;
}

/** The places that new members take: the leftmost that are free, as in RFC 9420. */
function blanksOf(leaves: readonly (Leaf | undefined)[], count: number): number[] {
  const blanks = leaves.flatMap((leaf, index) => (leaf === undefined ? [index] : []));
  const appended = Array.from({ length: count }, (_, index) => leaves.length + index);
  return [...blanks, ...appended].slice(0, count);
}

function leavesAfter(
  leaves: readonly (Leaf | undefined)[],
  content: TypeOf<typeof commitContent>,
): readonly (Leaf | undefined)[] {
  const after = [...leaves];
  if (content.kind === "remove") for (const leaf of content.leaves) after[leaf] = undefined;
  if (content.kind === "add") {
    const places = blanksOf(leaves, content.keyPackages.length);
    for (const [index, bytes] of content.keyPackages.entries()) {
      const place = places[index];
      assert(place !== undefined, "every KeyPackage finds a place");
      after[place] = leafOf(bytes);
    }
  }
  return after;
}

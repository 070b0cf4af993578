/**
 * What every MlsEngine does, whatever it is made of. Run for the real engine and for the reference engine, so that
 * what a simulation finds with the one holds for the other. Rules: spec/mls.md.
 */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { Authenticate, DeviceSigner, Group, MlsEngine, Opened, OpenFailure, Step } from "@sotto/crypto";
import { KEPT_GENERATIONS_MAX } from "@sotto/crypto";
import {
  concat,
  equalBytes,
  Secret,
  textToBytes,
  type Clock,
  type RandomBytes,
  type Result,
} from "@sotto/protocol";

export type EnginePorts = {
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
};
export type EngineFactory = (ports: EnginePorts) => Promise<MlsEngine>;

const DAY_MS = 86_400_000;
const PLAIN = textToBytes("at six, by the north door");
const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** A device whose Credential is a name and the hash of its key: what `bindsKey` accepts. */
export function deviceNamed(name: string): DeviceSigner {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const seed = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  return {
    credential: concat(keyHash(point), textToBytes(name)),
    publicKey: Uint8Array.from(point),
    privateKey: new Secret(Uint8Array.from(seed)),
  };
}

const keyHash = (key: Uint8Array): Uint8Array => createHash("sha256").update(key).digest();

/** The least an Authentication Service must do: no key speaks for another's name. */
export const bindsKey: Authenticate = (credential, signatureKey) =>
  equalBytes(credential.subarray(0, 32), keyHash(signatureKey));

export function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok, `refused: ${JSON.stringify(result.ok ? "" : result.error)}`);
  return result.value;
}
export const errorOf = <T, E>(result: Result<T, E>): E | undefined => (result.ok ? undefined : result.error);

export const openedAs = <K extends Opened["kind"]>(
  kind: K,
  result: Result<Opened, OpenFailure>,
): Extract<Opened, { kind: K }> => {
  const opened = valueOf(result);
  assert.equal(opened.kind, kind);
  return opened as Extract<Opened, { kind: K }>;
};

type Party = { readonly name: string; readonly engine: MlsEngine; group: Group };

export function testMlsEngineContract(name: string, createEngine: EngineFactory): void {
  const now = Date.now();
  const lifetime = { notBefore: now - DAY_MS, notAfter: now + 90 * DAY_MS };
  const engineWith = (ports: Partial<EnginePorts> = {}): Promise<MlsEngine> =>
    createEngine({ authenticate: bindsKey, clock: () => now, randomBytes, ...ports });

  async function founder(called: string, engine?: MlsEngine): Promise<Party> {
    const made = engine ?? (await engineWith());
    return {
      name: called,
      engine: made,
      group: await made.createGroup(randomBytes(32), deviceNamed(called)),
    };
  }

  /** The first adds the others in one Commit; everyone is at the same epoch afterwards. */
  async function groupOf(...names: readonly string[]): Promise<Party[]> {
    const first = await founder(names[0] ?? "alice");
    const parties: Party[] = [first];
    for (const called of names.slice(1)) {
      const engine = await engineWith();
      const { keyPackage, stored } = await engine.createKeyPackage(deviceNamed(called), lifetime);
      const made = valueOf(
        await first.engine.commit(first.group, { kind: "add", keyPackages: [keyPackage] }),
      );
      for (const other of parties.slice(1)) {
        other.group = openedAs("commit", await other.engine.open(other.group, made.commit)).next;
      }
      first.group = made.next;
      assert.ok(made.welcome);
      parties.push({ name: called, engine, group: valueOf(await engine.join(made.welcome, [stored])).group });
    }
    return parties;
  }

  async function pair(): Promise<[Party, Party]> {
    const [alice, bob] = await groupOf("alice", "bob");
    assert.ok(alice && bob);
    return [alice, bob];
  }
  async function trio(): Promise<[Party, Party, Party]> {
    const [alice, bob, carol] = await groupOf("alice", "bob", "carol");
    assert.ok(alice && bob && carol);
    return [alice, bob, carol];
  }

  async function sealBy(party: Party, plaintext = PLAIN): Promise<Uint8Array> {
    const sealed = await party.engine.seal(party.group, plaintext);
    party.group = sealed.next;
    return sealed.message;
  }
  const openBy = (party: Party, message: Uint8Array): Promise<Result<Opened, OpenFailure>> =>
    party.engine.open(party.group, message);
  async function receiveBy(party: Party, message: Uint8Array): Promise<Uint8Array> {
    const opened = openedAs("application", await openBy(party, message));
    party.group = opened.next;
    return opened.plaintext;
  }
  const leafOf = (party: Party): number => party.group.ownLeaf;
  const contract = (title: string, body: () => Promise<void>): void => void test(`${title} (${name})`, body);

  contract("[MG1] an operation leaves the group it was given as it was", async () => {
    const [alice, bob] = await pair();
    const before = alice.engine.save(alice.group);
    const sealed = await alice.engine.seal(alice.group, PLAIN);
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    const steps: readonly Step[] = [sealed, update];
    assert.ok(steps.every((step) => step.next !== alice.group));
    assert.deepEqual(alice.engine.save(alice.group), before);
    assert.deepEqual(await receiveBy(bob, sealed.message), PLAIN);
  });

  contract("[MG2] a saved group loads as the same group and saves as the same bytes", async () => {
    const [alice, bob] = await pair();
    await receiveBy(bob, await sealBy(alice));
    const saved = bob.engine.save(bob.group);
    const loaded = valueOf(bob.engine.load(saved));
    assert.deepEqual(bob.engine.save(loaded), saved);
    assert.deepEqual(loaded.members(), bob.group.members());
    assert.equal(loaded.epoch, bob.group.epoch);
    assert.equal(loaded.ownLeaf, bob.group.ownLeaf);
    assert.deepEqual(bob.engine.epochAuthenticator(loaded), bob.engine.epochAuthenticator(bob.group));
    bob.group = loaded;
    assert.deepEqual(await receiveBy(alice, await sealBy(bob)), PLAIN);
  });

  contract("[MG2] another engine of the same suite loads a saved group", async () => {
    const [alice, bob] = await pair();
    const engine = await engineWith();
    const group = valueOf(engine.load(bob.engine.save(bob.group)));
    assert.deepEqual(await receiveBy({ name: "bob", engine, group }, await sealBy(alice)), PLAIN);
  });

  contract("[MG3] the tree half is the same array from one Commit to the next", async () => {
    const [alice, bob] = await pair();
    const first = bob.engine.save(bob.group);
    await receiveBy(bob, await sealBy(alice));
    const second = bob.engine.save(bob.group);
    assert.equal(second.tree, first.tree);
    assert.notDeepEqual(second.secrets, first.secrets);
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    bob.group = openedAs("commit", await openBy(bob, update.commit)).next;
    assert.notDeepEqual(bob.engine.save(bob.group).tree, first.tree);
  });

  contract("[MG4] loading refuses leftovers, truncation and halves of different states", async () => {
    const [alice, bob] = await pair();
    const mine = alice.engine.save(alice.group);
    const other = bob.engine.save(bob.group);
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    const later = alice.engine.save(update.next);
    const damaged = [
      { tree: concat(mine.tree, Uint8Array.of(0)), secrets: mine.secrets },
      { tree: mine.tree, secrets: concat(mine.secrets, Uint8Array.of(0)) },
      { tree: mine.tree.subarray(0, -1), secrets: mine.secrets },
      { tree: mine.tree, secrets: mine.secrets.subarray(0, -1) },
      { tree: mine.tree, secrets: later.secrets },
      { tree: later.tree, secrets: mine.secrets },
      { tree: new Uint8Array(), secrets: new Uint8Array() },
      { tree: other.secrets, secrets: other.tree },
    ];
    for (const state of damaged) assert.equal(errorOf(alice.engine.load(state)), "damaged");
  });

  contract("[MG4] a state of a newer version says so", async () => {
    const { engine, group } = await founder("alice");
    const { tree, secrets } = engine.save(group);
    const newer = (bytes: Uint8Array): Uint8Array => concat(Uint8Array.of(255), bytes.subarray(1));
    assert.equal(errorOf(engine.load({ tree: newer(tree), secrets })), "newer");
    assert.equal(errorOf(engine.load({ tree, secrets: newer(secrets) })), "newer");
  });

  contract("[MG5] a message opens for every other member and names its sender", async () => {
    const [alice, bob, carol] = await trio();
    const message = await sealBy(bob);
    for (const reader of [alice, carol]) {
      const opened = openedAs("application", await openBy(reader, message));
      assert.deepEqual(opened.plaintext, PLAIN);
      assert.equal(opened.sender.leaf, leafOf(bob));
      assert.equal(textOf(opened.sender.credential.subarray(32)), "bob");
      assert.deepEqual(opened.sender, reader.group.members()[1]);
    }
  });

  contract("[MG5] an empty message and one of 32 KiB arrive as they were", async () => {
    const [alice, bob] = await pair();
    for (const length of [0, 1, 32_768]) {
      const plaintext = randomBytes(length);
      assert.deepEqual(await receiveBy(bob, await sealBy(alice, plaintext)), plaintext);
    }
  });

  contract("[MG6] a message opens once", async () => {
    const [alice, bob] = await pair();
    const message = await sealBy(alice);
    await receiveBy(bob, message);
    assert.equal(errorOf(await openBy(bob, message)), "replayed");
    const reloaded = valueOf(bob.engine.load(bob.engine.save(bob.group)));
    assert.equal(errorOf(await bob.engine.open(reloaded, message)), "replayed");
  });

  contract("[MG6] what this leaf sealed itself is called own, Commits included", async () => {
    const [alice] = await pair();
    const message = await sealBy(alice);
    assert.equal(errorOf(await openBy(alice, message)), "own");
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    assert.equal(errorOf(await openBy(alice, update.commit)), "own");
  });

  contract("[MG7] messages of one epoch open in any order, across a reload too", async () => {
    const [alice, bob] = await pair();
    const messages: Uint8Array[] = [];
    for (let index = 0; index < 24; index++) messages.push(await sealBy(alice, Uint8Array.of(index)));
    for (const [index, message] of [...messages.entries()].toReversed()) {
      assert.deepEqual(await receiveBy(bob, message), Uint8Array.of(index));
      bob.group = valueOf(bob.engine.load(bob.engine.save(bob.group)));
    }
  });

  contract(`[MG7] of skipped messages the newest ${KEPT_GENERATIONS_MAX} still open`, async () => {
    const [alice, bob] = await pair();
    const messages: Uint8Array[] = [];
    for (let index = 0; index < KEPT_GENERATIONS_MAX + 3; index++) messages.push(await sealBy(alice));
    const [tooOld, , kept] = messages;
    const last = messages.at(-1);
    assert.ok(tooOld && kept && last);
    await receiveBy(bob, last);
    assert.equal(errorOf(await openBy(bob, tooOld)), "replayed");
    assert.deepEqual(await receiveBy(bob, kept), PLAIN);
  });

  contract("[MG8] a message of another epoch or group says which", async () => {
    const [alice, bob] = await pair();
    const early = await sealBy(alice);
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    alice.group = update.next;
    const late = await sealBy(alice);
    assert.equal(errorOf(await openBy(bob, late)), "futureEpoch");
    bob.group = openedAs("commit", await openBy(bob, update.commit)).next;
    assert.equal(errorOf(await openBy(bob, early)), "pastEpoch");
    assert.equal(errorOf(await openBy(bob, update.commit)), "pastEpoch");
    assert.deepEqual(await receiveBy(bob, late), PLAIN);
    const [, stranger] = await pair();
    assert.equal(errorOf(await openBy(stranger, late)), "otherGroup");
  });

  contract("[MG9] changed bytes, leftovers and garbage are values, and change nothing", async () => {
    const [alice, bob] = await pair();
    const message = await sealBy(alice);
    const before = bob.engine.save(bob.group);
    for (let index = 0; index < message.length; index++) {
      const changed = message.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x01;
      assert.ok(!(await openBy(bob, changed)).ok, `byte ${index} does not matter`);
    }
    for (const garbage of [
      new Uint8Array(),
      concat(message, Uint8Array.of(0)),
      message.subarray(1),
      randomBytes(300),
    ]) {
      assert.equal(errorOf(await openBy(bob, garbage)), "malformed");
    }
    assert.deepEqual(bob.engine.save(bob.group), before);
    assert.deepEqual(await receiveBy(bob, message), PLAIN);
  });

  contract("[MG9] the caller's array stays the caller's", async () => {
    const [alice, bob] = await pair();
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    const opened = openedAs("commit", await openBy(bob, update.commit));
    update.commit.fill(0);
    assert.deepEqual(opened.next.members(), update.next.members());
    const state = bob.engine.save(opened.next);
    const copy = { tree: state.tree.slice(), secrets: state.secrets.slice() };
    const loaded = valueOf(bob.engine.load(state));
    const sealed = await bob.engine.seal(loaded, PLAIN);
    sealed.wipe();
    assert.deepEqual(state, copy);
  });

  contract("[MG10] everyone who opens a Commit is where its author is", async () => {
    const [alice, bob, carol] = await trio();
    const update = valueOf(await bob.engine.commit(bob.group, { kind: "update" }));
    assert.equal(update.welcome, undefined);
    for (const reader of [alice, carol]) {
      const opened = openedAs("commit", await openBy(reader, update.commit));
      assert.equal(opened.sender.leaf, leafOf(bob));
      assert.deepEqual([opened.added, opened.removed], [[], []]);
      assert.equal(opened.next.epoch, bob.group.epoch + 1);
      assert.deepEqual(
        reader.engine.epochAuthenticator(opened.next),
        bob.engine.epochAuthenticator(update.next),
      );
    }
  });

  contract("[MG10] who loses the race of an epoch goes on from the winner's Commit", async () => {
    const [alice, bob] = await pair();
    const lost = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    const won = valueOf(await bob.engine.commit(bob.group, { kind: "update" }));
    assert.notDeepEqual(alice.engine.epochAuthenticator(lost.next), bob.engine.epochAuthenticator(won.next));
    const fork = await alice.engine.seal(lost.next, PLAIN);
    assert.equal(errorOf(await bob.engine.open(won.next, fork.message)), "refused");
    const opened = openedAs("commit", await openBy(alice, won.commit));
    opened.wipe();
    alice.group = opened.next;
    bob.group = won.next;
    assert.deepEqual(await receiveBy(bob, await sealBy(alice)), PLAIN);
  });

  contract("[MG10] a pending Commit outlives messages that were opened after it was made", async () => {
    const [alice, bob] = await pair();
    const pending = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    const restored = valueOf(alice.engine.load(alice.engine.save(pending.next)));
    const message = await sealBy(bob);
    const read = openedAs("application", await openBy(alice, message));
    read.wipe();
    alice.group = read.next;
    bob.group = openedAs("commit", await openBy(bob, pending.commit)).next;
    alice.group = restored;
    assert.deepEqual(await receiveBy(bob, await sealBy(alice)), PLAIN);
    assert.deepEqual(await receiveBy(alice, await sealBy(bob)), PLAIN);
  });

  contract("[MG11] a Commit that adds brings its Welcome, and the joiner agrees with everyone", async () => {
    const [alice, bob] = await pair();
    const engine = await engineWith();
    const joiners = await Promise.all(
      ["carol", "dave"].map((called) => engine.createKeyPackage(deviceNamed(called), lifetime)),
    );
    const keyPackages = joiners.map((one) => one.keyPackage);
    const made = valueOf(await alice.engine.commit(alice.group, { kind: "add", keyPackages }));
    const { commit, welcome } = made;
    assert.ok(welcome);
    const opened = openedAs("commit", await openBy(bob, commit));
    assert.deepEqual(
      opened.added.map((one) => textOf(one.credential.subarray(32))),
      ["carol", "dave"],
    );
    for (const joiner of joiners) {
      const stored = joiners.map((one) => one.stored);
      const result = await engine.join(welcome, [joiner.stored, ...stored]);
      const joined = valueOf(result);
      assert.deepEqual(joined.used, joiner.reference);
      assert.deepEqual(joined.group.members(), opened.next.members());
      assert.deepEqual(engine.epochAuthenticator(joined.group), bob.engine.epochAuthenticator(opened.next));
    }
  });

  contract("[MG11] a Welcome for nobody here, and garbage, are values", async () => {
    const alice = await founder("alice");
    const engine = await engineWith();
    const bob = await engine.createKeyPackage(deviceNamed("bob"), lifetime);
    const other = await engine.createKeyPackage(deviceNamed("bob"), lifetime);
    const { welcome } = valueOf(
      await alice.engine.commit(alice.group, { kind: "add", keyPackages: [bob.keyPackage] }),
    );
    assert.ok(welcome);
    assert.equal(errorOf(await engine.join(welcome, [other.stored])), "notForUs");
    assert.equal(errorOf(await engine.join(welcome, [])), "notForUs");
    assert.equal(errorOf(await engine.join(concat(welcome, Uint8Array.of(0)), [bob.stored])), "malformed");
    assert.equal(errorOf(await engine.join(bob.keyPackage, [bob.stored])), "malformed");
    assert.equal(errorOf(await engine.join(welcome, [bob.stored.subarray(1)])), "unreadableKeyPackage");
    const changed = welcome.slice();
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    assert.equal(errorOf(await engine.join(changed, [bob.stored])), "refused");
    assert.ok((await engine.join(welcome, [other.stored, bob.stored])).ok);
  });

  contract("[MG12] who is removed learns it, reads nothing later, and the others go on", async () => {
    const [alice, bob, carol] = await trio();
    const made = valueOf(await alice.engine.commit(alice.group, { kind: "remove", leaves: [leafOf(bob)] }));
    assert.equal(openedAs("removed", await openBy(bob, made.commit)).sender.leaf, leafOf(alice));
    const opened = openedAs("commit", await openBy(carol, made.commit));
    assert.deepEqual(
      opened.removed.map((one) => one.leaf),
      [leafOf(bob)],
    );
    carol.group = opened.next;
    alice.group = made.next;
    const message = await sealBy(alice);
    assert.deepEqual(await receiveBy(carol, message), PLAIN);
    assert.equal(errorOf(await openBy(bob, message)), "futureEpoch");
  });

  contract("[MG12] a place that was freed is given to the next who joins", async () => {
    const [alice, bob, carol] = await trio();
    const removal = valueOf(
      await alice.engine.commit(alice.group, { kind: "remove", leaves: [leafOf(bob)] }),
    );
    carol.group = openedAs("commit", await openBy(carol, removal.commit)).next;
    const engine = await engineWith();
    const dave = await engine.createKeyPackage(deviceNamed("dave"), lifetime);
    const addition = valueOf(
      await alice.engine.commit(removal.next, { kind: "add", keyPackages: [dave.keyPackage] }),
    );
    assert.ok(addition.welcome);
    carol.group = openedAs("commit", await openBy(carol, addition.commit)).next;
    const { group } = valueOf(await engine.join(addition.welcome, [dave.stored]));
    assert.equal(group.ownLeaf, leafOf(bob));
    assert.deepEqual(await receiveBy({ name: "dave", engine, group }, await sealBy(carol)), PLAIN);
  });

  contract("[MG13] nobody is added whose Credential does not authenticate", async () => {
    const alice = await founder("alice");
    const engine = await engineWith();
    const impostor = { ...deviceNamed("mallory"), credential: deviceNamed("bob").credential };
    const { keyPackage } = await engine.createKeyPackage(impostor, lifetime);
    const refused = await alice.engine.commit(alice.group, { kind: "add", keyPackages: [keyPackage] });
    assert.deepEqual(errorOf(refused), { index: 0, reason: "unauthenticated" });
  });

  contract("[MG13] a member refuses a Commit that adds whom it cannot authenticate", async () => {
    const careless = await engineWith({ authenticate: () => true });
    const mallory = await founder("mallory", careless);
    const engine = await engineWith();
    const bob = await engine.createKeyPackage(deviceNamed("bob"), lifetime);
    const first = valueOf(
      await careless.commit(mallory.group, { kind: "add", keyPackages: [bob.keyPackage] }),
    );
    assert.ok(first.welcome);
    // Mallory's own Credential is genuine, so bob joins.
    const joined = valueOf(await engine.join(first.welcome, [bob.stored]));
    const impostor = { ...deviceNamed("x"), credential: deviceNamed("carol").credential };
    const { keyPackage, stored } = await careless.createKeyPackage(impostor, lifetime);
    const second = valueOf(await careless.commit(first.next, { kind: "add", keyPackages: [keyPackage] }));
    assert.equal(errorOf(await engine.open(joined.group, second.commit)), "unauthenticated");
    assert.ok(second.welcome);
    assert.equal(errorOf(await engine.join(second.welcome, [stored])), "unauthenticated");
  });

  contract("[MG13] a fault of the Authentication Service is not taken for an answer", async () => {
    const broken = await engineWith({
      authenticate: () => Promise.reject(new Error("storage")),
    });
    const alice = await founder("alice");
    const bob = await broken.createKeyPackage(deviceNamed("bob"), lifetime);
    const { welcome } = valueOf(
      await alice.engine.commit(alice.group, { kind: "add", keyPackages: [bob.keyPackage] }),
    );
    assert.ok(welcome);
    await assert.rejects(broken.join(welcome, [bob.stored]), { message: "storage" });
  });

  contract(
    "[MG15] a KeyPackage that is malformed, out of time or present is refused by its index",
    async () => {
      const alice = await founder("alice");
      const engine = await engineWith();
      const bob = deviceNamed("bob");
      const good = await engine.createKeyPackage(deviceNamed("carol"), lifetime);
      const first = await engine.createKeyPackage(bob, lifetime);
      const again = await engine.createKeyPackage(bob, lifetime);
      const expired = await engine.createKeyPackage(deviceNamed("dave"), {
        notBefore: now - 9 * DAY_MS,
        notAfter: now - DAY_MS,
      });
      const early = await engine.createKeyPackage(deviceNamed("dave"), {
        notBefore: now + DAY_MS,
        notAfter: now + 9 * DAY_MS,
      });
      const changed = good.keyPackage.slice();
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
      const cases = [
        [first.keyPackage.subarray(1), "malformed"],
        [concat(first.keyPackage, Uint8Array.of(0)), "malformed"],
        [changed, "refused"],
        [expired.keyPackage, "expired"],
        [early.keyPackage, "expired"],
      ] as const;
      for (const [keyPackage, reason] of cases) {
        const refused = await alice.engine.commit(alice.group, {
          kind: "add",
          keyPackages: [good.keyPackage, keyPackage],
        });
        assert.deepEqual(errorOf(refused), { index: 1, reason });
      }
      const twice = { kind: "add", keyPackages: [first.keyPackage, again.keyPackage] } as const;
      assert.deepEqual(errorOf(await alice.engine.commit(alice.group, twice)), {
        index: 1,
        reason: "alreadyMember",
      });
      const made = valueOf(
        await alice.engine.commit(alice.group, { kind: "add", keyPackages: [first.keyPackage] }),
      );
      const present = { kind: "add", keyPackages: [again.keyPackage] } as const;
      assert.deepEqual(errorOf(await alice.engine.commit(made.next, present)), {
        index: 0,
        reason: "alreadyMember",
      });
    },
  );

  contract("[MG15] a lifetime is judged by the clock that was given", async () => {
    const engine = await engineWith();
    const { keyPackage } = await engine.createKeyPackage(deviceNamed("bob"), lifetime);
    const later = await founder("alice", await engineWith({ clock: () => now + 91 * DAY_MS }));
    const refused = await later.engine.commit(later.group, { kind: "add", keyPackages: [keyPackage] });
    assert.deepEqual(errorOf(refused), { index: 0, reason: "expired" });
  });

  contract("[MG16] who joined needs the stored KeyPackage no more", async () => {
    const alice = await founder("alice");
    const engine = await engineWith();
    const bob = await engine.createKeyPackage(deviceNamed("bob"), lifetime);
    const made = valueOf(
      await alice.engine.commit(alice.group, { kind: "add", keyPackages: [bob.keyPackage] }),
    );
    assert.ok(made.welcome);
    const { group } = valueOf(await engine.join(made.welcome, [bob.stored]));
    bob.stored.fill(0);
    const message = await alice.engine.seal(made.next, PLAIN);
    assert.deepEqual(await receiveBy({ name: "bob", engine, group }, message.message), PLAIN);
  });

  contract("[MG17] members of an epoch export the same secret, by label, context and epoch", async () => {
    const [alice, bob] = await pair();
    const exported = async (party: Party, label: string, context: Uint8Array): Promise<string> =>
      (await party.engine.exportSecret(party.group, label, context, 32)).expose((bytes) => bytes.toHex());
    const context = randomBytes(16);
    const ours = await exported(alice, "sotto/test", context);
    assert.equal(ours.length, 64);
    assert.equal(await exported(bob, "sotto/test", context), ours);
    assert.notEqual(await exported(bob, "sotto/other", context), ours);
    assert.notEqual(await exported(bob, "sotto/test", randomBytes(16)), ours);
    await receiveBy(bob, await sealBy(alice));
    assert.equal(await exported(bob, "sotto/test", context), ours);
    const update = valueOf(await alice.engine.commit(alice.group, { kind: "update" }));
    alice.group = update.next;
    assert.notEqual(await exported(alice, "sotto/test", context), ours);
  });

  contract("[MG18] after a wipe the next group works, and the saved state is whole", async () => {
    const [alice, bob] = await pair();
    for (let round = 0; round < 3; round++) {
      const sealed = await alice.engine.seal(alice.group, PLAIN);
      sealed.wipe();
      alice.group = valueOf(alice.engine.load(alice.engine.save(sealed.next)));
      const opened = openedAs("application", await openBy(bob, sealed.message));
      opened.wipe();
      bob.group = opened.next;
      const update = valueOf(await bob.engine.commit(bob.group, { kind: "update" }));
      const followed = openedAs("commit", await openBy(alice, update.commit));
      followed.wipe();
      update.wipe();
      alice.group = followed.next;
      bob.group = update.next;
    }
    assert.deepEqual(await receiveBy(bob, await sealBy(alice)), PLAIN);
  });

  contract("[MG12] removing nobody or oneself is a bug of the caller", async () => {
    const [alice] = await pair();
    for (const leaves of [[alice.group.ownLeaf], [7]]) {
      await assert.rejects(alice.engine.commit(alice.group, { kind: "remove", leaves }), {
        name: "InvariantError",
      });
    }
  });
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

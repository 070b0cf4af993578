/** Random groups of up to fifteen: whatever is done to them, members agree and who is gone reads nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTsMlsEngine, type Change, type Group, type MlsEngine, type Suite } from "@sotto/crypto";
import { u64, type RandomBytes } from "@sotto/protocol";
import { bindsKey, deviceNamed, errorOf, openedAs, valueOf } from "../src/mls-engine-contract.ts";
import { createReferenceEngine } from "../src/mls-reference-engine.ts";
import { createRng, type Rng } from "../src/rng.ts";

const MEMBERS_MAX = 15;
const now = Date.now();
const lifetime = { notBefore: 0, notAfter: now + 86_400_000 };
const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

type Party = { group: Group };
type Sent = { readonly sender: Party; readonly plaintext: Uint8Array; readonly message: Uint8Array };

class World {
  readonly #engine: MlsEngine;
  readonly #rng: Rng;
  #members: Party[] = [];
  #joined = 0;
  #sent = 0;

  constructor(engine: MlsEngine, rng: Rng) {
    this.#engine = engine;
    this.#rng = rng;
  }

  async start(): Promise<void> {
    this.#members = [{ group: await this.#engine.createGroup(randomBytes(32), this.#device()) }];
  }

  #device() {
    return deviceNamed(`device ${this.#joined++}`);
  }

  async step(): Promise<string> {
    const author = this.#rng.pick(this.#members);
    const others = this.#members.filter((one) => one !== author);
    const roll = this.#rng.below(10);
    if (others.length < 2 || (roll < 3 && this.#members.length < MEMBERS_MAX)) return this.#add(author);
    if (roll < 6) return this.#remove(author, others);
    if (roll < 8) return this.#commitBy(author, { kind: "update" }, []);
    return this.#talk();
  }

  async #add(author: Party): Promise<string> {
    const room = Math.max(1, Math.min(3, MEMBERS_MAX - this.#members.length));
    const made = await Promise.all(
      Array.from({ length: 1 + this.#rng.below(room) }, () =>
        this.#engine.createKeyPackage(this.#device(), lifetime),
      ),
    );
    const keyPackages = made.map((one) => one.keyPackage);
    return this.#commitBy(
      author,
      { kind: "add", keyPackages },
      made.map((one) => one.stored),
    );
  }

  #remove(author: Party, others: readonly Party[]): Promise<string> {
    const count = 1 + this.#rng.below(Math.min(4, others.length - 1));
    const left = [...others];
    const chosen = Array.from({ length: count }, () => left.splice(this.#rng.below(left.length), 1));
    const leaves = chosen.flat().map((one) => one.group.ownLeaf);
    return this.#commitBy(author, { kind: "remove", leaves }, []);
  }

  async #commitBy(author: Party, change: Change, joiners: readonly Uint8Array[]): Promise<string> {
    const loser = this.#rng.chance(0.3) ? this.#rng.pick(this.#members) : undefined;
    if (loser && loser !== author) valueOf(await this.#engine.commit(loser.group, { kind: "update" }));
    const made = valueOf(await this.#engine.commit(author.group, change));
    const gone: Party[] = [];
    for (const member of this.#members) {
      if (member === author) continue;
      const opened = valueOf(await this.#engine.open(member.group, made.commit));
      if (opened.kind === "removed") gone.push(member);
      else member.group = openedAs("commit", { ok: true, value: opened }).next;
    }
    author.group = made.next;
    this.#members = this.#members.filter((one) => !gone.includes(one));
    for (const stored of joiners) {
      assert.ok(made.welcome);
      this.#members.push({ group: valueOf(await this.#engine.join(made.welcome, [stored])).group });
    }
    assert.equal(gone.length, change.kind === "remove" ? change.leaves.length : 0);
    await this.#agree();
    await this.#cannotRead(gone);
    return change.kind;
  }

  async #agree(): Promise<void> {
    const views = this.#members.map((one) => ({
      authenticator: this.#engine.epochAuthenticator(one.group).toHex(),
      leaves: one.group.members().map((member) => member.leaf),
    }));
    for (const view of views) assert.deepEqual(view, views[0]);
    const leaves = this.#members.map((one) => one.group.ownLeaf).toSorted((a, b) => a - b);
    assert.deepEqual(views[0]?.leaves, leaves);
    await this.#talk();
  }

  /** Some members send some messages; everyone reads them in an order of its own, across reloads. */
  async #talk(): Promise<string> {
    const sent: Sent[] = [];
    for (let count = 1 + this.#rng.below(3); count > 0; count--) {
      const sender = this.#rng.pick(this.#members);
      const plaintext = u64(this.#sent++);
      const sealed = await this.#engine.seal(sender.group, plaintext);
      sealed.wipe();
      sender.group = sealed.next;
      sent.push({ sender, plaintext, message: sealed.message });
    }
    for (const reader of this.#members) {
      const unread: Sent[] = sent.filter((one) => one.sender !== reader);
      while (unread.length > 0) {
        const one: Sent | undefined = unread.splice(this.#rng.below(unread.length), 1)[0];
        assert.ok(one);
        const opened = openedAs("application", await this.#engine.open(reader.group, one.message));
        assert.deepEqual(opened.plaintext, one.plaintext);
        assert.equal(opened.sender.leaf, one.sender.group.ownLeaf);
        opened.wipe();
        reader.group = opened.next;
        if (this.#rng.chance(0.2)) {
          reader.group = valueOf(this.#engine.load(this.#engine.save(reader.group)));
        }
      }
    }
    return "talk";
  }

  async #cannotRead(gone: readonly Party[]): Promise<void> {
    const sender = this.#rng.pick(this.#members);
    const { message } = await this.#engine.seal(sender.group, u64(0));
    for (const one of gone) assert.equal(errorOf(await this.#engine.open(one.group, message)), "futureEpoch");
  }
}

async function run(engine: MlsEngine, seed: number, steps: number): Promise<void> {
  const world = new World(engine, createRng(seed));
  await world.start();
  const done: string[] = [];
  for (let step = 0; step < steps; step++) {
    try {
      done.push(await world.step());
    } catch (error) {
      assert.fail(new Error(`seed ${seed}, after ${done.join(" ")}`, { cause: error }));
    }
  }
  assert.equal(new Set(done).size, 4, "every operation happened");
}

const engineFor = async (suite: Suite): Promise<MlsEngine> =>
  valueOf(await createTsMlsEngine({ suite, authenticate: bindsKey, clock: () => now, randomBytes }));

test("[MG22] 240 random operations, ts-mls with X25519", async () => {
  for (const seed of [1, 2, 3]) await run(await engineFor("x25519"), seed, 80);
});
test("[MG22] 40 random operations, ts-mls with X-Wing", async () => {
  await run(await engineFor("x-wing"), 4, 40);
});
test("[MG22] 1,000 random operations, reference engine", async () => {
  for (const seed of [5, 6, 7, 8]) {
    await run(createReferenceEngine({ authenticate: bindsKey, clock: () => now, randomBytes }), seed, 250);
  }
});

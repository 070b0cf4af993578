/** Members over real relays in one process, with a clock that stands still until told and lines that can be cut. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { createTsMlsEngine, type Authenticate, type MlsEngine } from "@sotto/crypto";
import {
  createMember,
  createProfile,
  restoreAccount,
  type Alarm,
  type BlobPlace,
  type BlobTransport,
  type ConversationView,
  type Dial,
  type Intent,
  type LineEvents,
  type Member,
  type MemberPorts,
  type Problem,
  type Records,
  type RecordWrite,
} from "@sotto/client";
import { codeToText, concat, DEFAULT_POLICY, err, ok, toHex } from "@sotto/protocol";
import { createBlobs, createRelay, createTokenAdmission, type Blobs, type Session } from "@sotto/relay";
import {
  createMemoryBlobStore,
  createMemoryChannelStore,
  createMemoryWakeups,
} from "@sotto/relay-adapters/memory";
import { createKeyRing } from "@sotto/relay-adapters/node";
import { blobEnd, putBody } from "@sotto/testkit/blob-end";
import { isSignedBy } from "@sotto/verify";

export const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** Records in memory; `isFull` and `isFailing` stand for a disk in trouble. */
class MemoryRecords implements Records {
  readonly kept = new Map<string, Uint8Array>();
  isFull = false;
  commits = 0;
  get = (key: string) => Promise.resolve(this.kept.get(key)?.slice());
  getMany = (keys: readonly string[]) => Promise.all(keys.map(this.get));
  list: Records["list"] = (prefix, { from = "", to, limit = Infinity, reverse = false } = {}) => {
    const keys = [...this.kept.keys()]
      .filter((key) => key.startsWith(prefix) && key >= from && (to === undefined || key < to))
      .toSorted((a, b) => (a < b ? -1 : 1));
    return (reverse ? keys.toReversed() : keys).slice(0, limit);
  };
  commit = (writes: readonly RecordWrite[]) => {
    this.commits++;
    const grows = writes.some(({ value }) => value !== null);
    if (this.isFull && grows) return Promise.resolve(err({ kind: "full" } as const));
    for (const { key, value } of writes) {
      assert.ok(key.length <= 128, "a key keeps to the container's limit");
      if (value === null) this.kept.delete(key);
      else this.kept.set(key, value.slice());
    }
    return Promise.resolve(ok(undefined));
  };
  scrubs = 0;
  /** Of the container's segments that hold names of what is deleted. */
  toScrub = 0;
  scrub = () => {
    this.scrubs++;
    this.toScrub = Math.max(0, this.toScrub - 1);
    return Promise.resolve(ok({ remaining: this.toScrub }));
  };
  capacityBytes = 20_000_000;
  usage = () => ({
    liveBytes: [...this.kept.values()].reduce((sum, { length }) => sum + length, 0),
    capacityBytes: this.capacityBytes,
  });
}

type Timed = { at: number; run: () => void };

export class World {
  /** Begins now, because ts-mls asks the system's clock about lifetimes. */
  now = Date.now();
  #timed: Timed[] = [];
  readonly relays = new Map<string, TestRelay>();
  readonly people: Person[] = [];

  after(ms: number, run: () => void): Timed {
    const timed = { at: this.now + ms, run };
    this.#timed.push(timed);
    return timed;
  }
  cancel(timed: Timed): void {
    this.#timed = this.#timed.filter((one) => one !== timed);
  }

  relay(url = "https://relay.example"): TestRelay {
    const relay = new TestRelay(this, url);
    this.relays.set(url, relay);
    return relay;
  }

  /** Lets time pass, and everything that it causes happen. */
  async pass(ms = 50): Promise<void> {
    const until = this.now + ms;
    for (let quiet = 0; quiet < 6;) {
      const next = this.#timed.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= until);
      if (next !== undefined && quiet >= 3) {
        this.now = Math.max(this.now, next.at);
        this.cancel(next);
        next.run();
        quiet = 0;
      }
      const before = this.activity;
      await setImmediate();
      for (const person of this.people) await person.member?.idle();
      await setImmediate();
      quiet = before === this.activity ? quiet + 1 : 0;
    }
    this.now = until;
  }
  activity = 0;

  async person(name: string, relay: TestRelay): Promise<Person> {
    const person = new Person(this, name, relay);
    this.people.push(person);
    const code = await relay.code();
    const made = await createProfile(person.ports(), { name, relayUrl: relay.url, code, kind: "cli" });
    assert.ok(made.ok);
    await person.start();
    return person;
  }

  /** On another device, from a recovery kit as it was typed. */
  async restore(
    name: string,
    relay: TestRelay,
    typed: string,
    tamper?: Person["tamper"],
  ): Promise<Person | Problem> {
    const person = new Person(this, name, relay);
    if (tamper !== undefined) person.tamper = tamper;
    const ports = person.ports();
    const restoring = restoreAccount(ports, { kit: typed, relayUrl: relay.url, kind: "cli" });
    await this.pass(60_000);
    const restored = await restoring;
    if (!restored.ok) return restored.error;
    const code = await relay.code();
    const joining = { name, relayUrl: relay.url, code, kind: "cli", restored: restored.value } as const;
    assert.ok((await createProfile(ports, joining)).ok);
    this.people.push(person);
    await person.start();
    return person;
  }
}

export class TestRelay {
  readonly world: World;
  readonly url: string;
  keyRing = createKeyRing(random(32));
  isUp = true;
  readonly #store;
  readonly blobStore = createMemoryBlobStore();
  readonly blobs: Blobs;
  readonly #relay;
  readonly cuts = new Set<() => void>();
  /** Sees every frame from a member; false drops it. */
  filter: (frame: Uint8Array) => boolean = () => true;
  readonly dialled: string[] = [];

  constructor(world: World, url: string) {
    this.world = world;
    this.url = url;
    this.#store = createMemoryChannelStore({ relayId: this.keyRing.relayId, sha256 });
    const clock = (): number => world.now;
    const { blobStore, keyRing } = this;
    this.blobs = createBlobs({ store: blobStore, keyRing, clock, sha256, observe: () => undefined });
    this.#relay = createRelay({
      store: this.#store,
      blobs: this.blobs,
      keyRing: this.keyRing,
      verifier: {
        verify: (checks) =>
          Promise.resolve(checks.map(({ key, message, signature }) => isSignedBy(key, message, signature))),
      },
      admission: createTokenAdmission(sha256),
      wakeups: createMemoryWakeups().join(),
      clock,
      random,
      timers: { after: (ms, run) => void world.after(ms, run) },
      sha256,
      policy: DEFAULT_POLICY,
      observe: (event) => {
        if (event.kind === "bug") throw event.error;
      },
    });
  }

  async code(): Promise<string> {
    const code = random(16);
    const until = this.world.now + 365 * 86_400_000;
    await this.#store.apply([{ kind: "mint", codeHash: toHex(sha256(code)), until }], this.world.now);
    return codeToText(code);
  }

  /** What a PUT or GET is to end in instead; `half` of a part may arrive first. */
  disturb: (method: "PUT" | "GET") => "away" | "half" | undefined = () => undefined;
  /** What the relay does to bytes it gives. */
  alter: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  blobRequests: string[] = [];

  /** As HTTP carries it to this relay and back. */
  transport(): BlobTransport {
    const { blobs, world } = this;
    const end = blobEnd(blobs);
    const AWAY = { kind: "away" } as const;
    const arrive = async (what: string): Promise<boolean> => {
      world.activity++;
      await setImmediate();
      world.activity++;
      this.blobRequests.push(what);
      return this.isUp;
    };
    return {
      put: async ({ blobId }, token, offset, part) => {
        if (!(await arrive(`PUT ${offset} ${part.length}`))) return AWAY;
        const disturbed = this.disturb("PUT");
        const body = disturbed === "half" ? part.subarray(0, part.length >> 1) : part;
        const at = { blobId, token, offset };
        const answer = disturbed === "away" ? AWAY : await putBody(blobs, at, body, part.length);
        world.activity++;
        return answer;
      },
      received: async (place, token) => ((await arrive("HEAD")) ? end.received(place, token) : AWAY),
      get: async (place, from, to) => {
        if (!(await arrive(`GET ${from} ${to}`)) || this.disturb("GET") !== undefined) return AWAY;
        const got = await end.get(place, from, to);
        return got.kind === "bytes" ? { ...got, bytes: this.alter(got.bytes) } : got;
      },
      erase: async (place, token) => ((await arrive("DELETE")) ? end.erase(place, token) : "away"),
    };
  }

  cutAll(): void {
    for (const cut of this.cuts) cut();
  }

  dial(circuit: string, events: LineEvents): { send(frame: Uint8Array): void; end(): void } {
    const { world } = this;
    this.dialled.push(circuit);
    let isOpen = true;
    let session: Session | undefined;
    const later = (run: () => void): void => {
      world.activity++;
      queueMicrotask(() => {
        world.activity++;
        run();
      });
    };
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.cuts.delete(cut);
      session?.closed();
    };
    const cut = (): void => {
      if (!isOpen) return;
      end();
      later(() => events.ended());
    };
    later(() => {
      if (!isOpen) return;
      if (!this.isUp) return cut();
      this.cuts.add(cut);
      session = this.#relay.connect({
        send: (head, body) => {
          const frame = (body ? concat(head, body) : head).slice();
          later(() => {
            if (isOpen) events.received(frame);
          });
        },
        flush: () => undefined,
        unsentBytes: () => 0,
        pause: () => undefined,
        resume: () => undefined,
        close: cut,
      });
      events.opened();
    });
    return {
      send: (frame) =>
        later(() => {
          if (isOpen && this.filter(frame)) session?.receive(frame.slice());
        }),
      end,
    };
  }
}

export class Person {
  readonly world: World;
  readonly name: string;
  readonly relay: TestRelay;
  readonly records = new MemoryRecords();
  member: Member | undefined;
  /** What the relay does to frames for this person. */
  tamper: (frame: Uint8Array) => Uint8Array | undefined = (frame) => frame;
  hearsTwice = false;
  /** A client that lies to others. */
  changeEngine: (engine: MlsEngine) => MlsEngine = (engine) => engine;
  /** Of this person's own clock. */
  clockOffset = 0;
  #timed: Timed | undefined;
  #incarnation = 0;

  constructor(world: World, name: string, relay: TestRelay) {
    this.world = world;
    this.name = name;
    this.relay = relay;
  }

  ports(): MemberPorts {
    const mine = ++this.#incarnation;
    const isAlive = (): boolean => mine === this.#incarnation;
    const clock = (): number => this.world.now + this.clockOffset;
    const alarm: Alarm = {
      set: (atMs, ring) => {
        if (this.#timed !== undefined) this.world.cancel(this.#timed);
        this.#timed = this.world.after(Math.max(0, atMs - clock()), () => {
          if (isAlive()) ring();
        });
      },
      clear: () => {
        if (this.#timed !== undefined) this.world.cancel(this.#timed);
      },
    };
    const dial: Dial = ({ url }, circuit, events) => {
      const guarded: LineEvents = {
        opened: () => (isAlive() ? events.opened() : undefined),
        received: (frame) => {
          if (!isAlive()) return;
          const changed = this.tamper(frame);
          if (changed === undefined) return;
          events.received(changed);
          if (this.hearsTwice) events.received(changed.slice());
        },
        ended: () => (isAlive() ? events.ended() : undefined),
      };
      const relay = this.world.relays.get(url);
      if (relay !== undefined) return relay.dial(circuit, guarded);
      queueMicrotask(() => guarded.ended());
      return { send: () => undefined, end: () => undefined };
    };
    return {
      records: this.records,
      dial,
      alarm,
      clock,
      blobs: this.#transport(isAlive),
      openSource: this.openSource,
      randomBytes: random,
      createEngine: async (authenticate: Authenticate) => {
        const made = await createTsMlsEngine({ suite: "x25519", authenticate, clock, randomBytes: random });
        return made.ok ? ok(this.changeEngine(made.value)) : made;
      },
    };
  }

  /** By the address that is asked; a process that is gone has no further effect. */
  #transport(isAlive: () => boolean): BlobTransport {
    const to = ({ url }: BlobPlace): BlobTransport =>
      this.world.relays.get(url)?.transport() ?? assert.fail("nobody is asked who is no relay");
    const never = new Promise<never>(() => {});
    return {
      put: (place, ...rest) => (isAlive() ? to(place).put(place, ...rest) : never),
      received: (place, token) => (isAlive() ? to(place).received(place, token) : never),
      get: (place, ...rest) => (isAlive() ? to(place).get(place, ...rest) : never),
      erase: (place, token) => (isAlive() ? to(place).erase(place, token) : never),
    };
  }
  openSource: NonNullable<MemberPorts["openSource"]> = () => Promise.resolve(undefined);

  async start(): Promise<void> {
    const made = await createMember(this.ports());
    assert.ok(made.ok, made.ok ? "" : made.error);
    this.member = made.value;
    await this.world.pass();
  }

  /** The process ends between two of its effects; what is durable stays. */
  crash(): void {
    this.ports(); // deafens what is left of it
    this.member = undefined;
    this.relay.world.activity++;
  }

  get view() {
    assert.ok(this.member);
    return this.member.view();
  }
  get link(): string {
    const { link } = this.view.me;
    assert.ok(link !== undefined, "the inbox is there");
    return link;
  }
  async ask(intent: Intent) {
    assert.ok(this.member);
    const asked = this.member.ask(intent);
    const answer = await asked;
    await this.world.pass();
    return answer;
  }

  row(of: Person) {
    return this.view.conversations.find(({ id }) => id === of.id);
  }
  get id(): string {
    return this.#id ?? assert.fail("somebody else knows the id");
  }
  #id: string | undefined;

  async add(other: Person): Promise<void> {
    const answer = await this.ask({ kind: "add-contact", link: other.link });
    assert.ok(answer.ok && answer.value.kind === "conversation", JSON.stringify(answer));
    other.#id = answer.value.id;
  }
  knownAs(id: string): void {
    this.#id = id;
  }

  async send(to: Person | string, text: string): Promise<string> {
    const id = typeof to === "string" ? to : to.id;
    const answer = await this.ask({ kind: "send", to: id, text });
    assert.ok(answer.ok && answer.value.kind === "message", JSON.stringify(answer));
    return answer.value.key;
  }

  async conversation(id: string): Promise<ConversationView> {
    assert.ok(this.member);
    const shown: ConversationView[] = [];
    const open = await this.member.openConversation(id, (view) => void shown.push(view));
    open?.close();
    return shown.at(-1) ?? assert.fail("the conversation is there");
  }
  /** "<" theirs, ">" mine, with the mark. */
  async lines(id: string): Promise<string[]> {
    const { messages } = await this.conversation(id);
    return messages.map(({ content, mine, mark }) => {
      if (content.kind === "notice") return `* ${content.notice.kind}`;
      const text = content.kind === "text" ? content.text : content.kind;
      return mine ? `> ${text} (${mark})` : `< ${text}`;
    });
  }
}

/** Two people at one relay, or at two, who have each other as contacts. */
export async function acquaintances(relays: 1 | 2 = 1) {
  const world = new World();
  const here = world.relay();
  const there = relays === 1 ? here : world.relay("https://other.example");
  const alice = await world.person("Alice", here);
  const bob = await world.person("Bob", there);
  await alice.add(bob);
  await world.pass(1_000);
  const [row] = bob.view.conversations;
  assert.ok(row, "bob was invited");
  alice.knownAs(row.id);
  return { world, here, there, alice, bob };
}

/** Guardians in memory, devices that are registered with them, and a clock that the test moves. */
import assert from "node:assert/strict";
import {
  ask,
  changeBytes,
  deal,
  sign,
  signingKey,
  unlockWithPin,
  type Carry,
  type Dealt,
  type GuardianChange,
  type GuardianSeat,
  type Unlocking,
} from "@sotto/crypto";
import {
  bytesToRecord,
  createGuardian,
  type Guardian,
  type GuardianLimits,
  type GuardianRecord,
} from "@sotto/guardian";
import {
  createMemoryRecordStore,
  type MemoryRecordStore,
  type SentMessage,
} from "@sotto/guardian-adapters/memory";
import {
  fromHex,
  registeredBytes,
  type Secret,
  textToBytes,
  toHex,
  type GuardianAddress,
  type GuardianRequest,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { newIdentity, random } from "./identity.ts";

/** Instead of Argon2id, which would make a test of guesses take minutes. */
export const stretched = (pin: string): Uint8Array => sha256(textToBytes(`stretched ${pin}`));

export type TestGuardian = GuardianAddress & {
  readonly store: MemoryRecordStore;
  guardian: Guardian;
  sign(bytes: Uint8Array): Uint8Array;
  /** While true nothing reaches it. */
  isDown: boolean;
  /** While true it waits for what the others say was wiped. */
  isCatchingUp: boolean;
};

export type Image = {
  readonly seats: readonly GuardianSeat[];
  readonly threshold: number;
  readonly deviceSecret: Secret;
};

export class GuardianWorld {
  now = 1_800_000_000_000;
  readonly guardians: TestGuardian[] = [];
  /** Hears of each envelope: the guardian's place, and the bytes there and back. */
  onCarry: (at: number, sent: number, got: number) => void = () => undefined;
  readonly #limits: Partial<GuardianLimits>;

  constructor(limits: Partial<GuardianLimits> = {}) {
    this.#limits = limits;
  }

  static async create(count = 3, limits: Partial<GuardianLimits> = {}): Promise<GuardianWorld> {
    const world = new GuardianWorld(limits);
    for (let at = 0; at < count; at++) world.guardians.push(await world.createGuardian(at));
    return world;
  }

  async createGuardian(at: number): Promise<TestGuardian> {
    const { pair, envelopeSeed, address } = await newIdentity(at);
    const { gid } = address;
    const store = createMemoryRecordStore(random);
    const signAs = (bytes: Uint8Array): Uint8Array => sign(pair, bytes);
    const guardian = createGuardian({
      store,
      keys: { gid, sign: signAs, envelopeSeed },
      admission: { spend: () => Promise.resolve(true) },
      clock: () => this.now,
      random,
      until: () => Promise.resolve(),
      peers: this.guardians,
      limits: this.#limits,
      isCatchingUp: () => this.guardians[at]?.isCatchingUp === true,
    });
    return {
      ...address,
      store,
      guardian,
      sign: signAs,
      isDown: false,
      isCatchingUp: false,
    };
  }

  /** The way to the guardians; a test may put another in its place. */
  carry: Carry = async (to, envelope) => {
    const one = this.guardians.find(({ gid }) => toHex(gid) === toHex(to.gid));
    if (!one || one.isDown) return undefined;
    const answer = await one.guardian.answer(envelope);
    this.onCarry(this.guardians.indexOf(one), envelope.length, answer?.length ?? 0);
    return answer;
  };

  /** Registers a device; PINs that are left out are ones that nobody knows. */
  async register(
    pins: { readonly real: string; readonly decoy?: string; readonly duress?: string },
    threshold = 2,
  ): Promise<{ readonly dealt: Dealt; readonly image: Image }> {
    const { real, decoy, duress } = pins;
    const inputs = {
      real: stretched(real),
      decoy: decoy === undefined ? undefined : stretched(decoy),
      duress: duress === undefined ? undefined : stretched(duress),
    };
    const dealt = deal(this.guardians, threshold, inputs, [], { random, sha256 });
    for (const [at, registration] of dealt.registrations.entries()) {
      const guardian = this.guardians[at];
      assert.ok(guardian);
      const answer = await ask(guardian, { kind: "register", registration }, this.carry);
      assert.ok(answer?.kind === "registered");
      const { rid, publicShare, deviceKey } = registration;
      const signed = registeredBytes({ gid: guardian.gid, rid }, publicShare, deviceKey);
      assert.ok(isSignedBy(guardian.gid, signed, answer.receipt));
    }
    return { dealt, image: { seats: dealt.seats, threshold, deviceSecret: dealt.deviceSecret } };
  }

  /** `only`: the guardians that are asked, by their place. */
  unlock(image: Image, pin: string, only?: readonly number[]): Promise<Unlocking> {
    const seats = image.seats.filter(({ x }) => only === undefined || only.includes(x - 1));
    return unlockWithPin({ ...image, seats }, stretched(pin), { carry: this.carry, random });
  }

  /** Hours pass, so that no try waits for the one before. */
  async guess(image: Image, pin: string): Promise<Unlocking> {
    this.now += 25 * 3_600_000;
    return this.unlock(image, pin);
  }

  /** Brings what guardians have queued for one another, until nothing is left. */
  async gossip(): Promise<number> {
    let carried = 0;
    for (let isMore = true; isMore;) {
      isMore = false;
      for (const one of this.guardians)
        for (const message of one.store.takeMessages()) {
          await this.#tell(message);
          carried += 1;
          isMore = true;
        }
    }
    return carried;
  }

  async #tell(message: SentMessage): Promise<void> {
    const to = this.guardians.find(({ gid }) => toHex(gid) === toHex(message.gid));
    assert.ok(to);
    const { kid, token } = message;
    const request: GuardianRequest =
      message.kind === "kill"
        ? { kind: "kill", kid, token, passedOn: message.passedOn }
        : { kind: "wiped", kid, token };
    await ask(to, request, this.carry);
  }

  /** Asks for a change as one of the managers, with a nonce of its own. */
  async manage(at: number, managerSeed: Secret, change: GuardianChange) {
    const [guardian, pair] = [this.guardians[at], signingKey(managerSeed)];
    assert.ok(guardian);
    const { gid } = guardian;
    const [rid] = guardian.store.copy().keys();
    const place = { gid, rid: fromHex(rid ?? "") };
    const challenge = await this.ask(at, { kind: "hello", rid: place.rid });
    assert.ok(challenge?.kind === "challenge");
    const { nonce } = challenge;
    const signature = sign(pair, changeBytes(place, nonce, change));
    return this.ask(at, { ...change, rid: place.rid, nonce, manager: pair.publicKey, signature });
  }

  ask(at: number, request: GuardianRequest) {
    const guardian = this.guardians[at];
    assert.ok(guardian);
    return ask(guardian, request, this.carry);
  }
}

/** What a guardian holds of the one device that is registered with it. */
export function recordAt({ store }: TestGuardian): GuardianRecord {
  const [bytes] = store.copy().values();
  assert.ok(bytes);
  const record = bytesToRecord(bytes);
  assert.ok(record.ok);
  return record.value;
}

/** Which profile's box a key opens. */
export function profileOf(
  dealt: Dealt,
  unlocking: Unlocking,
): "real" | "decoy" | "neither" | Exclude<Unlocking["kind"], "opened"> {
  if (unlocking.kind !== "opened") return unlocking.kind;
  const hex = unlocking.key.expose(toHex);
  if (hex === dealt.realBoxKey.expose(toHex)) return "real";
  return hex === dealt.decoyBoxKey.expose(toHex) ? "decoy" : "neither";
}

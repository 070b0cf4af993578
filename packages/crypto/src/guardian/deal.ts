/**
 * Registration: the device makes every secret, deals shares to its guardians and forgets the whole. Afterwards it holds
 * what to ask with, and nothing that tells how many PINs there are. Spec: spec/guardian.md, "Record".
 */
import {
  elementToBytes,
  evaluateInput,
  hashToGroup,
  publicShare,
  randomScalar,
  scalarToBytes,
  splitSecret,
  type Scalar,
  type Share,
} from "@sotto/oprf";
import {
  assert,
  Secret,
  SLOTS,
  type GuardianAddress,
  type RandomBytes,
  type Registration,
  type Sha256,
} from "@sotto/protocol";
import { signingKey, type SigningKey } from "../keys.ts";
import { boxKey, linkScalar, sealShare, type Place } from "./slot-keys.ts";

/** What the device keeps of one guardian. The same for one, two or three PINs. */
export type GuardianSeat = GuardianAddress & {
  /** The guardian's number, from 1. */
  readonly x: number;
  readonly rid: Uint8Array;
  /** Ed25519 seed: signs EVAL. */
  readonly deviceSeed: Secret;
  /** Takes its place once the guardian has taken it (ROTATE): tried first. */
  readonly nextSeed?: Secret | undefined;
  readonly publicShare: Uint8Array;
};

/** Stretched PINs, 32 bytes each. A PIN that is missing is one that nobody knows. */
export type Pins = {
  readonly real: Uint8Array;
  readonly decoy: Uint8Array | undefined;
  readonly duress: Uint8Array | undefined;
};

/** What opening the profile gives its owner beside its box: who may renew tries, change PINs and wipe. */
export type Managing = {
  readonly managerSeed: Secret;
  /** Where each PIN's slot is, guardian by guardian; a decoy profile knows its own slot alone. */
  readonly slots: readonly Readonly<Partial<Record<SlotName, number>>>[];
  /** The profile's share at each guardian, as a scalar's bytes: another PIN seals the same one. */
  readonly shares: readonly Secret[];
};

export type Dealt = {
  readonly seats: readonly GuardianSeat[];
  readonly registrations: readonly Registration[];
  readonly deviceSecret: Secret;
  readonly realBoxKey: Secret;
  readonly decoyBoxKey: Secret;
  readonly real: Managing & { readonly wipeSeed: Secret };
  readonly decoy: Managing;
};

const SLOT_NAMES = ["real", "decoy", "duress", "spare"] as const;
export type SlotName = (typeof SLOT_NAMES)[number];

type Ports = { readonly random: RandomBytes; readonly sha256: Sha256 };
type Kid = { readonly kid: Uint8Array; readonly token: Uint8Array };

export function deal(
  guardians: readonly GuardianAddress[],
  threshold: number,
  pins: Pins,
  admissions: readonly Uint8Array[],
  { random, sha256 }: Ports,
): Dealt {
  const count = guardians.length;
  // With more, two disjoint sets of guardians could open: duress at one would leave the other (section 1).
  assert(threshold >= 1 && count >= threshold && count <= 2 * threshold - 1, "any two quorums meet");
  const sizes = { threshold, count };
  const [key, realSecret, decoySecret] = [randomScalar(random), randomScalar(random), randomScalar(random)];
  const keyShares = splitSecret(key, sizes, random);
  const realShares = splitSecret(realSecret, sizes, random);
  const decoyShares = splitSecret(decoySecret, sizes, random);
  const outputs = outputsOf(key, pins, random);
  const newPair = (): SigningKey => signingKey(newSeed(random));
  const managers = { real: newPair(), decoy: newPair(), duress: newPair(), spare: newPair() };
  const wiping = newPair();
  const kids = guardians.map(() => guardians.map((): Kid => ({ kid: random(16), token: random(32) })));
  const places: Readonly<Record<SlotName, number>>[] = [];
  const seats: GuardianSeat[] = [];
  const registrations = guardians.map((guardian, at): Registration => {
    const place = { gid: guardian.gid, rid: random(16) };
    const device = newPair();
    const slots = shuffledSlots(random);
    places.push(slots);
    const share = keyShares[at]?.value ?? 0n;
    const published = publicShare(share);
    const shares = { real: realShares[at]?.value ?? 0n, decoy: decoyShares[at]?.value ?? 0n };
    seats.push({
      ...guardian,
      x: at + 1,
      rid: place.rid,
      deviceSeed: device.seed,
      publicShare: published,
    });
    return {
      rid: place.rid,
      deviceKey: device.publicKey,
      share: scalarToBytes(share),
      publicShare: published,
      wipeKey: wiping.publicKey,
      slots: inPlaces(slots, (name) => ({
        ...slotFor(outputs[name], place, shareOf(name, shares, random), random),
        killMask: name === "duress" ? bit(slots.real) : 0,
      })),
      managers: inPlaces(shuffledSlots(random), (name) => ({
        key: managers[name].publicKey,
        scope: scopeOf(name, slots),
      })),
      killIn: others(kids, at).map(([from]) => ({
        kid: kidOf(kids, from, at).kid,
        tokenHash: sha256(kidOf(kids, from, at).token),
        mask: bit(slots.real),
      })),
      killOut: others(guardians, at).map(([to, { url, gid, gx }]) => ({
        url,
        gid,
        gx,
        ...kidOf(kids, at, to),
      })),
      admission: admissions[at] ?? new Uint8Array(0),
    };
  });
  const deviceSecret = newSeed(random);
  return {
    seats,
    registrations,
    deviceSecret,
    realBoxKey: boxKey(realSecret, deviceSecret),
    decoyBoxKey: boxKey(decoySecret, deviceSecret),
    real: {
      managerSeed: managers.real.seed,
      slots: places,
      shares: secretsOf(realShares),
      wipeSeed: wiping.seed,
    },
    decoy: {
      managerSeed: managers.decoy.seed,
      slots: places.map(({ decoy }) => ({ decoy })),
      shares: secretsOf(decoyShares),
    },
  };
}

const secretsOf = (shares: readonly Share[]): readonly Secret[] =>
  shares.map(({ value }) => new Secret(scalarToBytes(value)));

const newSeed = (random: RandomBytes): Secret => new Secret(random(32));
const bit = (slot: number): number => 1 << slot;

/** A PIN as the dealer sees it. One that nobody knows is as random as one that nobody can guess. */
type Output = { readonly input: Uint8Array; readonly output: Secret };

function outputsOf(key: Scalar, pins: Pins, random: RandomBytes): Readonly<Record<SlotName, Output>> {
  const outputOf = (pin: Uint8Array | undefined): Output => {
    const input = pin ?? random(32);
    return { input, output: new Secret(evaluateInput(key, input)) };
  };
  return {
    real: outputOf(pins.real),
    decoy: outputOf(pins.decoy),
    duress: outputOf(pins.duress),
    spare: outputOf(undefined),
  };
}

/** Decoy and duress open the same profile: whoever looks on sees one outcome. */
function shareOf(
  name: SlotName,
  shares: { readonly real: Scalar; readonly decoy: Scalar },
  random: RandomBytes,
): Scalar {
  if (name === "spare") return randomScalar(random);
  return name === "real" ? shares.real : shares.decoy;
}

/** What a guardian holds of one PIN. */
export function slotFor(
  { input, output }: Output,
  place: Place,
  share: Scalar,
  random: RandomBytes,
): { readonly element: Uint8Array; readonly sealedShare: Uint8Array } {
  const element = elementToBytes(hashToGroup(input).multiply(linkScalar(output, place)));
  return { element, sealedShare: sealShare(output, place, share, random) };
}

function scopeOf(name: SlotName, slots: Readonly<Record<SlotName, number>>): number {
  switch (name) {
    case "real":
      return 2 ** SLOTS - 1;
    case "decoy":
      return bit(slots.decoy);
    case "duress":
      return bit(slots.decoy) | bit(slots.duress);
    case "spare":
      return 0;
  }
}

/** A uniform order of the guardian's own: from one guardian's slots nothing follows for another's. */
function shuffledSlots(random: RandomBytes): Readonly<Record<SlotName, number>> {
  const order = SLOT_NAMES.map((name) => ({ name, at: random(8).toHex() })).toSorted((a, b) =>
    a.at < b.at ? -1 : 1,
  );
  const placeOf = (name: SlotName): number => order.findIndex((one) => one.name === name);
  return {
    real: placeOf("real"),
    decoy: placeOf("decoy"),
    duress: placeOf("duress"),
    spare: placeOf("spare"),
  };
}

function inPlaces<T>(places: Readonly<Record<SlotName, number>>, make: (name: SlotName) => T): readonly T[] {
  return SLOT_NAMES.toSorted((a, b) => places[a] - places[b]).map(make);
}

const others = <T>(all: readonly T[], at: number): readonly (readonly [number, T])[] =>
  all.flatMap((one, other) => (other === at ? [] : [[other, one] as const]));

function kidOf(kids: readonly (readonly Kid[])[], from: number, to: number): Kid {
  const kid = kids[from]?.[to];
  assert(kid !== undefined, "every pair has a kid");
  return kid;
}

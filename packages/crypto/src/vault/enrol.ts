/**
 * A device's first PIN: every guardian has its record before anything is written here. Cut short, nothing is left but records
 * that nothing asks for. Spec: spec/vault.md, VT1 to VT4.
 */
import {
  assert,
  err,
  GUARDIAN_URL_BYTES_MAX,
  ok,
  registeredBytes,
  Secret,
  textToBytes,
  type GuardianAddress,
  type RandomBytes,
  type Registration,
  type Result,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import {
  BOXES,
  type BlockFault,
  type Box,
  type Container,
  type ProfileKey,
  type Stretch,
} from "../container/index.ts";
import { argon2idStretch } from "../container/passphrase.ts";
import { KEY_BYTES } from "../container/seal.ts";
import {
  ask,
  deal,
  wipeAt,
  wipeCertificate,
  type Carry,
  type Dealt,
  type GuardianSeat,
} from "../guardian/index.ts";
import { signingKey } from "../keys.ts";
import { boxOf, type Held } from "./held.ts";
import { saveImage, type VaultImage } from "./image.ts";
import { stretchPin } from "./pin.ts";
import { PIN_NUMBERS } from "./pins.ts";
import { saveVaultRecord, type ManagedProfile, type VaultRecord } from "./record.ts";

export type VaultPorts = {
  readonly carry: Carry;
  readonly random: RandomBytes;
  readonly clock: () => number;
  /** Argon2id unless a test says otherwise. */
  readonly stretch?: Stretch;
};

export type PinEnrolment = {
  readonly pin: string;
  readonly guardians: readonly GuardianAddress[];
  readonly threshold: number;
  readonly isTrial: boolean;
  /** The relay that carries envelopes. */
  readonly relayUrl: string;
  readonly lockIdleMs: number;
  readonly lockHiddenMs: number;
};

/** "unreached": not every guardian took the registration; nothing was made. */
export type EnrolmentFailure =
  | { readonly kind: "unreached" | "refused" }
  /** A guardian takes so many registrations at a time and no more. */
  | { readonly kind: "wait"; readonly waitMs: number }
  | BlockFault;

/** Begins the first profile of a container just created, in a region and a box chosen at random, and finishes it. */
export async function enrolPin(
  container: Container,
  enrolment: PinEnrolment,
  ports: VaultPorts,
): Promise<
  Result<
    { readonly profile: ProfileKey; readonly held: Held; readonly record: VaultRecord },
    EnrolmentFailure
  >
> {
  const { random, carry, stretch = argon2idStretch } = ports;
  const { guardians, threshold } = enrolment;
  if (guardians.some(({ url }) => textToBytes(url).length > GUARDIAN_URL_BYTES_MAX))
    return err({ kind: "refused" });
  const real = await stretchPin(enrolment.pin, container.salt, stretch);
  const dealt = deal(guardians, threshold, { real, decoy: undefined, duress: undefined }, [], {
    random,
    sha256,
  });
  real.fill(0);
  const failed = await registerAll(dealt, carry);
  if (failed !== undefined) return err(failed);
  const profile: ProfileKey = {
    region: random(1)[0]! % 2 === 0 ? 0 : 1,
    key: new Secret(random(KEY_BYTES)),
  };
  const record = recordOf(dealt, shuffled(random), random);
  const image = imageOf(dealt, enrolment, ports.clock());
  const written = await writeVault(container, image, dealt, record, profile);
  dealt.realBoxKey.wipe();
  dealt.decoyBoxKey.wipe();
  return written.ok ? ok({ profile, held: { container, ports, image }, record }) : written;
}

async function writeVault(
  container: Container,
  image: VaultImage,
  { realBoxKey }: Dealt,
  record: VaultRecord,
  profile: ProfileKey,
): Promise<Result<void, BlockFault>> {
  const formatted = await container.format(profile);
  if (!formatted.ok) return formatted;
  const recorded = await saveIn(container, profile, record);
  if (!recorded.ok) return recorded;
  const boxed = await container.box(boxOf(record.own.box), profile, realBoxKey);
  if (!boxed.ok) return boxed;
  const imaged = await saveImage(container, image);
  return imaged.ok ? container.finish() : imaged;
}

async function saveIn(
  container: Container,
  { region, key }: ProfileKey,
  record: VaultRecord,
): Promise<Result<void, BlockFault>> {
  const opened = await container.open(region, key);
  if (!opened.ok) return err({ kind: "failing", cause: opened.error });
  const saved = await saveVaultRecord(opened.value, record);
  await opened.value.close();
  return saved.ok ? saved : err({ kind: saved.error.kind, cause: saved.error });
}

type NotRegistered = Exclude<EnrolmentFailure, BlockFault>;

/** What some guardians took and others did not is taken back, as far as those can be reached. */
async function registerAll(dealt: Dealt, carry: Carry): Promise<NotRegistered | undefined> {
  const answers = await Promise.all(
    dealt.registrations.map((registration, at) => registerAt(seatAt(dealt, at), registration, carry)),
  );
  const failed = answers.filter((answer) => answer !== "registered");
  if (failed.length === 0) return undefined;
  const wiping = signingKey(dealt.real.wipeSeed);
  await Promise.all(
    dealt.seats
      .filter((_, at) => mayHaveIt(answers[at]))
      .map((seat) => wipeAt(seat, wipeCertificate(seat, wiping), carry)),
  );
  return failed.find((one) => one !== UNREACHED) ?? UNREACHED;
}

const UNREACHED = { kind: "unreached" } as const;
/** Also where its answer was lost. */
const mayHaveIt = (answer: NotRegistered | "registered" | undefined): boolean =>
  answer === "registered" || answer === UNREACHED;

async function registerAt(
  seat: GuardianSeat,
  registration: Registration,
  carry: Carry,
): Promise<NotRegistered | "registered"> {
  const request = { kind: "register", registration } as const;
  const answer = (await ask(seat, request, carry)) ?? (await ask(seat, request, carry));
  if (answer?.kind === "refused")
    return answer.code === "wait" ? { kind: "wait", waitMs: answer.detail } : { kind: "refused" };
  if (answer?.kind !== "registered") return UNREACHED;
  const signed = registeredBytes(seat, registration.publicShare, registration.deviceKey);
  return isSignedBy(seat.gid, signed, answer.receipt) ? "registered" : UNREACHED;
}

function seatAt({ seats }: Dealt, at: number): GuardianSeat {
  const seat = seats[at];
  assert(seat !== undefined, "every registration has its seat");
  return seat;
}

const imageOf = (
  { seats, deviceSecret }: Dealt,
  { threshold, isTrial, relayUrl, lockIdleMs, lockHiddenMs }: PinEnrolment,
  now: number,
): VaultImage => ({
  version: 1,
  threshold,
  seats: seats.map((seat) => ({ ...seat, nextSeed: undefined, counter: 0, unopened: [] })),
  deviceSecret,
  relayUrl,
  isTrial,
  wrongPins: 0,
  openedAt: now,
  lockIdleMs,
  lockHiddenMs,
  deadMan: undefined,
});

function recordOf(dealt: Dealt, boxes: readonly Box[], random: RandomBytes): VaultRecord {
  const [ownBox = 0, decoyBox = 1, ...fillers] = boxes;
  const { real, decoy } = dealt;
  const slotsOf = (name: "real" | "decoy" | "duress") => real.slots.map((slots) => slots[name] ?? 0);
  const [realSlots, decoySlots, duressSlots] = [slotsOf("real"), slotsOf("decoy"), slotsOf("duress")];
  const own: ManagedProfile = {
    box: ownBox,
    managerSeed: real.managerSeed,
    slots: realSlots,
    shares: real.shares,
  };
  const second = { box: decoyBox, managerSeed: decoy.managerSeed, slots: decoySlots, shares: decoy.shares };
  return {
    own,
    full: {
      wipeSeed: real.wipeSeed,
      slots: realSlots.map((one, at) => ({
        real: one,
        decoy: decoySlots[at] ?? 0,
        duress: duressSlots[at] ?? 0,
      })),
      decoy: second,
      decoyKey: undefined,
      fillers: fillers.map((box) => ({ box, chance: [...random(2)] })),
      elements: [{ pin: PIN_NUMBERS.real, element: elementAt(dealt, realSlots[0] ?? 0) }],
    },
    change: undefined,
  };
}

function elementAt({ registrations }: Dealt, slot: number): Uint8Array {
  const element = registrations[0]?.slots[slot]?.element;
  assert(element !== undefined, "the first guardian has every slot");
  return element;
}

/** Uniform: which box is whose says nothing. */
function shuffled(random: RandomBytes): readonly Box[] {
  return BOXES.map((box) => ({ box, at: random(8).toHex() }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ box }) => box);
}

/**
 * What a relay tells somebody who joins about opening their device: which guardians there are, and what its organisation asks.
 * JSON, because it is read before anything is known of the other side. Spec: spec/guardian.md, "Carriage".
 */
import { fromHex, textToBytes, toHex } from "./bytes.ts";
import { isOrigin } from "./contact-link.ts";
import { GUARDIAN_URL_BYTES_MAX, GUARDIANS_MAX } from "./guardian.ts";
import { err, ok, type Result } from "./result.ts";

/** A guardian as a device pins it. */
export type GuardianAddress = {
  /** Ed25519 and X25519 public keys, 32 bytes each. */
  readonly gid: Uint8Array;
  readonly gx: Uint8Array;
  /** An origin; of `GUARDIAN_URL_BYTES_MAX` bytes at most. */
  readonly url: string;
};

export type UnlockOffer = {
  /** How many guardians open a device. */
  readonly threshold: number;
  readonly guardians: readonly GuardianAddress[];
  /** One hand has them all: PINs do not survive its seizure. */
  readonly isTrial: boolean;
  readonly passphrase: "allowed" | "denied";
  /** The longest a device stays open without input, and out of sight. Milliseconds. */
  readonly lockIdleMsMax: number;
  readonly lockHiddenMsMax: number;
};

/** Where nothing says otherwise; an offer may shorten them. */
export const LOCK_IDLE_MS = 120_000;
export const LOCK_HIDDEN_MS = 30_000;
/** Whoever runs a relay may shorten, but not so far that nobody can write a message. */
export const LOCK_IDLE_MS_MIN = 10_000;
export const LOCK_HIDDEN_MS_MIN = 1_000;

/** At a relay. */
export const UNLOCK_OFFER_PATH = "/unlock-offer";
/** At a relay; a guardian's gid in hex follows. */
export const CARRY_PATH = "/carry/";
/** What a relay says that tried: the guardian gave no answer, or too many are asking it. */
export const CARRY_REFUSALS = ["unreached", "busy"] as const;
export type CarryRefusal = (typeof CARRY_REFUSALS)[number];
/** At a guardian. */
export const GUARDIAN_PATH = "/guardian";
/** An offer as it is written: five guardians with the longest addresses, and room. */
export const UNLOCK_OFFER_BYTES_MAX = 4_096;
const KEY = /^[0-9a-f]{64}$/;
const ADDRESS = /^([^#]+)#([0-9a-f]{64})\.([0-9a-f]{64})$/;

export const unlockOfferToText = (offer: UnlockOffer): string =>
  JSON.stringify({
    ...offer,
    guardians: offer.guardians.map(({ gid, gx, url }) => ({ gid: toHex(gid), gx: toHex(gx), url })),
  });

/** Total: any text gives an offer that can be followed, or the one problem. What it says beside that is passed over. */
export function textToUnlockOffer(text: string): Result<UnlockOffer, "malformed"> {
  const read = text.length <= UNLOCK_OFFER_BYTES_MAX ? parse(text) : undefined;
  if (!isObject(read)) return err("malformed");
  const { threshold, isTrial, passphrase, lockIdleMsMax, lockHiddenMsMax } = read;
  const guardians = addressesOf(read["guardians"]);
  if (guardians === undefined || !isThreshold(threshold, guardians.length)) return err("malformed");
  if (typeof isTrial !== "boolean") return err("malformed");
  if (passphrase !== "allowed" && passphrase !== "denied") return err("malformed");
  if (!isBetween(lockIdleMsMax, LOCK_IDLE_MS_MIN, LOCK_IDLE_MS)) return err("malformed");
  if (!isBetween(lockHiddenMsMax, LOCK_HIDDEN_MS_MIN, LOCK_HIDDEN_MS)) return err("malformed");
  return ok({ threshold, guardians, isTrial, passphrase, lockIdleMsMax, lockHiddenMsMax });
}

/** `URL#GID.GX`, the keys in hex: how people hand on a guardian. */
export const guardianAddressToText = ({ url, gid, gx }: GuardianAddress): string =>
  `${url}#${toHex(gid)}.${toHex(gx)}`;

/** Undefined for what is not so written. */
export function textToGuardianAddress(text: string): GuardianAddress | undefined {
  const [, url, gid, gx] = ADDRESS.exec(text) ?? [];
  return addressOf({ url, gid, gx });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined unless each is one, and no two are the same. */
function addressesOf(read: unknown): readonly GuardianAddress[] | undefined {
  if (!Array.isArray(read) || read.length > GUARDIANS_MAX) return undefined;
  const addresses = read.map(addressOf).filter((one) => one !== undefined);
  const names = new Set(addresses.map(({ gid }) => toHex(gid)));
  return names.size === read.length ? addresses : undefined;
}

function addressOf(read: unknown): GuardianAddress | undefined {
  if (!isObject(read)) return undefined;
  const { gid, gx, url } = read;
  if (typeof gid !== "string" || typeof gx !== "string" || typeof url !== "string") return undefined;
  if (!KEY.test(gid) || !KEY.test(gx) || !isOrigin(url)) return undefined;
  if (textToBytes(url).length > GUARDIAN_URL_BYTES_MAX) return undefined;
  return { gid: fromHex(gid), gx: fromHex(gx), url };
}

const isObject = (read: unknown): read is Readonly<Record<string, unknown>> =>
  typeof read === "object" && read !== null;

/** Any two sets that open have a guardian in common: what one of them burned, the other misses. */
const isThreshold = (read: unknown, count: number): read is number =>
  isBetween(read, 1, count) && count <= 2 * read - 1;

const isBetween = (read: unknown, min: number, max: number): read is number =>
  typeof read === "number" && Number.isInteger(read) && read >= min && read <= max;

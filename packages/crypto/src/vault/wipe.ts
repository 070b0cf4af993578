/**
 * The end of a device: here, by overwriting what opens it, and at its guardians, by certificates that were signed in advance,
 * so that it holds for a phone that never comes online again. Spec: spec/vault.md, VT25 to VT31.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToScalar, combineShares, randomScalar, scalarToBytes, splitSecret } from "@sotto/oprf";
import {
  bytesToPayload,
  concat,
  decode,
  encode,
  err,
  fixed,
  GUARDIANS_MAX,
  list,
  opaque,
  payloadToBytes,
  struct,
  text,
  u8,
  URL_BYTES_MAX,
  type RandomBytes,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import { wipeAt, wipeCertificate, type Carry, type Managed } from "../guardian/index.ts";
import { signingKey } from "../keys.ts";
import { keep, type Held } from "./held.ts";
import type { VaultImage, VaultSeat } from "./image.ts";
import type { VaultRecord } from "./record.ts";
import type { BlockFault } from "../container/index.ts";

const certificate = struct({
  gid: fixed(32),
  gx: fixed(32),
  url: text(URL_BYTES_MAX),
  rid: fixed(16),
  signature: fixed(64),
});
const bundle = struct({
  /** Of the relay that carries to these guardians. */
  relayUrl: text(URL_BYTES_MAX),
  certificates: list(GUARDIANS_MAX, certificate),
});
export type WipeBundle = TypeOf<typeof bundle>;

/** Undefined in a profile that may not wipe the other one. */
export function wipeBundle({ image }: Held, { full }: VaultRecord): WipeBundle | undefined {
  if (full === undefined) return undefined;
  const wiping = signingKey(full.wipeSeed);
  return bundleOf(image, (seat) => wipeCertificate(seat, wiping));
}

const bundleOf = (
  { relayUrl, seats }: VaultImage,
  signatureFor: (seat: VaultSeat, at: number) => Uint8Array,
): WipeBundle => ({
  relayUrl,
  certificates: seats.map((seat, at) => {
    const { gid, gx, url, rid } = seat;
    return { gid, gx, url, rid, signature: signatureFor(seat, at) };
  }),
});

/** How each guardian answered, in order. With `count - threshold + 1` that are done the device opens for nobody. */
export const postWipe = ({ certificates }: WipeBundle, carry: Carry): Promise<readonly Managed[]> =>
  Promise.all(certificates.map((one) => wipeAt(one, one.signature, carry)));

/** How many people share what wipes a device, and how many of them it takes. */
export const WIPE_HOLDERS = 3;
export const WIPE_HOLDERS_NEEDED = 2;
const SHARE_VERSION = 1;
const BUNDLE_BYTES_MAX = 2_400;
const NONCE_BYTES = 24;

const share = struct({
  version: u8,
  x: u8,
  /** A point of the line whose value at 0 is the key. */
  value: fixed(32),
  /** nonce || XChaCha20-Poly1305 of the bundle: the same for every holder. */
  sealed: opaque(BUNDLE_BYTES_MAX),
});
export type WipeShare = TypeOf<typeof share>;

/** One alone wipes nothing and says nothing of whose device it is. */
export function splitWipe(of: WipeBundle, random: RandomBytes): readonly WipeShare[] {
  const key = randomScalar(random);
  const nonce = random(NONCE_BYTES);
  const plain = encode(bundle, of);
  const sealed = concat(nonce, xchacha20poly1305(sealKey(key), nonce).encrypt(plain));
  const sizes = { threshold: WIPE_HOLDERS_NEEDED, count: WIPE_HOLDERS };
  return splitSecret(key, sizes, random).map(({ x, value }) => ({
    version: SHARE_VERSION,
    x,
    value: scalarToBytes(value),
    sealed,
  }));
}

/** "different": they are not of one device, or one of them twice. */
export function joinWipe(shares: readonly WipeShare[]): Result<WipeBundle, "different"> {
  const [first] = shares;
  const parts = shares.flatMap(({ x, value }) => {
    const scalar = bytesToScalar(value);
    return scalar.ok ? [{ x, value: scalar.value }] : [];
  });
  const isApart = new Set(parts.map(({ x }) => x)).size === parts.length;
  if (first === undefined || parts.length < WIPE_HOLDERS_NEEDED || !isApart) return err("different");
  const key = sealKey(combineShares(parts.slice(0, WIPE_HOLDERS_NEEDED)));
  const nonce = first.sealed.subarray(0, NONCE_BYTES);
  try {
    const plain = xchacha20poly1305(key, nonce).decrypt(first.sealed.subarray(NONCE_BYTES));
    const opened = decode(bundle, plain);
    return opened.ok ? opened : err("different");
  } catch {
    return err("different"); // the tag does not hold: the shares are of different devices
  }
}

const sealKey = (key: bigint): Uint8Array => sha256(scalarToBytes(key));

const SHARE_PREFIX = "sotto-wipe:";

export const wipeShareToText = (one: WipeShare): string => SHARE_PREFIX + bytesToPayload(encode(share, one));

/** Spaces and line breaks do not matter. */
export function textToWipeShare(typed: string): Result<WipeShare, "notAShare" | "damaged" | "newer"> {
  const compact = typed.replace(/\s+/g, "");
  if (!compact.startsWith(SHARE_PREFIX)) return err("notAShare");
  const bytes = payloadToBytes(compact.slice(SHARE_PREFIX.length));
  if (bytes === undefined) return err("damaged");
  if ((bytes[0] ?? 0) > SHARE_VERSION) return err("newer");
  const read = decode(share, bytes);
  return read.ok ? read : err("damaged");
}

/** So long without an unlock and the device wipes itself; undefined: never. */
export function setDeadMan(
  held: Held,
  record: VaultRecord,
  afterMs: number | undefined,
): Promise<Result<void, BlockFault>> {
  const { image, ports } = held;
  // A profile that has no certificates to give keeps bytes that look like them: the image says nothing of which it was.
  const certificates =
    wipeBundle(held, record)?.certificates.map(({ signature }) => signature) ??
    image.seats.map(() => ports.random(64));
  return keep(held, { ...image, deadMan: afterMs === undefined ? undefined : { afterMs, certificates } });
}

/** When the device wipes itself, unless it is unlocked before. */
export const deadManAt = ({ openedAt, deadMan }: VaultImage): number | undefined =>
  deadMan && openedAt + deadMan.afterMs;

/** The device first: guardians are told if they can be reached. */
export async function wipeOverdue({ container, image, ports }: Held): Promise<Result<void, BlockFault>> {
  const destroyed = await container.destroy();
  const signed = bundleOf(image, (_, at) => image.deadMan?.certificates[at] ?? new Uint8Array(64));
  await postWipe(signed, ports.carry);
  return destroyed;
}

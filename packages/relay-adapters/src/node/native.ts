/** The runtime's own cryptography, clock and timers, as the relay's ports. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { RandomBytes, Sha256 } from "@sotto/protocol";
import type { KeyRing, SignatureCheck, SignatureVerifier, Timers } from "@sotto/relay";

/** By way of a string: a Buffer from outside the JavaScript heap costs more than the hash of a small message. */
export const nativeSha256: Sha256 = (bytes) => {
  const digest = hash("sha256", bytes, "latin1");
  const out = new Uint8Array(32);
  for (let at = 0; at < out.length; at++) out[at] = digest.charCodeAt(at);
  return out;
};
export const nativeRandom: RandomBytes = (length) => new Uint8Array(randomBytes(length));
/** Timers of a second or more do not keep a process alive that has nothing else to do. */
export const nativeTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    if (ms >= 1_000) timer.unref();
  },
};

// RFC 8410: what precedes a raw Ed25519 key in PKCS#8 and in SubjectPublicKeyInfo.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** `seed`: the 32 bytes of an Ed25519 private key. The MAC key for tickets is derived from it. */
export function createKeyRing(seed: Uint8Array): KeyRing {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const ticketKey = createHmac("sha256", seed).update("sotto/ticket-key/v1").digest();
  return {
    relayId: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
    sign: (bytes) => new Uint8Array(sign(undefined, bytes, privateKey)),
    ticketMac: (bytes) => new Uint8Array(createHmac("sha256", ticketKey).update(bytes).digest()),
  };
}

/** Checks on the thread pool, so that a storm of OPENs leaves the event loop free. */
export const nativeVerifier: SignatureVerifier = {
  verify: (checks) => Promise.all(checks.map(checkSignature)),
};

function checkSignature({ key, message, signature }: SignatureCheck): Promise<boolean> {
  const publicKey = keyObjectOf(key);
  if (!publicKey) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(undefined, message, publicKey, signature, (error, holds) => resolve(!error && holds));
  });
}

/** OpenSSL refuses what is no key only when it is used; whatever it throws means the signature does not hold. */
function keyObjectOf(key: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

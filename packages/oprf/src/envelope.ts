/**
 * What goes to a guardian and comes back, sealed so that whoever carries it sees sizes alone, and padded so that the sizes
 * say nothing: HPKE base mode (RFC 9180) there, a key exported from the same context for the one answer.
 * Spec: spec/guardian.md, "Envelope".
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { gcm } from "@noble/ciphers/aes.js";
import {
  ANSWER_BYTES,
  ANSWER_ENVELOPE_BYTES,
  assert,
  concat,
  ENVELOPE_ENC_BYTES,
  lp,
  REQUEST_SIZES,
  requestSizeOf,
  textToBytes,
  type RequestSize,
  type Secret,
} from "@sotto/protocol";

const VERSION = 1;
const LENGTH_BYTES = 4;
/** The key is good for one answer, so the nonce may be fixed. */
const ANSWER_NONCE = new Uint8Array(12);
const ANSWER_LABEL = textToBytes("sotto/gx/resp");

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const infoOf = (gid: Uint8Array): Uint8Array<ArrayBuffer> => lp("sotto/gx/v1", gid);

export type SealedRequest = {
  readonly envelope: Uint8Array<ArrayBuffer>;
  /** The message of the answer; undefined for what is not the answer to this request. */
  openAnswer(envelope: Uint8Array): Uint8Array | undefined;
};

/** `guardian`: its Ed25519 and X25519 public keys. Undefined where the second is none. */
export async function sealRequest(
  guardian: { readonly gid: Uint8Array; readonly gx: Uint8Array },
  message: Uint8Array,
  size: RequestSize,
): Promise<SealedRequest | undefined> {
  const padded = pad(message, REQUEST_SIZES[size]);
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(guardian.gx);
    const context = await suite.createSenderContext({ recipientPublicKey, info: infoOf(guardian.gid) });
    const sealed = new Uint8Array(await context.seal(padded));
    const key = new Uint8Array(await context.export(ANSWER_LABEL, 32));
    const envelope = concat(Uint8Array.of(VERSION), new Uint8Array(context.enc), sealed);
    return { envelope, openAnswer: (answer) => openAnswer(key, answer) };
  } catch {
    return undefined; // the library throws for a key that is none
  } finally {
    padded.fill(0);
  }
}

export type OpenedRequest = {
  readonly message: Uint8Array;
  readonly size: RequestSize;
  sealAnswer(message: Uint8Array): Uint8Array<ArrayBuffer>;
};

/** `seed`: 32 bytes, the ikm of RFC 9180's DeriveKeyPair. Undefined for what was not sealed to this guardian. */
export async function openRequest(
  guardian: { readonly gid: Uint8Array; readonly seed: Secret },
  envelope: Uint8Array,
): Promise<OpenedRequest | undefined> {
  const size = requestSizeOf(envelope);
  if (size === undefined || envelope[0] !== VERSION) return undefined;
  const enc = envelope.slice(1, 1 + ENVELOPE_ENC_BYTES);
  try {
    const recipientKey = await keyPairOf(guardian.seed);
    const context = await suite.createRecipientContext({ recipientKey, enc, info: infoOf(guardian.gid) });
    const message = unpad(new Uint8Array(await context.open(envelope.slice(1 + ENVELOPE_ENC_BYTES))));
    if (message === undefined) return undefined;
    const key = new Uint8Array(await context.export(ANSWER_LABEL, 32));
    return { message, size, sealAnswer: (answer) => sealAnswer(key, answer) };
  } catch {
    return undefined; // as above, and for what was not sealed to this key
  }
}

/** The public half of the guardian's X25519 key, 32 bytes. */
export async function envelopePublicKey(seed: Secret): Promise<Uint8Array<ArrayBuffer>> {
  const pair = await keyPairOf(seed);
  return new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
}

const keyPairOf = (seed: Secret) => seed.expose((bytes) => suite.kem.deriveKeyPair(bytes.slice()));

function sealAnswer(key: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const sealed = gcm(key, ANSWER_NONCE).encrypt(pad(message, ANSWER_BYTES));
  key.fill(0); // a second answer under it would reuse the nonce
  return concat(Uint8Array.of(VERSION), sealed);
}

function openAnswer(key: Uint8Array, envelope: Uint8Array): Uint8Array | undefined {
  if (envelope.length !== ANSWER_ENVELOPE_BYTES || envelope[0] !== VERSION) return undefined;
  try {
    return unpad(gcm(key, ANSWER_NONCE).decrypt(envelope.subarray(1)));
  } catch {
    return undefined;
  }
}

function pad(message: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  assert(LENGTH_BYTES + message.length <= size, "a message keeps to its size");
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, message.length);
  out.set(message, LENGTH_BYTES);
  return out;
}

/** Undefined unless what follows the message is zeros: every message has one form. */
function unpad(padded: Uint8Array): Uint8Array | undefined {
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + length;
  if (end > padded.length || padded.subarray(end).some((byte) => byte !== 0)) return undefined;
  return padded.slice(LENGTH_BYTES, end);
}

/**
 * First contact. A post to an inbox is sealed to the account's HPKE key with a secret of the contact link mixed in;
 * the KeyPackages on its shelf are sealed under the link. A relay sees neither who posts nor whose inbox it is.
 * Spec: spec/keys.md, "Inboxes".
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import {
  assert,
  concat,
  decode,
  encode,
  err,
  inboxCreateBytes,
  inboxOpenBytes,
  lp,
  ok,
  shelfItem,
  SHELVED_BYTES_MAX,
  textToBytes,
  WELCOME_BYTES_MAX,
  type ContactCard,
  type RandomBytes,
  type Result,
  type Secret,
  type ShelfItem,
} from "@sotto/protocol";
import { openPadded, sealedCapacity, sealPadded } from "../aead.ts";
import { assertSeed, deriveKey, sign, type SigningKey } from "../keys.ts";
import { capacity, pad, unpad } from "../padding.ts";

export type InboxPlace = { readonly relayId: Uint8Array; readonly inboxId: Uint8Array };

const LABEL = "sotto/inbox/v1";
const KEM_OUTPUT_BYTES = 32;
const OVERHEAD_BYTES = KEM_OUTPUT_BYTES + 16;

/** The longest plaintext of a post. */
export const POST_BYTES_MAX = capacity(WELCOME_BYTES_MAX, OVERHEAD_BYTES);
/** The longest shelf item, encoded. */
export const SHELF_ITEM_BYTES_MAX = sealedCapacity(SHELVED_BYTES_MAX);

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** HPKE mode_psk (RFC 9180 section 5.1.2): who harvested posts and later an account's key still lacks the link. */
function keySchedule(place: InboxPlace, shelfKey: Secret) {
  const psk = deriveKey(shelfKey, `${LABEL} psk`, 32);
  const key = psk.expose((bytes) => bytes.slice());
  psk.wipe();
  return {
    info: lp(LABEL, place.relayId, place.inboxId),
    psk: { id: textToBytes(LABEL), key },
    wipe: (): void => void key.fill(0),
  };
}

/** `seed` is 32 bytes, the ikm of RFC 9180's DeriveKeyPair. The public half goes into contact cards. */
export async function inboxPublicKey(seed: Secret): Promise<Uint8Array> {
  const pair = await keyPairOf(seed);
  return new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
}

function keyPairOf(seed: Secret) {
  assertSeed(seed);
  return seed.expose((bytes) => suite.kem.deriveKeyPair(bytes.slice()));
}

/** A post to the inbox of this card. `badCard`: its HPKE key is none. */
export async function sealPost(
  card: Pick<ContactCard, "inboxId" | "hpkeKey" | "endpoint">,
  shelfKey: Secret,
  plaintext: Uint8Array,
): Promise<Result<Uint8Array, "badCard">> {
  assert(plaintext.length <= POST_BYTES_MAX, "a post keeps to its limit");
  const place = { relayId: card.endpoint.relayId, inboxId: card.inboxId };
  const { wipe, ...schedule } = keySchedule(place, shelfKey);
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(card.hpkeKey);
    const padded = pad(plaintext, OVERHEAD_BYTES, WELCOME_BYTES_MAX);
    const { enc, ct } = await suite.seal({ recipientPublicKey, ...schedule }, padded);
    padded.fill(0);
    return ok(concat(new Uint8Array(enc), new Uint8Array(ct)));
  } catch {
    return err("badCard");
  } finally {
    wipe();
  }
}

/** Undefined for what was not sealed to this inbox with this link: anybody with a post token can post anything. */
export async function openPost(
  place: InboxPlace,
  keys: { readonly hpkeSeed: Secret; readonly shelfKey: Secret },
  body: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (body.length < OVERHEAD_BYTES) return undefined;
  const recipientKey = await keyPairOf(keys.hpkeSeed);
  const { wipe, ...schedule } = keySchedule(place, keys.shelfKey);
  const enc = body.slice(0, KEM_OUTPUT_BYTES);
  try {
    const padded = await suite.open({ recipientKey, enc, ...schedule }, body.slice(KEM_OUTPUT_BYTES));
    return unpad(new Uint8Array(padded));
  } catch {
    return undefined;
  } finally {
    wipe();
  }
}

const shelfAssociated = (place: InboxPlace): Uint8Array => lp("sotto/shelf/v1", place.relayId, place.inboxId);

/** A KeyPackage for the shelf: its Credential names the account, so the relay must not see it. */
export function sealShelfItem(
  place: InboxPlace,
  shelfKey: Secret,
  item: ShelfItem,
  randomBytes: RandomBytes,
): Uint8Array {
  const key = deriveKey(shelfKey, `${LABEL} shelf`, 32);
  const sealed = sealPadded(
    key,
    shelfAssociated(place),
    encode(shelfItem, item),
    SHELVED_BYTES_MAX,
    randomBytes,
  );
  key.wipe();
  return sealed;
}

export function openShelfItem(
  place: InboxPlace,
  shelfKey: Secret,
  sealed: Uint8Array,
): ShelfItem | undefined {
  const key = deriveKey(shelfKey, `${LABEL} shelf`, 32);
  const opened = openPadded(key, shelfAssociated(place), sealed);
  key.wipe();
  const item = opened && decode(shelfItem, opened);
  return item?.ok ? item.value : undefined;
}

/** For `inboxCreate`, by the owner key. */
export const signInboxCreate = (
  owner: SigningKey,
  place: InboxPlace,
  made: { readonly readers: readonly Uint8Array[]; readonly postTokenHashes: readonly Uint8Array[] },
): Uint8Array => sign(owner, inboxCreateBytes(place.relayId, { inboxId: place.inboxId, ...made }));

/** For `inboxOpen`, by this device's reader key of the inbox. */
export const signInboxOpen = (reader: SigningKey, place: InboxPlace, relayNonce: Uint8Array): Uint8Array =>
  sign(reader, inboxOpenBytes(place.relayId, place.inboxId, relayNonce));

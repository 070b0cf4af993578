import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BACKUP_BYTES,
  backupCodec,
  backupPutBytes,
  DEVICES_MAX,
  encode,
  lp,
  Secret,
  toHex,
  type Backup,
  type RandomBytes,
} from "@sotto/protocol";
import { isContinuation, isSignedBy, sha256, validDevice, verifyChain } from "@sotto/verify";
import vectors from "../../../vectors/recovery.json" with { type: "json" };
import { accountIdOf, createChain, newDevice } from "../src/identity/identity.ts";
import { sealPadded } from "../src/aead.ts";
import { deriveKey, sign, signingKey, type SigningKey } from "../src/keys.ts";
import { backupKeys, openBackup, sealBackup, signBackupPut } from "../src/recovery/backup.ts";
import { takeOver } from "../src/recovery/restore.ts";
import { seedToWords, wordsToSeed } from "../src/recovery/words.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
const secret = (fill: number): Secret => new Secret(new Uint8Array(32).fill(fill));
const keyed = (fill: number): SigningKey => signingKey(secret(fill));
const vectorSeed = (): Secret => new Secret(Uint8Array.fromHex(vectors.seed));
const hexOf = (seed: Secret): string => seed.expose(toHex);

const recovery = signingKey(vectorSeed());
const phone = newDevice(keyed(3).publicKey, "web", 1_700_000_000_000);
const chain = createChain({ identity: keyed(1), recovery }, [phone]);
const bytes32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const contact = (name: string): Backup["contacts"][number] => ({
  name,
  isVerified: true,
  card: {
    version: 1,
    endpoint: { url: "https://relay.example", relayId: bytes32(1) },
    accountId: bytes32(2),
    inboxId: bytes32(3),
    postToken: bytes32(4),
    hpkeKey: bytes32(5),
    shelfKey: bytes32(6),
  },
});
const backup: Backup = { madeAt: 1_700_000_000_000, chain, contacts: [contact("Bob")] };
const problemOf = (typed: string): unknown => {
  const read = wordsToSeed(typed);
  return read.ok ? "a seed" : read.error;
};

function sealed(of: Backup, seed = vectorSeed(), random = randomBytes): Uint8Array {
  const made = sealBackup(backupKeys(seed), of, random);
  assert.ok(made.ok);
  return made.value.sealed;
}
const openingOf = (bytes: Uint8Array, seed = vectorSeed()): string => {
  const opened = openBackup(seed, bytes);
  return opened.ok ? "opened" : opened.error;
};

test("[RK3] the words are BIP-39's of the seed, and give it back however they are written", () => {
  assert.equal(seedToWords(vectorSeed()).join(" "), vectors.words);
  assert.equal(seedToWords(secret(0)).join(" "), `${"abandon ".repeat(23)}art`);
  assert.equal(seedToWords(secret(255)).join(" "), `${"zoo ".repeat(23)}vote`);
  const numbered = vectors.words
    .split(" ")
    .map((word, index) => `${index + 1}. ${word.toUpperCase()}\n`)
    .join("");
  for (const typed of [vectors.words, numbered, ` ${vectors.words.replaceAll(" ", ", ")} `]) {
    const read = wordsToSeed(typed);
    assert.ok(read.ok);
    assert.equal(hexOf(read.value), vectors.seed);
  }
});

test("[RK4] a wrong count, a word that is none and words that do not belong together are told apart", () => {
  const words = vectors.words.split(" ");
  assert.deepEqual(problemOf(words.slice(1).join(" ")), { kind: "word-count", found: 23 });
  assert.deepEqual(problemOf(`${vectors.words} zoo`), { kind: "word-count", found: 25 });
  assert.deepEqual(problemOf(""), { kind: "word-count", found: 0 });
  assert.deepEqual(problemOf(words.with(4, "sotto").join(" ")), { kind: "unknown-word", at: 5 });
  assert.deepEqual(problemOf(`${"abandon ".repeat(23)}zoo`), { kind: "mixed-up" });
  assert.deepEqual(problemOf("a ".repeat(9_999)), { kind: "word-count", found: 25 });
});

test("[RK5] nearly every exchange of two neighbours is found, and the rest gives another seed", () => {
  const words = vectors.words.split(" ");
  for (let at = 1; at < words.length; at++) {
    const exchanged = words.with(at, words[at - 1] ?? "").with(at - 1, words[at] ?? "");
    const read = wordsToSeed(exchanged.join(" "));
    if (!read.ok) assert.equal(read.error.kind, "mixed-up");
    else assert.notEqual(toHex(backupKeys(read.value).name.publicKey), vectors.name);
  }
});

test("[RK6] a backup has one size; the last contacts are left out where they do not fit, and counted", () => {
  const none = sealed({ ...backup, contacts: [] });
  const many = Array.from({ length: 300 }, (_, index) => contact(`Contact ${index}`));
  const made = sealBackup(backupKeys(vectorSeed()), { ...backup, contacts: many }, randomBytes);
  assert.ok(made.ok);
  assert.deepEqual([none.length, made.value.sealed.length], [BACKUP_BYTES, BACKUP_BYTES]);
  const opened = openBackup(vectorSeed(), made.value.sealed);
  assert.ok(opened.ok);
  assert.ok(made.value.contactsLeftOut > 0);
  assert.deepEqual(opened.value.contacts, many.slice(0, -made.value.contactsLeftOut));
  const [first] = chain;
  assert.ok(first);
  const devices = Array.from({ length: DEVICES_MAX }, () => phone);
  const long = Array.from({ length: 256 }, () => ({ ...first, devices }));
  assert.deepEqual(sealBackup(backupKeys(vectorSeed()), { ...backup, chain: long }, randomBytes), {
    ok: false,
    error: "chain-too-long",
  });
});

test("[RK7] a backup gives back chain, contacts and when it was made, and nothing else", () => {
  const opened = openBackup(vectorSeed(), sealed(backup));
  assert.deepEqual(opened, { ok: true, value: backup });
  const golden = sealed(backup, vectorSeed(), (length) => new Uint8Array(length));
  assert.equal(toHex(sha256(golden)), vectors.sealedSha256);
});

test("[RK8] a backup opens with its kit alone, and not when it was cut or changed", () => {
  const bytes = sealed(backup);
  assert.equal(openingOf(bytes), "opened");
  assert.equal(openingOf(bytes, secret(9)), "not-ours");
  for (const at of [0, 12, 5_000, BACKUP_BYTES - 1])
    assert.equal(openingOf(bytes.with(at, (bytes[at] ?? 0) ^ 1)), "not-ours");
  for (const length of [0, 27, 28, BACKUP_BYTES - 1])
    assert.equal(openingOf(bytes.slice(0, length)), "not-ours");
});

test("[RK6] what was sealed with the right key in another size is none", () => {
  const { publicKey } = backupKeys(vectorSeed()).name;
  const plaintext = encode(backupCodec, { ...backup, version: 1, padding: new Uint8Array() });
  const key = deriveKey(vectorSeed(), "sotto/recovery/v1 seal", 32);
  const place = lp("sotto/backup/v1", publicKey);
  assert.equal(openingOf(sealPadded(key, place, plaintext, BACKUP_BYTES, randomBytes)), "not-ours");
});

test("[RK9] a chain that is not this recovery key's, or does not verify, is refused", () => {
  const other = createChain({ identity: keyed(1), recovery: keyed(7) }, [phone]);
  assert.equal(openingOf(sealed({ ...backup, chain: other })), "other-account");
  const forged = chain.map((entry) => ({ ...entry, byIdentity: new Uint8Array(64) }));
  assert.equal(openingOf(sealed({ ...backup, chain: forged })), "other-account");
  assert.equal(openingOf(sealed({ ...backup, chain: [] })), "other-account");
});

test("[RK10] the name follows from the seed, signs, and is no other key of the account", () => {
  const key = backupKeys(vectorSeed()).name;
  assert.equal(toHex(key.publicKey), vectors.name);
  assert.ok(isSignedBy(key.publicKey, bytes32(1), sign(key, bytes32(1))));
  assert.notDeepEqual(key.publicKey, recovery.publicKey);
});

test("[RK11] the kit revokes what was there, adds the new device, and the chain goes on", () => {
  const next = { identityKey: keyed(11).publicKey, device: newDevice(keyed(12).publicKey, "web", 2) };
  const taken = takeOver(chain, next, recovery);
  assert.ok(taken.ok);
  const [before, after] = [
    verifyChain(chain, accountIdOf(chain)),
    verifyChain(taken.value, accountIdOf(chain)),
  ];
  assert.ok(before.ok && after.ok);
  assert.ok(isContinuation(before.value, after.value));
  assert.equal(validDevice(after.value, phone.leafKey), undefined);
  assert.ok(validDevice(after.value, next.device.leafKey));
  assert.deepEqual(taken.value.at(-1)?.recoveryKey, recovery.publicKey);
  const again = takeOver(
    taken.value,
    { ...next, device: newDevice(keyed(13).publicKey, "web", 3) },
    recovery,
  );
  assert.ok(again.ok);
  assert.deepEqual(
    again.value.at(-1)?.devices.map(({ revoked }) => revoked),
    [true, false],
  );
  const full = Array.from({ length: DEVICES_MAX }, (_, index) =>
    newDevice(keyed(100 + index).publicKey, "web", 1),
  );
  const crowded = createChain({ identity: keyed(1), recovery }, full);
  assert.deepEqual(takeOver(crowded, next, recovery), { ok: false, error: "too-many-devices" });
});

test("[RK10] a put is signed for one relay, one number and one content", () => {
  const keys = backupKeys(vectorSeed());
  const put = { number: 3, sealed: sealed(backup) };
  const signature = signBackupPut(keys, bytes32(1), put);
  const name = keys.name.publicKey;
  const holdsFor = (relayId: Uint8Array, of: typeof put): boolean =>
    isSignedBy(name, backupPutBytes(sha256, { relayId, name, ...of }), signature);
  assert.ok(holdsFor(bytes32(1), put));
  assert.ok(!holdsFor(bytes32(2), put));
  assert.ok(!holdsFor(bytes32(1), { ...put, number: 4 }));
  assert.ok(!holdsFor(bytes32(1), { ...put, sealed: sealed(backup) }));
});

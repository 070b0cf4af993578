/** Files sealed in chunks. Spec: spec/keys.md, "Files". */
import assert from "node:assert/strict";
import { createCipheriv, createHash, createHmac, randomFillSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { BLOB_BYTES_MAX, FILE_BYTES_MAX, fromHex, lp, Secret, u64 } from "@sotto/protocol";
import {
  CHUNK_BYTES,
  ChunkDigests,
  createFileSeal,
  fileChunkCount,
  paddedBytes,
  SEALED_CHUNK_BYTES,
  sealedFileBytes,
  type FileSeal,
} from "../src/file/file-seal.ts";
import vectors from "../../../vectors/file.json" with { type: "json" };

const KEY = new Uint8Array(32).fill(7);
const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));
const chunkAt = (file: Uint8Array, index: number): Uint8Array =>
  file.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

function digestOf(file: Uint8Array): Uint8Array {
  const digests = new ChunkDigests(file.length);
  for (let index = 0; index < fileChunkCount(file.length); index++) digests.set(index, chunkAt(file, index));
  return digests.fileDigest();
}
const sealOf = (file: Uint8Array, key = KEY): FileSeal =>
  createFileSeal({ key: new Secret(key.slice()), bytes: file.length, digest: digestOf(file) });
async function sealed(file: Uint8Array, seal = sealOf(file)): Promise<Uint8Array> {
  const all = await seal.range(0, Infinity, (index) => Promise.resolve(chunkAt(file, index)));
  return all ?? assert.fail("every chunk is there");
}
/** All that opens of a blob, as whoever fetches it reads: each chunk where it belongs, and the last one as the last. */
function opened(file: Uint8Array, blob: Uint8Array): Uint8Array | undefined {
  const seal = sealOf(file);
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < sealedFileBytes(file.length); at += SEALED_CHUNK_BYTES, index++) {
    const end = Math.min(at + SEALED_CHUNK_BYTES, sealedFileBytes(file.length));
    const part = seal.open(index, blob.subarray(at, end));
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
const THREE = random(2 * CHUNK_BYTES + 1000);

test("[CK16] what is sealed opens again, whatever its length", async () => {
  for (const length of [1, 2, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 300_000]) {
    const file = random(length);
    const blob = await sealed(file);
    assert.equal(blob.length, sealedFileBytes(length));
    assert.deepEqual(opened(file, blob), Buffer.from(file), `${length} bytes`);
  }
});

test("[CK16] any part of a blob is the same when it is sealed again, wherever it begins", async () => {
  const [blob, seal] = [await sealed(THREE), sealOf(THREE)];
  await fc.assert(
    fc.asyncProperty(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 200_000 }), async (from, length) => {
      const part = await seal.range(from, length, (index) => Promise.resolve(chunkAt(THREE, index)));
      assert.deepEqual(part, blob.slice(from, from + length));
    }),
    { numRuns: 30 },
  );
});

test("[CK17] a blob that was cut, lengthened, reordered or changed by a bit does not open", async () => {
  const blob = await sealed(THREE);
  const chunk = (index: number): Uint8Array =>
    blob.subarray(index * SEALED_CHUNK_BYTES, (index + 1) * SEALED_CHUNK_BYTES);
  const altered = {
    "without its last chunk": blob.subarray(0, 2 * SEALED_CHUNK_BYTES),
    "cut within its last chunk": blob.subarray(0, -1),
    "its first two chunks exchanged": Buffer.concat([chunk(1), chunk(0), chunk(2)]),
    "its first chunk twice": Buffer.concat([chunk(0), chunk(0), chunk(2)]),
    "its first bit": blob.with(0, (blob[0] ?? 0) ^ 1),
    "its last bit": blob.with(-1, (blob.at(-1) ?? 0) ^ 1),
  };
  for (const [what, bytes] of Object.entries(altered)) assert.equal(opened(THREE, bytes), undefined, what);
  const seal = sealOf(THREE);
  assert.equal(seal.open(2, Buffer.concat([chunk(2), Buffer.alloc(1)])), undefined, "a byte more at its end");
  assert.equal(seal.open(3, chunk(2)), undefined, "a chunk more");
  assert.deepEqual(opened(THREE, blob), Buffer.from(THREE), "unaltered it does");
});

test("[CK17] a chunk that is not the last never opens as the last, nor the last as another", async () => {
  const two = random(2 * CHUNK_BYTES);
  const short = { key: new Secret(KEY.slice()), bytes: CHUNK_BYTES, digest: digestOf(two) };
  const blob = await sealed(two);
  const asOne = createFileSeal(short);
  assert.equal(asOne.open(0, blob.subarray(0, SEALED_CHUNK_BYTES)), undefined);
});

test("[CK17] under another key, of another length or with another digest nothing opens", async () => {
  const blob = await sealed(THREE);
  const right = { key: new Secret(KEY.slice()), bytes: THREE.length, digest: digestOf(THREE) };
  const first = blob.subarray(0, SEALED_CHUNK_BYTES);
  assert.ok(createFileSeal(right).open(0, first));
  for (const wrong of [
    { ...right, key: new Secret(KEY.with(0, 8)) },
    { ...right, bytes: THREE.length - 1 },
    { ...right, digest: right.digest.with(0, (right.digest[0] ?? 0) ^ 1) },
  ])
    assert.equal(createFileSeal(wrong).open(0, first), undefined);
});

test("[CK17] padding that is not zero is refused", () => {
  const file = Uint8Array.of(1, 2, 3);
  const digest = digestOf(file);
  // Whoever has the key can seal anything: here a chunk whose padding says something.
  const derived = hkdfExpand(KEY, lp("sotto/file/v1", u64(3), digest));
  const plaintext = new Uint8Array(CHUNK_BYTES).fill(9, 3);
  assert.equal(sealOf(file).open(0, chacha(derived, nonceOf(0, true), plaintext)), undefined);
  assert.ok(sealOf(file).open(0, chacha(derived, nonceOf(0, true), plaintext.fill(0, 3))));
});

test("[CK18] lengths fall into few classes, and padding adds less than an eighth", () => {
  assert.equal(sealedFileBytes(1), sealedFileBytes(CHUNK_BYTES));
  fc.assert(
    fc.property(fc.integer({ min: CHUNK_BYTES, max: FILE_BYTES_MAX }), (bytes) => {
      const padded = paddedBytes(bytes);
      assert.ok(padded >= bytes && padded < bytes * 1.125);
      assert.equal(paddedBytes(padded), padded);
    }),
  );
  const classes = new Set<number>();
  for (let bytes = 1_000_000; bytes < 2_000_000; bytes += 997) classes.add(paddedBytes(bytes));
  assert.ok(classes.size <= 40, `${classes.size} classes from 1 to 2 MB`);
});

test("[CK18] the largest file fits the largest blob, and one byte more is the caller's bug", () => {
  assert.ok(sealedFileBytes(FILE_BYTES_MAX) <= BLOB_BYTES_MAX);
  for (const bytes of [0, FILE_BYTES_MAX + 1])
    assert.throws(() => sealedFileBytes(bytes), { name: "InvariantError" });
});

test("[CK19] two files under one key have no chunk under the same key and nonce", async () => {
  // The same nonces under one key would show the difference of the two plaintexts.
  const [one, other] = [random(1000), random(1000)];
  const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ (b[at] ?? 0));
  const difference = xor(await sealed(one), await sealed(other)).subarray(0, 1000);
  assert.notDeepEqual(difference, xor(one, other));
});

test("[CK19] a file that is another one now is noticed chunk by chunk", () => {
  const digests = new ChunkDigests(THREE.length);
  for (let index = 0; index < 3; index++) digests.set(index, chunkAt(THREE, index));
  for (let index = 0; index < 3; index++) {
    const chunk = chunkAt(THREE, index);
    assert.ok(digests.isOf(index, chunk));
    assert.ok(!digests.isOf(index, chunk.with(5, (chunk[5] ?? 0) ^ 1)));
  }
});

test("[CK16] vectors: sealed by Node's own ChaCha20-Poly1305 and HMAC, to the byte", async () => {
  for (const { name, key, bytes, fill, digest, first, last, sha256 } of vectors.files) {
    const file = new Uint8Array(bytes).map((_, at) => (at * fill) & 0xff);
    assert.equal(digestOf(file).toHex(), digest, name);
    const blob = await sealed(file, sealOf(file, fromHex(key)));
    assert.equal(blob.subarray(0, 48).toHex(), first, name);
    assert.equal(blob.subarray(-16).toHex(), last, name);
    assert.equal(createHash("sha256").update(blob).digest("hex"), sha256, name);
    assert.deepEqual(Buffer.from(blob), Buffer.from(reference(file, fromHex(key))), name);
  }
});

// --- the same once more, by other code

const hkdfExpand = (key: Uint8Array, info: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(info).update(Uint8Array.of(1)).digest();
function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
function chacha(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
function reference(file: Uint8Array, key: Uint8Array): Uint8Array {
  const derived = hkdfExpand(key, lp("sotto/file/v1", u64(file.length), digestOf(file)));
  const padded = new Uint8Array(paddedBytes(file.length));
  padded.set(file);
  const count = Math.ceil(padded.length / CHUNK_BYTES);
  return Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      chacha(derived, nonceOf(index, index === count - 1), chunkAt(padded, index)),
    ),
  );
}

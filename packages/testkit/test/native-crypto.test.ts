import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizeZ } from "@noble/curves/abstract/curve.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { textToBytes } from "@sotto/protocol";
import { createRng } from "../src/rng.ts";
import { gcm } from "../src/simulation/native/aes.ts";
import { normalizeZ as nativeNormalizeZ } from "../src/simulation/native/curve.ts";
import { chacha20, chacha20poly1305 } from "../src/simulation/native/chacha.ts";
import { ed25519 as native } from "../src/simulation/native/ed25519.ts";
import { expand, extract, hkdf } from "../src/simulation/native/hkdf.ts";
import { hmac } from "../src/simulation/native/hmac.ts";
import { sha256 } from "../src/simulation/native/sha2.ts";
import { gcm as toyGcm } from "../src/simulation/native/toy-aes.ts";
import { chacha20 as toyStream, chacha20poly1305 as toyChaCha } from "../src/simulation/native/toy-chacha.ts";
import { ed25519 as toy } from "../src/simulation/native/toy-ed25519.ts";

const RUNS = 20;

const repeated = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const counted = (first: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => first + index);
const SUNSCREEN = textToBytes(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
);

test("[SM1] native HMAC and HKDF are those of RFC 4231, section 4.2, and RFC 5869, A.1 and A.3", () => {
  assert.equal(
    hmac(sha256, repeated(0x0b, 20), textToBytes("Hi There")).toHex(),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  );
  const [ikm, info] = [repeated(0x0b, 22), counted(0xf0, 10)];
  const prk = extract(sha256, ikm, counted(0, 13));
  const okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  assert.equal(prk.toHex(), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  assert.equal(expand(sha256, prk, info, 42).toHex(), okm);
  assert.equal(hkdf(sha256, ikm, counted(0, 13), info, 42).toHex(), okm);
  assert.equal(
    hkdf(sha256, ikm, undefined, undefined, 42).toHex(),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

test("[SM1] native ChaCha20 is that of RFC 8439, section 2.4.2: the counter is where it belongs", () => {
  const nonce = Uint8Array.fromHex("000000000000004a00000000");
  const encrypted = chacha20(counted(0, 32), nonce, SUNSCREEN, undefined, 1);
  assert.equal(encrypted.subarray(0, 16).toHex(), "6e2e359a2568f98041ba0728dd0d6981");
  assert.deepEqual(chacha20(counted(0, 32), nonce, encrypted, undefined, 1), SUNSCREEN);
});

test("[SM1] native AEADs are those of RFC 8439, section 2.8.2, and of GCM's test case 14, and refuse the rest", () => {
  const nonce = Uint8Array.fromHex("070000004041424344454647");
  const associated = Uint8Array.fromHex("50515253c0c1c2c3c4c5c6c7");
  const sealing = chacha20poly1305(counted(0x80, 32), nonce, associated);
  const sealed = sealing.encrypt(SUNSCREEN);
  assert.equal(sealed.subarray(0, 16).toHex(), "d31a8d34648e60db7b86afbc53ef7ec2");
  assert.equal(sealed.subarray(-16).toHex(), "1ae10b594f09e26a7e902ecbd0600691");
  assert.deepEqual(sealing.decrypt(sealed), SUNSCREEN);
  assert.throws(() => sealing.decrypt(sealed.with(3, 0)));
  assert.throws(() => chacha20poly1305(counted(0x80, 32), nonce).decrypt(sealed));

  const ciphertext = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
  const gcmSealing = gcm(repeated(0, 32), repeated(0, 12));
  assert.equal(gcmSealing.encrypt(repeated(0, 16)).toHex(), ciphertext);
  assert.deepEqual(gcmSealing.decrypt(Uint8Array.fromHex(ciphertext)), repeated(0, 16));
  assert.throws(() => gcmSealing.decrypt(Uint8Array.fromHex(ciphertext).with(0, 0)));
});

test("[SM1] Ed25519 by native code gives what the product's own gives", () => {
  const rng = createRng(1);
  for (let run = 0; run < RUNS; run++) {
    const [seed, message] = [rng.bytes(32), rng.bytes(rng.below(200))];
    const publicKey = ed25519.getPublicKey(seed);
    const signature = ed25519.sign(message, seed);
    assert.deepEqual(native.getPublicKey(seed), publicKey);
    assert.deepEqual(native.sign(message, seed), signature);
    assert.ok(native.verify(signature, message, publicKey));
    const damaged = signature.with(rng.below(64), rng.below(256));
    assert.equal(
      native.verify(damaged, message, publicKey),
      ed25519.verify(damaged, message, publicKey, { zip215: false }),
    );
  }
});

test("[SM1] points that are computed once are the product's own", () => {
  const rng = createRng(1);
  const [own, kept] = [ed25519.Point, native.Point];
  let points = 0;
  for (let run = 0; run < RUNS; run++) {
    const [scalar, bytes] = [own.Fn.create(BigInt(`0x${rng.bytes(32).toHex()}`)), rng.bytes(32)];
    const publicKey = own.BASE.multiply(scalar).toBytes();
    for (let again = 0; again < 2; again++) {
      assert.deepEqual(kept.BASE.multiply(scalar).toBytes(), publicKey);
      const sum = kept.fromBytes(publicKey).add(kept.BASE.multiply(5n));
      assert.deepEqual(sum.toBytes(), own.fromBytes(publicKey).add(own.BASE.multiply(5n)).toBytes());
      assert.ok(kept.fromBytes(publicKey).isTorsionFree() && !kept.fromBytes(publicKey).is0());
    }
    const found = pointOf(own, bytes);
    assert.deepEqual(pointOf(kept, bytes), found);
    if (found !== undefined) points++;
  }
  assert.ok(points > 0 && points < RUNS);
});

/** Random bytes are a point half the time, and then one outside the subgroup for the most part. */
function pointOf(
  Point: typeof ed25519.Point | typeof native.Point,
  bytes: Uint8Array,
): { readonly is0: boolean; readonly isTorsionFree: boolean } | undefined {
  try {
    const point = Point.fromBytes(bytes);
    return { is0: point.is0(), isTorsionFree: point.isTorsionFree() };
  } catch {
    return undefined;
  }
}

test("[SM1] a toy signature holds for its key and its message alone, also under a blinded key", () => {
  const rng = createRng(1);
  const { Fn, BASE } = toy.Point;
  for (let run = 0; run < RUNS; run++) {
    const [seed, message] = [rng.bytes(32), rng.bytes(rng.below(200))];
    const publicKey = toy.getPublicKey(seed);
    const signature = toy.sign(message, seed);
    assert.ok(toy.verify(signature, message, publicKey));
    assert.ok(!toy.verify(signature, rng.bytes(7), publicKey));
    assert.ok(!toy.verify(signature, message, toy.getPublicKey(rng.bytes(32))));
    const at = rng.below(64);
    assert.ok(!toy.verify(signature.with(at, (signature[at] ?? 0) ^ 1), message, publicKey));
    const [scalar, blinding] = [Fn.create(BigInt(run + 2) ** 60n), Fn.create(BigInt(run + 3) ** 70n)];
    assert.deepEqual(
      toy.Point.fromBytes(BASE.multiply(scalar).toBytes()).add(BASE.multiply(blinding)).toBytes(),
      BASE.multiply(Fn.add(scalar, blinding)).toBytes(),
    );
    assert.throws(() => toy.Point.fromBytes(repeated(0xff, 32)));
  }
});

test("[SM1] a toy AEAD opens what was sealed so, refuses everything else, and hides it from a search", () => {
  assert.equal(toyGcm, toyChaCha);
  assert.equal(toyStream, chacha20);
  const rng = createRng(1);
  for (let run = 0; run < RUNS; run++) {
    const [key, nonce, associated] = [rng.bytes(32), rng.bytes(12), rng.bytes(rng.below(50))];
    const sealed = toyGcm(key, nonce, associated).encrypt(SUNSCREEN);
    assert.deepEqual(toyGcm(key, nonce, associated).decrypt(sealed), SUNSCREEN);
    assert.ok(!Buffer.from(sealed).includes("sunscreen"));
    const at = rng.below(sealed.length);
    const damaged = sealed.with(at, (sealed[at] ?? 0) ^ 1);
    assert.throws(() => toyGcm(key, nonce, associated).decrypt(damaged));
    assert.throws(() => toyGcm(key, nonce, rng.bytes(51)).decrypt(sealed));
    assert.throws(() => toyGcm(key, rng.bytes(12), associated).decrypt(sealed));
    assert.throws(() => toyGcm(rng.bytes(32), nonce, associated).decrypt(sealed));
  }
});

test("[SM1] native points that are written at once are those of the library", () => {
  const scalars = [1n, 2n, 77n];
  const own = normalizeZ(
    ed25519.Point,
    scalars.map((scalar) => ed25519.Point.BASE.multiply(scalar)),
  );
  const kept = nativeNormalizeZ(
    native.Point,
    scalars.map((scalar) => native.Point.BASE.multiply(scalar)),
  );
  assert.deepEqual(
    kept.map((point) => point.toBytes().toHex()),
    own.map((point) => point.toBytes().toHex()),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { argon2idStretch } from "@sotto/crypto";
import { fromHex, Secret, textToBytes, toHex } from "@sotto/protocol";
import vectors from "../../../vectors/container.json" with { type: "json" };
import { bytesToSuperblock, superblockToBytes, type Frame } from "../src/container/formats.ts";
import { frameToBytes, openFrame, pieceContext, regionKeys } from "../src/container/frames.ts";
import { SLOT_BYTES, SUPERBLOCK_BYTES } from "../src/container/geometry.ts";
import { seal, SEALED_BYTES_EXTRA, unseal } from "../src/container/seal.ts";

const keys = regionKeys(new Secret(fromHex(vectors.key)));
const random = (): Uint8Array<ArrayBuffer> => fromHex(vectors.share);

test(`[${vectors.keys.name}]`, () => {
  for (const name of ["superblock", "frames", "pieces", "marks"] as const)
    assert.equal(keys[name].expose(toHex), vectors.keys[name]);
});

for (const { name, id, from, plaintext, sealed } of vectors.pieces)
  test(`[${name}]`, () => {
    assert.equal(toHex(seal(keys.pieces, pieceContext(id, from), fromHex(plaintext), random)), sealed);
    assert.deepEqual(unseal(keys.pieces, pieceContext(id, from), fromHex(sealed)), fromHex(plaintext));
  });

for (const { name, home, slot, frame, bytes } of vectors.frames)
  test(`[${name}]`, () => {
    assert.equal(toHex(frameToBytes(keys, home, slot, frame as Frame, random)), bytes);
    const segment = new Uint8Array(slot * SLOT_BYTES + bytes.length / 2);
    segment.set(fromHex(bytes), slot * SLOT_BYTES);
    assert.deepEqual(openFrame(keys, home, slot, segment)?.frame, frame);
  });

for (const { name, value, bytes } of vectors.superblocks)
  test(`[${name}]`, () => {
    const plain = new Uint8Array(SUPERBLOCK_BYTES - SEALED_BYTES_EXTRA);
    plain.set(fromHex(bytes));
    assert.deepEqual(superblockToBytes(value), plain);
    assert.deepEqual(bytesToSuperblock(plain), { ok: true, value });
  });

for (const { name, passphrase, salt, stretched } of vectors.passphrases)
  test(`[${name}]`, async () => {
    assert.equal(toHex(await argon2idStretch(textToBytes(passphrase), fromHex(salt))), stretched);
  });

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, fromHex, identityChain, Secret, toHex, type IdentityChain } from "@sotto/protocol";
import { compareSafetyCode, safetyNumber, verifyChain } from "@sotto/verify";
import { readerKey } from "../src/channel/reader-key.ts";
import { accountIdOf, createChain, deviceSigner, newDevice } from "../src/identity/identity.ts";
import { signingKey, type SigningKey } from "../src/keys.ts";
import vectors from "../../../vectors/identity.json" with { type: "json" };

const keyed = (seed: string): SigningKey => signingKey(new Secret(fromHex(seed)));
const { seeds } = vectors;
const leaf = keyed(seeds.phone);

function chainOf(hex: string): IdentityChain {
  const chain = decode(identityChain, fromHex(hex));
  assert.ok(chain.ok);
  return chain.value;
}

for (const one of vectors.accept) {
  test(`[ID2] vector: ${one.name}`, () => {
    const verified = verifyChain(chainOf(one.chain), fromHex(one.accountId));
    assert.ok(verified.ok);
    assert.deepEqual(verified.value.hashes.map(toHex), one.hashes);
    const valid = verified.value.devices.filter((device) => !device.revoked);
    assert.deepEqual(
      valid.map((device) => toHex(device.leafKey)),
      one.validLeafKeys,
    );
  });
}

for (const one of vectors.refuse) {
  test(`[ID2] vector, refused: ${one.name}`, () => {
    const verified = verifyChain(chainOf(one.chain), fromHex(one.accountId));
    assert.deepEqual(verified, { ok: false, error: one.reason });
  });
}

for (const one of vectors.credential) {
  test(`[ID6] vector: ${one.name}, made anew from its seeds`, () => {
    const keys = { identity: keyed(seeds.identity), recovery: keyed(seeds.recovery) };
    const chain = createChain(keys, [newDevice(leaf.publicKey, "web", 1_700_000_000_000)]);
    assert.deepEqual(chain, chainOf(one.chain));
    const verified = verifyChain(chain, accountIdOf(chain));
    assert.ok(verified.ok);
    const reader = readerKey(new Secret(fromHex(seeds.reader)));
    const signer = deviceSigner(verified.value, { leaf, reader });
    assert.equal(toHex(signer.credential), one.credential);
    assert.equal(toHex(signer.publicKey), one.leafKey);
  });
}

for (const one of vectors.safetyNumber) {
  test(`[ID8] vector: ${one.name}`, () => {
    const [ours, theirs] = [one.one, one.other].map((account) => ({
      accountId: fromHex(account.accountId),
      firstIdentityKey: fromHex(account.firstIdentityKey),
    }));
    assert.ok(ours && theirs);
    const number = safetyNumber(ours, theirs);
    assert.deepEqual(number.groups, one.groups);
    assert.equal(compareSafetyCode(number, one.qrText), "same");
  });
}

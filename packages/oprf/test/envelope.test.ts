import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { envelopePublicKey, openRequest, sealRequest } from "@sotto/oprf";
import {
  ANSWER_BYTES,
  ANSWER_ENVELOPE_BYTES,
  REQUEST_SIZES,
  requestEnvelopeBytes,
  Secret,
} from "@sotto/protocol";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

async function createGuardian() {
  const gid = random(32);
  const seed = new Secret(random(32));
  return { gid, seed, gx: await envelopePublicKey(seed) };
}

test("[GE1 GE2] a request opens at its guardian, and its answer for who asked, whatever their length", async () => {
  const guardian = await createGuardian();
  const lengths = fc.tuple(
    fc.uint8Array({ maxLength: REQUEST_SIZES.ordinary - 4 }),
    fc.uint8Array({ maxLength: ANSWER_BYTES - 4 }),
  );
  await fc.assert(
    fc.asyncProperty(lengths, async ([question, reply]) => {
      const sealed = await sealRequest(guardian, question, "ordinary");
      assert.ok(sealed);
      assert.equal(sealed.envelope.length, requestEnvelopeBytes("ordinary"));
      const opened = await openRequest(guardian, sealed.envelope);
      assert.ok(opened);
      assert.deepEqual(opened.message, question);
      const answer = opened.sealAnswer(reply);
      assert.equal(answer.length, ANSWER_ENVELOPE_BYTES);
      assert.deepEqual(sealed.openAnswer(answer), reply);
    }),
    { numRuns: 30 },
  );
});

test("[GE2] one bit changed, another guardian or another's answer: nothing opens", async () => {
  const [guardian, other] = [await createGuardian(), await createGuardian()];
  const sealed = await sealRequest(guardian, random(200), "ordinary");
  const another = await sealRequest(guardian, random(200), "ordinary");
  assert.ok(sealed && another);
  assert.equal(await openRequest(other, sealed.envelope), undefined);
  assert.equal(await openRequest({ ...guardian, gid: other.gid }, sealed.envelope), undefined);
  for (let at = 0; at < sealed.envelope.length; at += 37) {
    const flipped: Uint8Array = sealed.envelope.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    assert.equal(await openRequest(guardian, flipped), undefined, `byte ${at}`);
  }
  const opened = await openRequest(guardian, sealed.envelope);
  assert.ok(opened);
  const answer = opened.sealAnswer(random(100));
  assert.equal(another.openAnswer(answer), undefined);
  for (let at = 0; at < answer.length; at += 13) {
    const flipped: Uint8Array = answer.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    assert.equal(sealed.openAnswer(flipped), undefined, `byte ${at}`);
  }
  assert.equal(await sealRequest({ gid: guardian.gid, gx: random(31) }, random(3), "ordinary"), undefined);
});

test("[GE3] no bytes of whatever length are trouble", async () => {
  const guardian = await createGuardian();
  const sealed = await sealRequest(guardian, random(10), "registration");
  assert.ok(sealed);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600, size: "max" }), async (bytes) => {
      assert.equal(await openRequest(guardian, bytes), undefined);
      assert.equal(sealed.openAnswer(bytes), undefined);
    }),
  );
});

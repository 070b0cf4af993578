import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex } from "@sotto/protocol";
import {
  BASE,
  blind,
  bytesToElement,
  bytesToScalar,
  combineElements,
  combineShares,
  elementToBytes,
  evaluate,
  evaluateInput,
  finalize,
  hashToGroup,
  isEvaluation,
  isLinked,
  multiply,
  proveLink,
  publicShare,
  randomElement,
  randomScalar,
  scalarToBytes,
  splitSecret,
  invert,
} from "@sotto/oprf";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const little = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0")).toReversed();

test("[GR1] an element is canonical and not the identity", () => {
  assert.deepEqual(bytesToElement(new Uint8Array(32)), { ok: false, error: "identity" });
  for (const bytes of [
    new Uint8Array(31),
    new Uint8Array(33),
    new Uint8Array(32).fill(255),
    little(2n ** 255n - 19n),
  ])
    assert.deepEqual(bytesToElement(bytes), { ok: false, error: "malformed" });
  const some = elementToBytes(BASE);
  assert.deepEqual(bytesToElement(some).ok, true);
  const signed = some.slice();
  signed[31] = (signed[31] ?? 0) | 0x80;
  assert.deepEqual(bytesToElement(signed), { ok: false, error: "malformed" });
});

test("[GR1] a scalar is below the order and not zero", () => {
  assert.deepEqual(bytesToScalar(new Uint8Array(32)), { ok: false, error: "identity" });
  assert.deepEqual(bytesToScalar(little(ORDER)), { ok: false, error: "malformed" });
  assert.deepEqual(bytesToScalar(little(ORDER - 1n)), { ok: true, value: ORDER - 1n });
  assert.deepEqual(scalarToBytes(ORDER - 1n), little(ORDER - 1n));
});

test("[GR1] any 32 bytes are an element, encoded as they came, or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const element = bytesToElement(bytes);
      if (element.ok) assert.deepEqual(elementToBytes(element.value), bytes);
      const scalar = bytesToScalar(bytes);
      if (scalar.ok) assert.deepEqual(scalarToBytes(scalar.value), bytes);
    }),
  );
});

test("[GR2] any threshold of shares gives the secret, and one fewer another scalar", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), ([threshold, more], picks) => {
      const secret = randomScalar(random);
      const shares = splitSecret(secret, { threshold, count: threshold + more }, random);
      const order = shares
        .map((share) => ({ share, at: picks.next().value }))
        .toSorted((a, b) => a.at - b.at);
      const chosen = order.slice(0, threshold).map(({ share }) => share);
      assert.equal(combineShares(chosen), secret);
      const inExponent = combineElements(
        chosen.map(({ x, value }) => ({ x, element: BASE.multiply(value) })),
      );
      assert.ok(inExponent.equals(BASE.multiply(secret)));
      if (threshold > 1) assert.notEqual(combineShares(chosen.slice(1)), secret);
    }),
    { numRuns: 30 },
  );
});

test("[GR3] any threshold of evaluations gives what the whole key gives; a wrong share is found", () => {
  const key = randomScalar(random);
  const input = random(32);
  const shares = splitSecret(key, { threshold: 2, count: 3 }, random);
  const blinded = blind(input, random);
  const evaluated = shares.map(({ x, value }) => {
    const evaluation = evaluate({ share: value, publicShare: publicShare(value) }, blinded.element, random);
    assert.ok(evaluation.ok);
    assert.ok(isEvaluation(evaluation.value, { blinded, publicShare: publicShare(value), input }));
    return { x, ...evaluation.value };
  });
  const [first, second, third] = evaluated;
  assert.ok(first && second && third);
  const whole = evaluateInput(key, input);
  for (const pair of [
    [first, second],
    [third, first],
    [second, third],
    [first, second, third],
  ])
    assert.deepEqual(finalize(input, blinded, pair), { ok: true, value: whole });
  const another = publicShare(randomScalar(random));
  assert.ok(!isEvaluation(first, { blinded, publicShare: another, input }));
  assert.ok(!isEvaluation({ ...first, element: second.element }, { blinded, publicShare: another, input }));
  for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(5)])
    assert.equal(evaluate({ share: key, publicShare: publicShare(key) }, bad, random).ok, false);
});

test("[GR4] a link proves that the slot opened is the one evaluated, in its session and at its guardian", () => {
  const context = { gid: random(32), rid: random(16), sid: random(16) };
  const input = random(32);
  const u = randomScalar(random);
  const slot = hashToGroup(input).multiply(u);
  const { blind: scalar, element: blinded } = blind(input, random);
  const link = multiply(scalar, invert(u));
  const proof = proveLink(context, { slot, blinded, link }, random);
  const commitment = bytesToElement(proof.commitment);
  const response = bytesToScalar(proof.response);
  assert.ok(commitment.ok && response.ok);
  const given = { commitment: commitment.value, response: response.value };
  const known = { slot: elementToBytes(slot), blinded };
  assert.ok(isLinked(context, known, given));
  assert.ok(!isLinked({ ...context, sid: random(16) }, known, given));
  assert.ok(!isLinked({ ...context, gid: random(32) }, known, given));
  assert.ok(!isLinked(context, { ...known, slot: elementToBytes(randomElement(random)) }, given));
  assert.ok(!isLinked(context, { ...known, blinded: blind(random(32), random).element }, given));
  const wrong = proveLink(context, { slot, blinded, link: randomScalar(random) }, random);
  const wrongResponse = bytesToScalar(wrong.response);
  assert.ok(wrongResponse.ok && !isLinked(context, known, { ...given, response: wrongResponse.value }));
});

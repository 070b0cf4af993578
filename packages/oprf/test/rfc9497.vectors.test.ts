import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromHex } from "@sotto/protocol";
import { bytesToScalar, evaluateInput, finalize, hashToGroup, isEvaluation, publicShare } from "@sotto/oprf";

type Vector = {
  readonly Batch: number;
  readonly Blind: string;
  readonly BlindedElement: string;
  readonly EvaluationElement: string;
  readonly Input: string;
  readonly Output: string;
  readonly Proof: { readonly proof: string };
};
const file = new URL("../../../vectors/rfc9497-voprf.json", import.meta.url);
const suite = JSON.parse(readFileSync(file, "utf8")) as {
  readonly skSm: string;
  readonly pkSm: string;
  readonly vectors: readonly Vector[];
};

test("[GR3] the vectors of RFC 9497, appendix A.1.2", () => {
  const key = bytesToScalar(fromHex(suite.skSm));
  assert.ok(key.ok);
  assert.equal(publicShare(key.value).toHex(), suite.pkSm);
  const single = suite.vectors.filter(({ Batch }) => Batch === 1);
  assert.equal(single.length, 2);
  for (const vector of single) {
    const input = fromHex(vector.Input);
    const scalar = bytesToScalar(fromHex(vector.Blind));
    assert.ok(scalar.ok);
    const blinded = { blind: scalar.value, element: fromHex(vector.BlindedElement) };
    assert.deepEqual(new Uint8Array(hashToGroup(input).multiply(scalar.value).toBytes()), blinded.element);
    const evaluation = { element: fromHex(vector.EvaluationElement), proof: fromHex(vector.Proof.proof) };
    const known = { blinded, publicShare: fromHex(suite.pkSm), input };
    assert.ok(isEvaluation(evaluation, known));
    const flipped = evaluation.proof.slice();
    flipped[3] = (flipped[3] ?? 0) ^ 1;
    assert.ok(!isEvaluation({ ...evaluation, proof: flipped }, known));
    const output = finalize(input, blinded, [{ x: 1, element: evaluation.element }]);
    assert.deepEqual(output, { ok: true, value: fromHex(vector.Output) });
    assert.deepEqual(evaluateInput(key.value, input), fromHex(vector.Output));
  }
});

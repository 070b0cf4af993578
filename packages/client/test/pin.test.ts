import assert from "node:assert/strict";
import { test } from "node:test";
import { generatePin, groupedPin, pinMistake } from "@sotto/client/pin";
import { nativeRandom } from "@sotto/relay-adapters/node";

test("[PN1] 6 to 12 digits and nothing else", () => {
  for (const pin of ["", "48291", "4829136057142", "48291a", "4829 13", "４８２９１３", "-48291"])
    assert.equal(pinMistake(pin), "pin-short", pin);
  for (const pin of ["482913", "4829130", "482913605714"]) assert.equal(pinMistake(pin), undefined, pin);
});

test("[PN2] what people would try first is refused", () => {
  const common = [
    ["111111", "121212", "112221"], // at most two digits
    ["123456", "987654", "246802", "890123"], // one step
    ["123123", "454545", "482482", "4829482948294829".slice(0, 8)], // one part again
    ["123321", "482284"], // the same backwards
    ["112233", "554477"], // pairs
    ["147258", "789456", "159357"], // the keys
    ["240588", "052488", "880524", "24051988", "05241988", "19880524"], // dates
    ["314159", "001337", "100000"], // the list
  ];
  for (const pin of common.flat()) assert.equal(pinMistake(pin), "pin-common", pin);
});

const everyPin = Array.from({ length: 1_000_000 }, (_, pin) => String(pin).padStart(6, "0"));
const allowed = everyPin.filter((pin) => pinMistake(pin) === undefined);

/** How often each digit comes at each place. */
function shares(pins: readonly string[]): readonly number[] {
  const counts = Array.from({ length: 60 }, () => 0);
  for (const pin of pins)
    for (const [at, digit] of Array.from(pin).entries()) counts[10 * at + Number(digit)]! += 1;
  return counts.map((count) => count / pins.length);
}

test("[PN3] what is offered is allowed, and as likely as everything that is", () => {
  const drawn = Array.from({ length: 20_000 }, () => generatePin(nativeRandom));
  for (const pin of drawn) assert.equal(pinMistake(pin), undefined);
  const expected = shares(allowed);
  for (const [at, share] of shares(drawn).entries())
    assert.ok(Math.abs(share - expected[at]!) < 0.015, String(at));
});

test("[PN3] five of six PINs are left to choose from", () => {
  assert.ok(allowed.length > 833_334, String(allowed.length));
});

test("[PN3] a PIN is shown in groups", () => {
  assert.deepEqual(["482913", "48291360", "4829136"].map(groupedPin), [
    "482 913",
    "48 29 13 60",
    "48 29 13 6",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLEARED, equal, operate, typeDigit, typePoint, type Operation } from "../src/cover/calculation.ts";

/** What the display shows after these keys. */
function shown(keys: string): string {
  return Array.from(keys).reduce((of, key) => {
    if (/\d/.test(key)) return typeDigit(of, key);
    if (key === ".") return typePoint(of);
    return key === "=" ? equal(of) : operate(of, key as Operation);
  }, CLEARED).shown;
}

test("[UI40] the calculator calculates", () => {
  for (const [keys, result] of [
    ["12+30=", "42"],
    ["2+3*4=", "20"], // one after the other, as pocket calculators do
    ["1/3=", "0.333333333333"],
    [".1+.2=", "0.3"],
    ["5-8=", "-3"],
    ["7*+3=", "10"], // the last operation counts
    ["9=5+1=", "6"],
    ["1/0=", "E"],
    ["1/0=7", "7"],
    ["007", "7"],
    ["1.2.3", "1.23"],
    ["1234567890123", "123456789012"],
  ] as const)
    assert.equal(shown(keys), result, keys);
});

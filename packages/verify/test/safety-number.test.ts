import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSafetyCode, safetyNumber } from "@sotto/verify";
import fc from "fast-check";

const account = (fill: number) => ({
  accountId: new Uint8Array(32).fill(fill),
  firstIdentityKey: new Uint8Array(32).fill(fill + 100),
});

test("[ID8] both sides see the same sixty digits and the same code, whoever is asked first", () => {
  const ours = safetyNumber(account(1), account(2));
  assert.deepEqual(safetyNumber(account(2), account(1)), ours);
  assert.equal(ours.groups.length, 12);
  assert.ok(ours.groups.every((group) => /^[0-9]{5}$/.test(group)));
  assert.match(ours.qrText, /^sotto-safety:1:[A-Za-z0-9_-]{86}$/);
});

test("[ID8] another account, or another key in it, gives other digits", () => {
  const ours = safetyNumber(account(1), account(2));
  const others = [
    safetyNumber(account(1), account(3)),
    safetyNumber(account(1), { ...account(2), firstIdentityKey: new Uint8Array(32) }),
    safetyNumber(account(1), { ...account(2), accountId: new Uint8Array(32).fill(9) }),
  ];
  const all = [ours, ...others].map((one) => one.groups.join(" "));
  assert.equal(new Set(all).size, all.length);
});

test("[ID9] a scanned code is the same, different, of a newer version, or none", () => {
  const ours = safetyNumber(account(1), account(2));
  const theirs = safetyNumber(account(1), account(3));
  assert.equal(compareSafetyCode(ours, ours.qrText), "same");
  assert.equal(compareSafetyCode(ours, theirs.qrText), "different");
  assert.equal(compareSafetyCode(ours, "sotto-safety:2:anything"), "newer");
  assert.equal(compareSafetyCode(ours, ours.qrText.slice(0, -1)), "notASafetyCode");
  assert.equal(compareSafetyCode(ours, "https://example.org/"), "notASafetyCode");
  fc.assert(fc.property(fc.string(), (text) => compareSafetyCode(ours, text) !== "same"));
});

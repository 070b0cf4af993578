import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  GUARDIAN_URL_BYTES_MAX,
  guardianAddressToText,
  GUARDIANS_MAX,
  LOCK_HIDDEN_MS,
  LOCK_HIDDEN_MS_MIN,
  LOCK_IDLE_MS,
  LOCK_IDLE_MS_MIN,
  textToGuardianAddress,
  textToUnlockOffer,
  UNLOCK_OFFER_BYTES_MAX,
  unlockOfferToText,
  type GuardianAddress,
  type UnlockOffer,
} from "@sotto/protocol";
import { anyOrigin } from "./arbitraries.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const url = anyOrigin.filter((origin) => origin.length <= GUARDIAN_URL_BYTES_MAX);
const anyGuardian: fc.Arbitrary<GuardianAddress> = fc.record(
  { gid: key, gx: key, url },
  { noNullPrototype: true },
);
const anyOffer: fc.Arbitrary<UnlockOffer> = fc
  .uniqueArray(anyGuardian, {
    minLength: 1,
    maxLength: GUARDIANS_MAX,
    selector: ({ gid }) => gid.toHex(),
  })
  .chain((guardians) =>
    fc.record(
      {
        threshold: fc.integer({ min: Math.ceil((guardians.length + 1) / 2), max: guardians.length }),
        guardians: fc.constant(guardians),
        isTrial: fc.boolean(),
        passphrase: fc.constantFrom("allowed", "denied"),
        lockIdleMsMax: fc.integer({ min: LOCK_IDLE_MS_MIN, max: LOCK_IDLE_MS }),
        lockHiddenMsMax: fc.integer({ min: LOCK_HIDDEN_MS_MIN, max: LOCK_HIDDEN_MS }),
      },
      { noNullPrototype: true },
    ),
  );

const guardian = (fill: number): GuardianAddress => ({
  gid: new Uint8Array(32).fill(fill),
  gx: new Uint8Array(32).fill(fill + 100),
  url: `https://guardian-${fill}.example`,
});
const offer: UnlockOffer = {
  threshold: 2,
  guardians: [guardian(1), guardian(2), guardian(3)],
  isTrial: false,
  passphrase: "denied",
  lockIdleMsMax: LOCK_IDLE_MS,
  lockHiddenMsMax: LOCK_HIDDEN_MS,
};
const written = unlockOfferToText(offer);
const malformed = { ok: false, error: "malformed" } as const;

/** The offer's text with other values in some of its fields. */
const changed = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...(JSON.parse(written) as object), ...fields });
const hex = (guardians: readonly GuardianAddress[]) =>
  guardians.map(({ gid, gx, url: at }) => ({ gid: gid.toHex(), gx: gx.toHex(), url: at }));

test("[GC1] every offer comes back from its text", () =>
  fc.assert(
    fc.property(anyOffer, (given) => {
      const text = unlockOfferToText(given);
      assert.ok(text.length <= UNLOCK_OFFER_BYTES_MAX);
      assert.deepEqual(textToUnlockOffer(text), { ok: true, value: given });
    }),
    { numRuns: 500 },
  ));

test("[GC1] any text gives an offer or is malformed, and never throws", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.json(),
        fc
          .tuple(fc.nat({ max: written.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
          .map(([at, cut, put]) => written.slice(0, at) + put + written.slice(at + cut)),
        fc
          .tuple(fc.constantFrom(...Object.keys(offer), "guardians"), fc.jsonValue())
          .map(([name, value]) => changed({ [name]: value })),
      ),
      (text) => {
        const read = textToUnlockOffer(text);
        if (!read.ok) assert.deepEqual(read, malformed);
        else assert.deepEqual(textToUnlockOffer(unlockOfferToText(read.value)), read);
      },
    ),
    { numRuns: 2_000 },
  ));

test("[GC1] what it says beside what we know is passed over", () => {
  assert.deepEqual(textToUnlockOffer(changed({ since: 7 })), { ok: true, value: offer });
});

test("[GC1] a threshold that lets two sets open apart, and guardians that are none or too many, are malformed", () => {
  const count = (threshold: unknown, guardians: readonly GuardianAddress[]) =>
    textToUnlockOffer(changed({ threshold, guardians: hex(guardians) })).ok;
  const five = [1, 2, 3, 4, 5].map(guardian);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((threshold) => count(threshold, five)),
    [false, false, true, true, true, false],
  );
  assert.ok(count(1, [guardian(1)]));
  assert.ok(!count(1, [guardian(1), guardian(2)]));
  assert.ok(!count(0, []));
  assert.ok(!count(3.5, five));
  assert.ok(!count("3", five));
  assert.ok(!count(4, [...five, guardian(6)]));
  assert.ok(!count(2, [guardian(1), guardian(2), guardian(1)]));
});

test("[GC1] an address is an origin of bounded length, with both keys in lower-case hex", () => {
  const gives = (fields: Readonly<Record<string, unknown>>) =>
    textToUnlockOffer(changed({ threshold: 1, guardians: [{ ...hex([guardian(1)])[0], ...fields }] })).ok;
  assert.ok(gives({}));
  for (const at of ["https://a.example/x", "https://u@a.example", "file:///etc", "https://A.example", "", 7])
    assert.ok(!gives({ url: at }), String(at));
  const long = "https://".padEnd(GUARDIAN_URL_BYTES_MAX, "a");
  assert.ok(gives({ url: long }));
  assert.ok(!gives({ url: `${long}a` }));
  for (const name of ["gid", "gx"])
    for (const value of ["ab".repeat(31), "AB".repeat(32), `${"ab".repeat(32)}\n`, undefined])
      assert.ok(!gives({ [name]: value }), name);
});

test("[GC2] an offer shortens the lock within its bounds, and lengthens it never", () => {
  const gives = (fields: Readonly<Record<string, unknown>>) => textToUnlockOffer(changed(fields)).ok;
  assert.ok(gives({ lockIdleMsMax: LOCK_IDLE_MS_MIN, lockHiddenMsMax: LOCK_HIDDEN_MS_MIN }));
  for (const value of [LOCK_IDLE_MS + 1, LOCK_IDLE_MS_MIN - 1, 20_000.5, "20000", null])
    assert.ok(!gives({ lockIdleMsMax: value }), String(value));
  for (const value of [LOCK_HIDDEN_MS + 1, LOCK_HIDDEN_MS_MIN - 1, Number.MAX_VALUE, -1])
    assert.ok(!gives({ lockHiddenMsMax: value }), String(value));
});

test("[GC1] one character over the limit is malformed, the limit is not", () => {
  assert.ok(textToUnlockOffer(written.padEnd(UNLOCK_OFFER_BYTES_MAX)).ok);
  assert.deepEqual(textToUnlockOffer(written.padEnd(UNLOCK_OFFER_BYTES_MAX + 1)), malformed);
});

test("[GC3] every guardian comes back from the text that people hand on, and nothing else is one", () => {
  fc.assert(
    fc.property(anyGuardian, (given) => {
      assert.deepEqual(textToGuardianAddress(guardianAddressToText(given)), given);
    }),
  );
  const text = guardianAddressToText(guardian(1));
  for (const other of ["", "#", text.slice(0, -1), `${text}0`, ` ${text}`, text.replace(".", ":")])
    if (other !== text) assert.equal(textToGuardianAddress(other), undefined, other);
});

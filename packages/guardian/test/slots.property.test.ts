import assert from "node:assert/strict";
import { test } from "node:test";
import { deal, type Dealt } from "@sotto/crypto";
import { chargeTry, openSession, recordOf, sessionOf } from "@sotto/guardian";
import type { GuardianAddress } from "@sotto/protocol";
import { random } from "@sotto/testkit/guardian";
import { sha256 } from "@sotto/verify";
import fc from "fast-check";

const guardians = (count: number): readonly GuardianAddress[] =>
  Array.from({ length: count }, (_, at) => ({
    gid: new Uint8Array(32).fill(at + 1),
    gx: new Uint8Array(32).fill(at + 1),
    url: `https://guardian-${at}.example`,
  }));

const SIZES = [
  { threshold: 1, count: 1 },
  { threshold: 2, count: 3 },
  { threshold: 3, count: 5 },
] as const;

/** A device with one, two or three PINs at guardians of some number. */
const dealing = fc
  .record({ size: fc.constantFrom(...SIZES), hasDecoy: fc.boolean(), hasDuress: fc.boolean() })
  .map(({ size, hasDecoy, hasDuress }) => {
    const pins = {
      real: random(32),
      decoy: hasDecoy ? random(32) : undefined,
      duress: hasDuress ? random(32) : undefined,
    };
    return deal(guardians(size.count), size.threshold, pins, [], { random, sha256 });
  });

const slotsAt = ({ real }: Dealt, at: number): readonly number[] => {
  const { real: one = -1, decoy = -1, duress = -1, spare = -1 } = real.slots[at] ?? {};
  return [one, decoy, duress, spare];
};

test("[GD5 GD13] whatever the order of slots and the number of PINs: four slots, one killMask that names the real one, scopes that fit", () => {
  fc.assert(
    fc.property(dealing, (dealt) => {
      for (const [at, { slots, managers, killIn }] of dealt.registrations.entries()) {
        const [real = 0, decoy = 0, duress = 0] = slotsAt(dealt, at);
        assert.deepEqual(
          slotsAt(dealt, at).toSorted((a, b) => a - b),
          [0, 1, 2, 3],
        );
        assert.deepEqual(
          slots.map(({ killMask }) => killMask),
          [0, 1, 2, 3].map((slot) => (slot === duress ? 1 << real : 0)),
        );
        for (const { mask } of killIn) assert.equal(mask, 1 << real);
        assert.deepEqual(
          managers.map(({ scope }) => scope).toSorted((a, b) => a - b),
          [0, 1 << decoy, (1 << decoy) | (1 << duress), 15].toSorted((a, b) => a - b),
        );
      }
    }),
    { numRuns: 30 },
  );
});

test("[GD4 GD5] whatever the order of slots: duress burns the real slot and nothing else, every other hit burns none", () => {
  const facts = { now: 1_800_000_000_000, random };
  fc.assert(
    fc.property(dealing, fc.constantFrom("real", "decoy", "duress", "spare"), (dealt, name) => {
      for (const [at, registration] of dealt.registrations.entries()) {
        const places = dealt.real.slots[at] ?? {};
        const charged = chargeTry(recordOf(registration), random(32), facts);
        const session = sessionOf(charged.record, charged.sid, facts.now);
        assert.ok(session);
        const hit = places[name];
        const { record, answer } = openSession(charged.record, session, { openHash: random(32), hit }, facts);
        const changed = registration.slots.flatMap(({ element }, slot) =>
          Buffer.compare(element, record.registration.slots[slot]?.element ?? new Uint8Array()) === 0
            ? []
            : [slot],
        );
        assert.deepEqual(changed, name === "duress" ? [places.real] : []);
        assert.deepEqual(answer, registration.slots[hit ?? -1]?.sealedShare);
        assert.deepEqual(record.budgets, [10, 10, 10, 10]);
      }
    }),
    { numRuns: 30 },
  );
});

test("[GD7] every order of the four slots comes, and no guardian's tells another's", () => {
  const orders = new Map<string, number>();
  let isSame = 0;
  for (let time = 0; time < 80; time++) {
    const dealt = deal(guardians(5), 3, { real: random(32), decoy: undefined, duress: undefined }, [], {
      random,
      sha256,
    });
    const all = dealt.registrations.map((_, at) => slotsAt(dealt, at).join(""));
    for (const order of all) orders.set(order, (orders.get(order) ?? 0) + 1);
    if (all[0] === all[1]) isSame += 1;
  }
  assert.equal(orders.size, 24);
  assert.ok(isSame < 20, "one in 24 by chance");
});

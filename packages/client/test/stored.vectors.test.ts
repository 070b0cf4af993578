import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ok, struct, uint, u32, type Result } from "@sotto/protocol";
import { table } from "../src/stored/record.ts";
import { samples } from "./stored-samples.ts";
import vectors from "../../../vectors/stored.json" with { type: "json" };

/** What there is of older versions, and the sample that each becomes. */
const OLDER: readonly (readonly [older: string, sample: string])[] = [
  ["identity", "identity 2"],
  ["message 1", "message in a conversation of two 2"],
  ...["reaction", "edit", "deletion", "notice", "burn time changed"].map(
    (name) => [`${name} 1`, `${name} 2`] as const,
  ),
];

test("[CL90] every kind of record is written as its vector says, and read back", () => {
  const bytesByName = new Map(vectors.records.map(({ name, bytes }) => [name, bytes]));
  for (const sample of samples()) {
    assert.equal(sample.bytes.toHex(), bytesByName.get(sample.name), sample.name);
    const read = sample.table.fromBytes(sample.bytes);
    assert.ok(read.ok, sample.name);
    assert.deepEqual(sample.table.toBytes(read.value), sample.bytes);
  }
  assert.equal(bytesByName.size, samples().length + OLDER.length); // and those of older versions
});

for (const [older, becomes] of OLDER)
  test(`[CL91] ${older}, as an older version wrote it, is read as ${becomes}`, () => {
    const found = vectors.records.find(({ name }) => name === older);
    const sample = samples().find(({ name }) => name === becomes);
    assert.ok(found && sample);
    const read = sample.table.fromBytes(Uint8Array.fromHex(found.bytes));
    assert.ok(read.ok);
    assert.deepEqual(sample.table.toBytes(read.value), sample.bytes);
  });

test("[CL91] a record of a newer version is refused as such", () => {
  for (const { bytes, table: of } of samples()) {
    const newer = Uint8Array.of((bytes[0] ?? 0) + 1, ...bytes.slice(1));
    assert.deepEqual(of.fromBytes(newer), { ok: false, error: "newer" });
  }
});

test("[CL91] a record of an older version is migrated when it is read", () => {
  const first = table("n/", 1, struct({ count: u32 }));
  const second = table("n/", 2, struct({ count: uint }), [
    {
      version: 1,
      read(body): Result<{ count: number }, unknown> {
        const old = first.fromBytes(Uint8Array.of(1, ...body));
        return old.ok ? ok({ count: old.value.count }) : old;
      },
    },
  ]);
  assert.deepEqual(second.fromBytes(first.toBytes({ count: 7 })), { ok: true, value: { count: 7 } });
  assert.deepEqual(second.fromBytes(Uint8Array.of(1, 1)), { ok: false, error: "damaged" });
  assert.deepEqual(second.fromBytes(Uint8Array.of(0)), { ok: false, error: "damaged" });
});

test("[CL92] whatever the bytes of a record are, reading them gives a value or says that they are damaged", () => {
  const tables = samples().map(({ table: of }) => of);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      for (const of of tables) {
        const read = of.fromBytes(Uint8Array.of(1, ...body));
        if (!read.ok) assert.equal(read.error, "damaged");
      }
    }),
  );
  for (const { bytes, table: of } of samples()) {
    assert.deepEqual(of.fromBytes(bytes.slice(0, -1)), { ok: false, error: "damaged" });
    assert.deepEqual(of.fromBytes(new Uint8Array()), { ok: false, error: "damaged" });
  }
});

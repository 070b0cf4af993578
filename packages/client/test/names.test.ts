import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { harmlessName } from "@sotto/client";
import { NAME_BYTES_MAX, textToBytes } from "@sotto/protocol";
import { OWN_NAME_CHARS_MAX, ownName } from "../src/names.ts";

test("[CL81] names lose controls, direction marks and what cannot be seen", () => {
  assert.equal(harmlessName("  Alice\u0007 \t\n Smith "), "Alice Smith");
  assert.equal(harmlessName("\u202Egnp.exe\u202C\u2066x\u2069"), "gnp.exex");
  assert.equal(harmlessName("a\u200Bb\uFEFFc\u00AD"), "abc");
  assert.equal(harmlessName("\uD800x"), "\uFFFDx");
});

test("[CL81] what scripts and emoji need stays", () => {
  for (const name of ["Ποσειδών", "نرگس‌خانم", "क्‍ष", "👩‍👩‍👧", "Zoë", "O'Neill-Ó"])
    assert.equal(harmlessName(name), name.normalize("NFC"));
  assert.equal(harmlessName("a\u200D b\u200D"), "a b");
});

test("[CL81] whatever a contact calls themselves is short, whole and visible", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (name) => {
      const harmless = harmlessName(name);
      assert.ok(textToBytes(harmless).length <= NAME_BYTES_MAX);
      assert.ok(harmless.isWellFormed());
      assert.doesNotMatch(harmless, /[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]/u);
      assert.equal(harmlessName(harmless), harmless, "once is enough");
    }),
  );
});

test("[CL81] an own name is not empty and not too long", () => {
  assert.deepEqual(ownName("Bob"), { ok: true, value: "Bob" });
  assert.deepEqual(ownName(" \u200B "), { ok: false, error: { kind: "name-invalid" } });
  assert.ok(ownName("x".repeat(OWN_NAME_CHARS_MAX)).ok);
  assert.deepEqual(ownName("x".repeat(OWN_NAME_CHARS_MAX + 1)), {
    ok: false,
    error: { kind: "name-too-long" },
  });
});

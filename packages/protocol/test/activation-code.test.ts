import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { codeToText, isEasyToType, ok, textToCode } from "@sotto/protocol";

const code = fc.uint8Array({ minLength: 16, maxLength: 16 });
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

test("[IN7] a code is 26 symbols and a check symbol, in groups of five", () => {
  const bytes = Uint8Array.fromHex("000102030405060708090a0b0c0d0e0f");
  assert.equal(codeToText(bytes), "00041-06105-0R3GG-28A1C-60T3G-F6");
  assert.equal(codeToText(new Uint8Array(16).fill(255)), "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z*");
});

test("[IN7 IN8] what is printed is read back, however it was typed", () => {
  fc.assert(
    fc.property(code, (bytes) => {
      const text = codeToText(bytes);
      const typed = text.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
      assert.deepEqual(textToCode(text), ok(bytes));
      assert.deepEqual(textToCode(` ${typed}\n`), ok(bytes));
    }),
  );
});

test("[IN8] one wrong symbol, and two neighbours exchanged, are noticed", () => {
  fc.assert(
    fc.property(code, fc.nat(25), fc.nat(31), (bytes, at, to) => {
      const symbols = codeToText(bytes).replaceAll("-", "");
      const wrong = symbols.slice(0, at) + SYMBOLS[to] + symbols.slice(at + 1);
      const swapped = symbols.slice(0, at) + symbols[at + 1] + symbols[at] + symbols.slice(at + 2);
      for (const other of [wrong, swapped]) {
        if (other === symbols) continue;
        const read = textToCode(other);
        assert.ok(!read.ok);
      }
    }),
  );
});

test("[IN8] what is too short, too long or holds a foreign symbol says so", () => {
  const text = codeToText(new Uint8Array(16));
  assert.deepEqual(textToCode(text.slice(1)), { ok: false, error: { kind: "length" } });
  assert.deepEqual(textToCode(`${text}0`), { ok: false, error: { kind: "length" } });
  assert.deepEqual(textToCode(text.replace("0", "é")), { ok: false, error: { kind: "symbol" } });
  assert.deepEqual(textToCode(text.replace("0", "U")), { ok: false, error: { kind: "symbol" } });
});

test("[IN9] a code that is easy to type has letters and digits only", () => {
  fc.assert(
    fc.property(code, (bytes) => {
      assert.equal(isEasyToType(bytes), /^[0-9A-Z-]+$/.test(codeToText(bytes).replace(/U$/, "*")));
    }),
  );
});

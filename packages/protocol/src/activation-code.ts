/**
 * An activation code as people read, say and type it: Crockford's base 32 of its 16 bytes in groups of five, with
 * his check symbol (modulo 37) at the end. Spec: spec/inbox.md, IN7 and IN8.
 */
import { assert, err, ok, type Result } from "./result.ts";

/** 0 to 9 and the letters without I, L, O, U. The last five stand for check values only. */
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const CODE_BYTES = 16;
/** 26 symbols hold 130 bits; the first two are zero. */
const DIGITS = 26;
const GROUP = 5;

export type CodeProblem = {
  /** `check`: somewhere a symbol was mistyped. */
  readonly kind: "length" | "symbol" | "check";
};

const checkValue = (digits: readonly number[]): number =>
  digits.reduce((rest, digit) => (rest * 32 + digit) % 37, 0);

function bytesToDigits(bytes: Uint8Array): readonly number[] {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const digits: number[] = [];
  for (let count = 0; count < DIGITS; count++) {
    digits.unshift(Number(value & 31n));
    value >>= 5n;
  }
  return digits;
}

/** 16 bytes as XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XX. */
export function codeToText(code: Uint8Array): string {
  assert(code.length === CODE_BYTES, "an activation code has 16 bytes");
  const digits = bytesToDigits(code);
  const symbols = [...digits, checkValue(digits)].map((digit) => SYMBOLS[digit]).join("");
  return symbols.replaceAll(new RegExp(`.{${GROUP}}(?=.)`, "g"), "$&-");
}

/** Whether its text has letters and digits only. Whoever mints codes draws until it has. */
export const isEasyToType = (code: Uint8Array): boolean => checkValue(bytesToDigits(code)) < 32;

/** Takes lower case, spaces and dashes anywhere, O for 0, and I or L for 1. */
export function textToCode(text: string): Result<Uint8Array<ArrayBuffer>, CodeProblem> {
  const symbols = text
    .toUpperCase()
    .replaceAll(/[\s\-‐-―]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  if (symbols.length !== DIGITS + 1) return err({ kind: "length" });
  const values = symbols.split("").map((symbol) => SYMBOLS.indexOf(symbol));
  const digits = values.slice(0, DIGITS);
  if (values.includes(-1) || digits.some((digit) => digit > 31)) return err({ kind: "symbol" });
  if (checkValue(digits) !== values[DIGITS] || (digits[0] ?? 0) > 7) return err({ kind: "check" });
  const value = digits.reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n);
  return ok(Uint8Array.fromHex(value.toString(16).padStart(2 * CODE_BYTES, "0")));
}

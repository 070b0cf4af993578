/** Stands in until @sotto/protocol reads activation codes. */
import { err, ok, type Result } from "@sotto/protocol";

export const textToCode = (text: string): Result<Uint8Array, "malformed"> =>
  /^[0-9a-f]{32}$/.test(text) ? ok(Uint8Array.fromHex(text)) : err("malformed");

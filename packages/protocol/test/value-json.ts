import { Secret } from "@sotto/protocol";

/** A decoded value as the vectors write it: bytes in hexadecimal, what is absent as null. */
export function valueToJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Secret) return value.expose((bytes) => bytes.toHex());
  if (Array.isArray(value)) return value.map(valueToJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, valueToJson(field)]));
}

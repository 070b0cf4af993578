/**
 * The 48 bits from `at` on as a number: what a random id or a key is looked up by in memory, and then compared in full.
 * Cheaper than a view of the bytes.
 */
export function prefixOf(bytes: Uint8Array, at = 0): number {
  const high = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  const low = ((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
  return high * 2 ** 24 + low;
}

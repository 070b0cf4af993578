/** The first 48 bits as a number: what a random id or a key is looked up by in memory, and then compared in full. */
export function prefixOf(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  return ((a << 16) | (b << 8) | c) * 2 ** 24 + ((d << 16) | (e << 8) | f);
}

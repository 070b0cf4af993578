/** The body of an answer, as long as it keeps to what was expected: who is asked may be anybody. */

/** Undefined for what is longer than `bytesMax`; the rest is not taken. */
export async function readAtMost(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const read = new Uint8Array(bytesMax);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return read.slice(0, length);
    if (length + value.length > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    read.set(value, length);
    length += value.length;
  }
}

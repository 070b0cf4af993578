/**
 * A body as it arrives, copied into pieces of `length` bytes, of which the last may be shorter: a peer that sends a byte
 * at a time costs neither a write nor an object for each. Where the body rejects – its connection broke off – the pieces
 * end with what had come.
 */
export async function* inPieces(
  body: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  const source = body[Symbol.asyncIterator]();
  let piece = new Uint8Array(length);
  let filled = 0;
  try {
    for (let chunk = await next(source); chunk !== undefined; chunk = await next(source))
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + length - filled);
        piece.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < length) continue;
        yield piece;
        piece = new Uint8Array(length);
        filled = 0;
      }
    if (filled > 0) yield piece.subarray(0, filled);
  } finally {
    await source.return?.();
  }
}

async function next(source: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    const result = await source.next();
    return result.done === true ? undefined : result.value;
  } catch {
    return undefined;
  }
}

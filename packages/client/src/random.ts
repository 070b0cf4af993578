/** Numbers from the one source of randomness. */
import type { RandomBytes } from "@sotto/protocol";

/** At least 0, less than 1. */
export function randomFraction(randomBytes: RandomBytes): number {
  const bytes = randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}

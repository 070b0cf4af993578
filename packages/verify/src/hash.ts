/** SHA-256 in portable code. A server gives its runtime's native one wherever a `Sha256` is asked for. */
import { sha256 as sha2 } from "@noble/hashes/sha2.js";
import type { Sha256 } from "@sotto/protocol";

export const sha256: Sha256 = (bytes) => sha2(bytes);

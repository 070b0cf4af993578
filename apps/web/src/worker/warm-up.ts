/**
 * What opening a profile computes first takes many times as long the first time as ever after: the curves make their
 * tables, and the browser compiles. It is done once while somebody types, with keys that nobody keeps.
 */
import { randomBytes } from "@sotto/client-adapters/browser";
import { readerKey, sign, signingKey } from "@sotto/crypto";
import { Secret } from "@sotto/protocol";

const SEED_BYTES = 32;

export function warmUp(): void {
  const signer = signingKey(new Secret(randomBytes(SEED_BYTES)));
  sign(signer, signer.publicKey);
  readerKey(new Secret(randomBytes(SEED_BYTES)));
}

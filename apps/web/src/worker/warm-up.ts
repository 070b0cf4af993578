/**
 * What opening a profile computes first takes many times as long the first time as ever after: the curves make their
 * tables, and the browser compiles. It is done once while somebody types, with keys that nobody keeps.
 */
import { clock, randomBytes } from "@sotto/client-adapters/browser";
import { createTsMlsEngine, readerKey, sign, signingKey } from "@sotto/crypto";
import { Secret } from "@sotto/protocol";

const SEED_BYTES = 32;

export function warmUp(): void {
  const signer = signingKey(new Secret(randomBytes(SEED_BYTES)));
  sign(signer, signer.publicKey);
  readerKey(new Secret(randomBytes(SEED_BYTES)));
  // It tries a first X-Wing key. Whether it can is found out again, and said, by whoever opens the profile.
  void createTsMlsEngine({ suite: "x-wing", authenticate: () => false, clock, randomBytes });
}

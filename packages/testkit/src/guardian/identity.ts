/** Who a guardian of a test is, and the randomness that it all is made of. */
import { signingKey, type SigningKey } from "@sotto/crypto";
import { envelopePublicKey } from "@sotto/oprf";
import { Secret, type GuardianAddress } from "@sotto/protocol";

export const random = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

export type Identity = {
  readonly pair: SigningKey;
  readonly envelopeSeed: Secret;
  readonly address: GuardianAddress;
};

export async function newIdentity(at: number): Promise<Identity> {
  const [pair, envelopeSeed] = [signingKey(new Secret(random(32))), new Secret(random(32))];
  const gx = await envelopePublicKey(envelopeSeed);
  return {
    pair,
    envelopeSeed,
    address: { gid: pair.publicKey, gx, url: `https://guardian-${at}.example` },
  };
}

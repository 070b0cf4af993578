/** Whose leaf of the MLS group is whose. */
import { credentialCodec, decode } from "@sotto/protocol";
import type { Member } from "@sotto/crypto";

export function accountAt({ credential }: Pick<Member, "credential">): Uint8Array | undefined {
  const decoded = decode(credentialCodec, credential);
  return decoded.ok ? decoded.value.accountId : undefined;
}

/** The account at each leaf of these. */
export const accountsAt = (members: readonly Member[]): readonly Uint8Array[] =>
  members.flatMap((one) => accountAt(one) ?? []);

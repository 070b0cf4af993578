/**
 * What guardians of one device tell each other. A message that waits is only a note that its receiver is to hear; what
 * it says is taken from the sealed record when it leaves. Spec: spec/guardian.md, "Between guardians".
 */
import { equalBytes, type RandomBytes } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import type { GuardianRecord } from "./record.ts";

/** A guardian to be told, by one of the record's kids. `passedOn`: because another guardian told this one. */
export type Message = { readonly gid: Uint8Array; readonly kid: Uint8Array; readonly passedOn: boolean };

export const messagesOf = (
  { registration }: GuardianRecord,
  { passedOn }: { readonly passedOn: boolean },
): readonly Message[] => registration.killOut.map(({ gid, kid }) => ({ gid, kid, passedOn }));

/** GD20: the token once the record was killed, random bytes otherwise. The work is the same. */
export function tokenFor(record: GuardianRecord, kid: Uint8Array, random: RandomBytes): Uint8Array {
  const cover = random(32);
  const known = record.registration.killOut.find((one) => equalBytes(one.kid, kid));
  return known && record.isKilled ? known.token : cover;
}

/** GD23: what is said of a record that is wiped, and the hash by which its receiver knows it (GD24). */
export const farewellsOf = ({ registration }: GuardianRecord): readonly Farewell[] =>
  registration.killOut.map(({ gid, kid, token }) => ({ gid, kid, token, hash: sha256(token) }));

export type Farewell = {
  readonly gid: Uint8Array;
  readonly kid: Uint8Array;
  readonly token: Uint8Array;
  readonly hash: Uint8Array;
};

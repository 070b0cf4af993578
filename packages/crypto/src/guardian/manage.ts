/**
 * What an opened profile asks of its guardians: renewed tries, another device key, another PIN, another wipe key; and, from
 * whoever has a certificate, to forget the device. Spec: spec/guardian.md, GD11 to GD15.
 */
import {
  goneBytes,
  rearmBytes,
  rotateBytes,
  setSlotBytes,
  setWipeBytes,
  unreachable,
  wipeBytes,
  type GuardianAddress,
} from "@sotto/protocol";
import { isSignedBy } from "@sotto/verify";
import { sign, type SigningKey } from "../keys.ts";
import type { Place } from "./slot-keys.ts";
import { ask, type Carry } from "./unlock.ts";

export type GuardianChange =
  | { readonly kind: "rearm" }
  | { readonly kind: "rotate"; readonly deviceKey: Uint8Array }
  | {
      readonly kind: "setSlot";
      readonly slot: number;
      readonly element: Uint8Array;
      readonly sealedShare: Uint8Array;
    }
  | { readonly kind: "setWipe"; readonly wipeKey: Uint8Array };

/** A record at a guardian that can be reached. */
export type GuardianPlace = GuardianAddress & Pick<Place, "rid">;

/** "denied": unknown there, or not this manager's to change. Changes can be asked for again: they do not add up. */
export type Managed = "done" | "denied" | "unreached";

export async function manage(
  at: GuardianPlace,
  manager: SigningKey,
  change: GuardianChange,
  carry: Carry,
): Promise<Managed> {
  const { rid } = at;
  const challenge = await ask(at, { kind: "hello", rid }, carry);
  if (challenge?.kind !== "challenge") return "unreached";
  const { nonce } = challenge;
  const signature = sign(manager, changeBytes(at, nonce, change));
  const answer = await ask(at, { ...change, rid, nonce, manager: manager.publicKey, signature }, carry);
  if (answer?.kind === "done") return "done";
  return answer?.kind === "refused" && answer.code === "denied" ? "denied" : "unreached";
}

/** What a manager signs. */
export function changeBytes(place: Place, nonce: Uint8Array, change: GuardianChange): Uint8Array {
  switch (change.kind) {
    case "rearm":
      return rearmBytes(place, nonce);
    case "rotate":
      return rotateBytes(place, nonce, change.deviceKey);
    case "setSlot":
      return setSlotBytes(place, nonce, change);
    case "setWipe":
      return setWipeBytes(place, nonce, change.wipeKey);
    default:
      return unreachable(change);
  }
}

/** Signed in advance: whoever has it can make one guardian forget the device. 64 bytes. */
export const wipeCertificate = (place: Place, wiping: SigningKey): Uint8Array =>
  sign(wiping, wipeBytes(place));

/** "denied": the certificate is not of this record, or is void. "done" is proven by the guardian's signature. */
export async function wipeAt(at: GuardianPlace, certificate: Uint8Array, carry: Carry): Promise<Managed> {
  const answer = await ask(at, { kind: "wipe", rid: at.rid, signature: certificate }, carry);
  if (answer?.kind === "gone" && isSignedBy(at.gid, goneBytes(at), answer.receipt)) return "done";
  return answer?.kind === "refused" && answer.code === "denied" ? "denied" : "unreached";
}

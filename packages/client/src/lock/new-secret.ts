/** What a new device is to open with: what is wrong with it, and whom a PIN needs. */
import { err, ok, type Result, type UnlockOffer } from "@sotto/protocol";
import { isPassphraseShort } from "../passphrase.ts";
import { pinMistake } from "../pin.ts";
import type { Problem } from "../problems.ts";
import type { Enrolment } from "./device-lock.ts";

export type NewSecret =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  | { readonly kind: "pin"; readonly pin: string };

/** Known before anybody is asked. */
export function mistakeIn(secret: NewSecret): Problem | undefined {
  if (secret.kind === "passphrase")
    return isPassphraseShort(secret.passphrase) ? { kind: "passphrase-short" } : undefined;
  const kind = pinMistake(secret.pin);
  return kind && { kind };
}

/** A PIN needs guardians, and the relay says which. */
export async function enrolmentOf(
  secret: NewSecret,
  relayUrl: string,
  fetchOffer: (relayUrl: string) => Promise<UnlockOffer | undefined>,
): Promise<Result<Enrolment, Problem>> {
  if (secret.kind === "passphrase") return ok(secret);
  const offer = await fetchOffer(relayUrl);
  return offer ? ok({ ...secret, relayUrl, offer }) : err({ kind: "relay-unreachable" });
}

/** The entry by which a recovery kit takes an account over. Spec: spec/recovery.md, RK11. */
import { DEVICES_MAX, err, ok, type Device, type IdentityChain, type Result } from "@sotto/protocol";
import { appendEntry } from "../identity/identity.ts";
import type { SigningKey } from "../keys.ts";

/** Every device that was there is revoked, the identity key they knew goes, and `device` is the only one that counts. */
export function takeOver(
  chain: IdentityChain,
  next: { readonly identityKey: Uint8Array; readonly device: Device },
  recovery: SigningKey,
): Result<IdentityChain, "too-many-devices"> {
  // Who was revoked before is left out: nobody comes back (ID4).
  const before = chain.at(-1)?.devices.filter(({ revoked }) => !revoked) ?? [];
  if (before.length >= DEVICES_MAX) return err("too-many-devices");
  const devices = [...before.map((one) => ({ ...one, revoked: true })), next.device];
  const { identityKey } = next;
  return ok(appendEntry(chain, { identityKey, devices }, { by: "recovery", key: recovery }));
}

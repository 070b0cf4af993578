/** What guardians evaluate of a PIN. Spec: spec/vault.md, "PIN". */
import { concat, textToBytes } from "@sotto/protocol";
import type { Stretch } from "../container/index.ts";

const LABEL = concat(textToBytes("sotto-pin-v1"), Uint8Array.of(0));

/** 32 bytes, stretched with the container's salt: who has the device and every guardian pays for each guess. */
export async function stretchPin(pin: string, salt: Uint8Array, stretch: Stretch): Promise<Uint8Array> {
  const digits = concat(LABEL, textToBytes(pin));
  const stretched = await stretch(digits, salt);
  digits.fill(0);
  return stretched;
}

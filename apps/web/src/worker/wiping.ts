/** The end of a device: of this one, and of another whose texts two people hold. Spec: spec/vault.md, "Wiping". */
import { createCarry } from "@sotto/client-adapters/browser";
import { joinWipe, postWipe, textToWipeShare, type Container, type WipeShare } from "@sotto/crypto";
import { err, ok, type Result } from "@sotto/protocol";
import { removeContainer } from "./files.ts";
import type { OpenProfile } from "./profile.ts";
import type { WipeMistake } from "./protocol.ts";

/** How long a wipe waits for guardians, once nothing is left here. */
const GUARDIANS_MS = 5_000;

/** First what opens, here; guardians hear of it meanwhile. */
export async function wipeHere(container: Container, profile: OpenProfile | undefined): Promise<void> {
  const told = profile?.vault?.wipeAtGuardians();
  await container.destroy();
  await profile?.close();
  await container.close();
  await removeContainer();
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, GUARDIANS_MS))]);
}

export async function wipeElsewhere(
  texts: readonly string[],
): Promise<Result<{ readonly done: number; readonly of: number }, WipeMistake>> {
  const shares: WipeShare[] = [];
  for (const text of texts) {
    const share = textToWipeShare(text);
    if (!share.ok) return share;
    shares.push(share.value);
  }
  const bundle = joinWipe(shares);
  if (!bundle.ok) return err(bundle.error);
  const answers = await postWipe(bundle.value, createCarry(bundle.value.relayUrl));
  return ok({ done: answers.filter((answer) => answer === "done").length, of: answers.length });
}

/** Ending a device from a terminal: another one, by two of the texts its owner gave away. Spec: spec/terminal.md, TC13. */
import { createCarry } from "@sotto/client-adapters/node";
import { joinWipe, postWipe, textToWipeShare, type WipeShare } from "@sotto/crypto";
import { err, ok, type Result } from "@sotto/protocol";

const SENTENCES = {
  notAShare: "One of the two is not a wipe text. Copy all of it, from sotto-wipe: on.",
  damaged: "One of the two wipe texts is incomplete or altered. Copy all of it.",
  newer: "A newer version made one of these wipe texts. Update Sotto.",
  different: "These two wipe texts do not belong together, or are the same one.",
} as const;

/** How many guardians have forgotten the device, as a sentence; the error is one, too. */
export async function wipeOther(texts: readonly string[]): Promise<Result<string, string>> {
  const shares: WipeShare[] = [];
  for (const text of texts) {
    const share = textToWipeShare(text);
    if (!share.ok) return err(SENTENCES[share.error]);
    shares.push(share.value);
  }
  const bundle = joinWipe(shares);
  if (!bundle.ok) return err(SENTENCES[bundle.error]);
  const answers = await postWipe(bundle.value, createCarry(bundle.value.relayUrl));
  const done = answers.filter((answer) => answer === "done").length;
  const sentence = `${done} of ${answers.length} guardians have forgotten that device.`;
  if (done > answers.length / 2) return ok(sentence);
  return err(`${sentence} That is not enough: try again until more than half have.`);
}

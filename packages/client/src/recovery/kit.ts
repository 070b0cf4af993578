/** The recovery kit: shown while its seed is on this device, which is until the member has it on paper. RK12 and RK13. */
import { err, isKitText, kitToText, ok, textToKit, type Result, type Secret } from "@sotto/protocol";
import { backupKeys, seedToWords, wordsToSeed } from "@sotto/crypto";
import type { Core } from "../core.ts";
import { kitProblem } from "../kit.ts";
import type { Problem } from "../problems.ts";
import type { Resident } from "../resident.ts";
import { identities, profiles } from "../stored/profile.ts";
import { kits } from "../stored/recovery.ts";
import type { Turn } from "../turn.ts";
import type { Answer, KitView } from "../views.ts";

export function showKit(core: Core, turn: Turn): Result<Answer, Problem> {
  const { recoverySeed } = turn.need(identities, "");
  if (recoverySeed === undefined) return err({ kind: "kit-made" });
  const { accountId } = core.self.verified;
  const { relayUrl } = turn.need(profiles, "");
  const text = kitToText({ version: 1, accountId, recoverySeed, relayUrl });
  return ok({ kind: "kit", text, words: seedToWords(recoverySeed) });
}

/** From here on the seed is on paper alone. What stays can renew the backup and cannot sign for the account. */
export function finishKit(turn: Turn, withContacts: boolean): Result<Answer, Problem> {
  const identity = turn.need(identities, "");
  const { recoverySeed } = identity;
  if (recoverySeed === undefined) return err({ kind: "kit-made" });
  const { relayUrl, relayId } = turn.need(profiles, "");
  if (relayId === undefined) return err({ kind: "relay-unreachable" });
  const { name, seal } = backupKeys(recoverySeed);
  turn.put(identities, "", { ...identity, recoverySeed: undefined });
  turn.put(kits, "", {
    endpoint: { url: relayUrl, relayId },
    nameSeed: name.seed,
    sealKey: seal,
    withContacts,
    number: 0,
    token: undefined,
    kept: undefined,
  });
  turn.afterwards(() => recoverySeed.wipe());
  turn.touch("backup");
  return ok({ kind: "done" });
}

export function kitView(resident: Resident): KitView {
  const kit = resident.get(kits, "");
  if (kit === undefined) return { kind: "none" };
  return { kind: "made", withContacts: kit.withContacts, keptAt: kit.kept?.at };
}

/** What somebody who restores has typed or scanned. The account is known where it was the kit's text. */
export type TypedKit = {
  readonly seed: Secret;
  readonly relayUrl: string;
  readonly accountId: Uint8Array | undefined;
};

/** `relayUrl` is the relay's where words are typed, which name none. */
export function readKit(typed: string, relayUrl: string): Result<TypedKit, Problem> {
  if (isKitText(typed)) return fromText(textToKit(typed));
  const words = wordsToSeed(typed);
  if (words.ok) return ok({ seed: words.value, relayUrl, accountId: undefined });
  switch (words.error.kind) {
    case "word-count":
      return err({ kind: "kit-word-count", found: words.error.found });
    case "unknown-word":
      return err({ kind: "kit-word-unknown", at: words.error.at });
    case "mixed-up":
      return err({ kind: "kit-words-mixed" });
  }
}

/** What is wrong with what was typed, before anything is asked of anybody. */
export function kitMistake(typed: string | undefined, relayUrl: string): Problem | undefined {
  const kit = typed === undefined ? undefined : readKit(typed, relayUrl);
  if (kit?.ok === true) kit.value.seed.wipe();
  return kit?.ok === false ? kit.error : undefined;
}

function fromText(kit: ReturnType<typeof textToKit>): Result<TypedKit, Problem> {
  if (!kit.ok) return err(kitProblem(kit.error));
  const { recoverySeed: seed, relayUrl, accountId } = kit.value;
  return ok({ seed, relayUrl, accountId });
}

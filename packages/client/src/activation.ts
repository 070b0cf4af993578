/**
 * Admission: an activation code yields one-time tokens that this client draws itself; each pays for a channel or an
 * inbox. The tokens are durable before their hashes are sent, and the same hashes are sent until there is an answer.
 * Spec: spec/client.md, CL40 to CL43.
 */
import { equalBytes, type RandomBytes, type Reply } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import type { Core } from "./core.ts";
import { createInbox } from "./inbox/create.ts";
import type { RelayAddress } from "./line/line-id.ts";
import { introductions } from "./stored/conversation.ts";
import { sequenceKey } from "./stored/keys.ts";
import { activations, inboxes, profiles, type Activation } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

/** Tokens asked for with one code: conversations that its term allows. */
const TOKENS_PER_CODE = 256;
/** A connection of its own: it links a code to tokens, and should link them to nothing else. */
export const ACTIVATION_CIRCUIT = "activation";
const RETRY_MS = 5_000;

export const newActivation = (code: Uint8Array, randomBytes: RandomBytes): Activation => ({
  code,
  state: "asking",
  tokens: Array.from({ length: TOKENS_PER_CODE }, () => randomBytes(32)),
  until: undefined,
});

/** False: this very code was entered before and is not refused. */
export function addActivation(core: Core, turn: Turn, code: Uint8Array): boolean {
  const ids = turn.ids(activations);
  const isKnown = ids.some((id) => {
    const known = turn.need(activations, id);
    return known.state !== "refused" && equalBytes(known.code, code);
  });
  if (isKnown) return false;
  const last = ids.at(-1);
  const number = last === undefined ? 0 : Number.parseInt(last, 16) + 1;
  for (const id of ids) if (turn.need(activations, id).state === "refused") turn.remove(activations, id);
  turn.put(activations, sequenceKey(number), newActivation(code, core.randomBytes));
  turn.touch("activation");
  return true;
}

const ownRelay = (turn: Pick<Turn, "need">): RelayAddress => {
  const { relayUrl, relayId } = turn.need(profiles, "");
  return { url: relayUrl, relayId };
};

export function driveActivation(core: Core, turn: Turn): void {
  const asking = turn.ids(activations).filter((id) => turn.need(activations, id).state === "asking");
  if (asking.length === 0) return;
  const line = core.lines.want(ownRelay(turn), ACTIVATION_CIRCUIT);
  if (core.lines.readyNonce(line) === undefined) return;
  for (const id of asking) {
    const name = `activation/${id}`;
    const notBefore = core.oneShots.notBefore(name);
    if (notBefore > turn.now) core.agenda.want("activation", notBefore);
    if (notBefore > turn.now || core.oneShots.isOut(name)) continue;
    core.oneShots.sent(name, line);
    const { code, tokens } = turn.need(activations, id);
    turn.ask(line, { kind: "activate", code, tokenHashes: tokens.map(sha256) }, { kind: "activate", id });
  }
}

export async function answerActivation(core: Core, turn: Turn, id: string, reply: Reply): Promise<void> {
  const name = `activation/${id}`;
  core.oneShots.back(name);
  turn.touch("activation");
  const activation = turn.get(activations, id);
  if (activation === undefined) return;
  if (reply.kind === "activated") {
    const tokens = activation.tokens.slice(0, reply.granted);
    turn.put(activations, id, { ...activation, state: "granted", tokens, until: reply.until });
    await useTokens(core, turn);
  } else if (reply.kind === "refused" && reply.code === "codeRefused") {
    turn.put(activations, id, { ...activation, state: "refused", tokens: [] });
  } else {
    core.oneShots.back(name, turn.now + RETRY_MS);
  }
}

/** What waited for tokens goes on. */
async function useTokens(core: Core, turn: Turn): Promise<void> {
  if (turn.get(inboxes, "") === undefined) await createInbox(core, turn);
  for (const number of turn.ids(introductions)) {
    const introduction = turn.need(introductions, number);
    if (introduction.state !== "noTokens") continue;
    turn.put(introductions, number, { ...introduction, state: "claiming" });
    turn.changedRows.add(number);
    turn.touch(`introduction/${number}`);
  }
  turn.touch("inbox", "backup");
}

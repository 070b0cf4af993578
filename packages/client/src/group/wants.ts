/** What an admin here wants of a group, and who is on the way in. Spec: spec/group.md. */
import { equalBytes } from "@sotto/protocol";
import { introductions } from "../stored/conversation.ts";
import { additions, wants, type Want } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

export const NOTHING_WANTED: Want = { name: undefined, removed: [], roles: [] };

export const wantIn = (turn: Turn, number: ConversationNumber): Want =>
  turn.get(wants, number) ?? NOTHING_WANTED;

/** Once, however often it is asked for. */
export function wantGone(turn: Turn, number: ConversationNumber, accountId: Uint8Array): void {
  const want = wantIn(turn, number);
  if (want.removed.some((one) => equalBytes(one, accountId))) return;
  turn.put(wants, number, { ...want, removed: [...want.removed, accountId.slice()] });
}

/** `id`: a memberId. Asked for a KeyPackage, or that is here already. */
export const isComing = (turn: Turn, id: string): boolean =>
  turn.get(additions, id) !== undefined || turn.get(introductions, id) !== undefined;

/** `id`: a memberId. Nobody waits for them any longer. */
export function forgetComing(turn: Turn, id: string): void {
  if (turn.get(additions, id) !== undefined) turn.remove(additions, id);
  if (turn.get(introductions, id) !== undefined) turn.remove(introductions, id);
}

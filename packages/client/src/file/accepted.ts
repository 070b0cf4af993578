/** Whose files may load by themselves. Spec: spec/files.md, FT20. */
import { accepted } from "../stored/file.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

/** This person has begun the conversation, or writes in it. */
export function accept(turn: Turn, number: ConversationNumber): void {
  if (turn.get(accepted, number) !== undefined) return;
  turn.put(accepted, number, {});
  turn.changedRows.add(number);
}

/**
 * The pass that proves that what burned is gone. It walks the messages themselves and not the list of what is due, so that a message
 * whose entry in that list was lost goes all the same. A part in each turn, all of it every hour. Spec: spec/client.md, CL76.
 */
import { toHex } from "@sotto/protocol";
import type { Core } from "./core.ts";
import { forgetBurned } from "./purge.ts";
import { readMany } from "./reading.ts";
import { conversationIn } from "./stored/keys.ts";
import { items } from "./stored/message.ts";
import type { Turn } from "./turn.ts";

const EVERY_MS = 3_600_000;
const RECORDS_PER_TURN = 500;
/** What is due now is another's to forget; what is left by then has been missed. */
const MISSED_MS = 60_000;

export type Sweep = {
  /** Looked at so far in the pass under way. */
  readonly through: string | undefined;
  /** When the last pass ended. */
  readonly endedAt: number | undefined;
};

export const NOT_SWEPT: Sweep = { through: undefined, endedAt: undefined };

export async function sweep(core: Core, turn: Turn): Promise<void> {
  const { through, endedAt } = core.sweep;
  const keys = core.records.list(items.prefix, {
    from: through === undefined ? items.prefix : `${through}\0`,
    limit: RECORDS_PER_TURN,
  });
  const values = await readMany(core.records, keys);
  for (const [at, key] of keys.entries()) {
    const value = values[at];
    const item = value && items.fromBytes(value);
    if (item?.ok && item.value.kind === "message")
      forgetIfMissed(turn, key.slice(items.prefix.length), item.value);
  }
  const last = keys.length < RECORDS_PER_TURN ? undefined : keys.at(-1);
  turn.afterwards(() => {
    core.sweep = { through: last, endedAt: last === undefined ? turn.now : endedAt };
    core.agenda.set("sweep", last === undefined ? turn.now + EVERY_MS : turn.now);
  });
}

function forgetIfMissed(
  turn: Turn,
  itemKey: string,
  { burnAt, messageId }: { readonly burnAt: number | undefined; readonly messageId: Uint8Array },
): void {
  if (burnAt === undefined || burnAt + MISSED_MS > turn.believedNow) return;
  const number = conversationIn(itemKey);
  forgetBurned(turn, { itemKey, idKey: `${number}/${toHex(messageId)}` });
}

/** What stands above a conversation, read from its messages whenever it is shown. Spec: spec/client.md, CL116, CL117. */
import { PIN_SLOT } from "./annotation-slots.ts";
import type { Core } from "./core.ts";
import { namesIn } from "./group/members.ts";
import { readOriginals } from "./quotes.ts";
import { readMany } from "./reading.ts";
import { authorName } from "./rows.ts";
import { contentNow, readSaid } from "./said.ts";
import { annotations } from "./stored/annotation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { toHex } from "@sotto/protocol";
import type { Pinned } from "./views.ts";

const PINS_SHOWN_MAX = 20;

export async function readPins(
  core: Core,
  number: ConversationNumber,
  now: number,
): Promise<readonly Pinned[]> {
  const timeByKey = await readPinTimes(core, number);
  if (timeByKey.size === 0) return [];
  const wanted = new Set(timeByKey.keys());
  const said = await readSaid(core.records, number, wanted);
  const nameOf = namesIn(core.resident, number);
  const shown = (await readOriginals(core, number, wanted, now)).flatMap((original) => {
    const content = contentNow(original, said);
    if (content?.kind !== "text") return [];
    const { messageId, mine } = original;
    const author = authorName(nameOf, original);
    return [{ key: toHex(messageId), mine, author, text: content.text }];
  });
  const timeOf = ({ key }: Pinned): number => timeByKey.get(key) ?? 0;
  return shown.toSorted((a, b) => timeOf(b) - timeOf(a));
}

/** Of the newest: when each was pinned, by whoever did. */
async function readPinTimes(
  { records }: Core,
  number: ConversationNumber,
): Promise<ReadonlyMap<string, number>> {
  const start = `${annotations.prefix}${number}/`;
  const keys = records.list(start).filter((key) => key.endsWith(`/${PIN_SLOT}`));
  const values = keys.length === 0 ? [] : await readMany(records, keys);
  const pinned = keys.flatMap((key, at) => {
    const value = values[at];
    const read = value && annotations.fromBytes(value);
    const isPinned = read?.ok === true && read.value.about.kind === "pin" && read.value.about.isPinned;
    return isPinned ? [[key.slice(start.length, -PIN_SLOT.length - 1), read.value.sentAt] as const] : [];
  });
  return new Map(pinned.toSorted((a, b) => b[1] - a[1]).slice(0, PINS_SHOWN_MAX));
}

/** What messages answer, read from the originals whenever it is shown: a quote never outlives its original. Spec: CL88. */
import { toHex } from "@sotto/protocol";
import type { Core } from "./core.ts";
import { namesIn } from "./group/members.ts";
import { readMany } from "./reading.ts";
import { authorName, isBurnt, parseItem } from "./rows.ts";
import { burnNow, contentNow, readSaid } from "./said.ts";
import { outboxEntries } from "./stored/conversation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { items, seenIds } from "./stored/message.ts";
import type { Quote } from "./views.ts";
import { readWritten } from "./written.ts";

/** By messageId, hexadecimal. */
export type Quotes = ReadonlyMap<string, Quote>;

/** A quote shows the beginning only, in UTF-16 code units. */
const QUOTE_LENGTH_MAX = 200;

type Answering = { readonly contentKind: number; readonly content: Uint8Array };

export async function readQuotes(
  core: Core,
  number: ConversationNumber,
  messages: readonly Answering[],
  now: number,
): Promise<Quotes> {
  const wanted = new Set<string>();
  for (const { contentKind, content } of messages) {
    const to = readWritten(contentKind, content)?.to;
    if (to !== undefined) wanted.add(toHex(to));
  }
  const quotes = new Map<string, Quote>();
  if (wanted.size === 0) return quotes;
  for (const key of wanted) quotes.set(key, { key, mine: false, author: undefined, text: undefined });
  const about = await readSaid(core.records, number, wanted);
  const nameOf = namesIn(core.resident, number);
  for (const original of await readOriginals(core, number, wanted, now)) {
    const content = contentNow(original, about);
    const said = content?.kind === "text" ? content : undefined;
    const key = toHex(original.messageId);
    const author = authorName(nameOf, original);
    const quote = { key, mine: original.mine, author, text: said && beginningOf(said.text) };
    quotes.set(key, said?.file === undefined ? quote : { ...quote, file: said.file });
  }
  return quotes;
}

type Original = Parameters<typeof contentNow>[0] & {
  readonly mine: boolean;
  readonly author: Uint8Array | undefined;
  readonly burnAt: number | undefined;
};

export async function readOriginals(
  { records, resident }: Core,
  number: ConversationNumber,
  wanted: ReadonlySet<string>,
  now: number,
): Promise<readonly Original[]> {
  const seen = await readMany(
    records,
    [...wanted].map((key) => `${seenIds.prefix}${number}/${key}`),
  );
  const itemKeys = seen.flatMap((bytes) => {
    const value = bytes && seenIds.fromBytes(bytes);
    return value?.ok ? [items.prefix + value.value.itemKey] : [];
  });
  const stored = (await readMany(records, itemKeys)).flatMap((bytes) => {
    const item = parseItem(bytes);
    return item?.kind === "message" && !isBurnt(item, now) ? [item] : [];
  });
  const waiting = [...resident.values(outboxEntries)].flatMap(([id, entry]) =>
    id.startsWith(`${number}/`) && wanted.has(toHex(entry.messageId))
      ? [
          {
            ...entry,
            mine: true,
            author: undefined,
            burnAt: entry.burnMs === 0 ? undefined : entry.sentAt + entry.burnMs,
          },
        ]
      : [],
  );
  return [...stored, ...waiting];
}

/** A message as it reads now, and until when; undefined where there is none any more. */
export async function readNow(
  core: Core,
  number: ConversationNumber,
  key: string,
  now: number,
): Promise<{ readonly text: string; readonly burnAt: number | undefined } | undefined> {
  const wanted = new Set([key]);
  const [original] = await readOriginals(core, number, wanted, now);
  if (original === undefined) return undefined;
  const said = await readSaid(core.records, number, wanted);
  const content = contentNow(original, said);
  if (content?.kind !== "text") return undefined;
  const { burnAt } = original;
  return { text: content.text, burnAt: burnAt && burnNow({ ...original, burnAt, burnMs: 0 }, said).burnAt };
}

function beginningOf(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= QUOTE_LENGTH_MAX ? line : `${line.slice(0, QUOTE_LENGTH_MAX).toWellFormed()}…`;
}

export const quoteIn = (quotes: Quotes, { contentKind, content }: Answering): Quote | undefined => {
  const to = readWritten(contentKind, content)?.to;
  return to === undefined ? undefined : quotes.get(toHex(to));
};

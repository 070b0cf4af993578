/**
 * The folded words of messages, in memory alone, in the order of their places. A message that goes leaves nothing:
 * the text of the block it stood in is written anew without it. Spec: spec/finding.md, "The index".
 */
import type { Term } from "./fold.ts";

export type Indexed = {
  /** Of the item, as in stored/message.ts. */
  readonly key: string;
  /** Its place, relay time. */
  readonly place: number;
  readonly sentAt: number;
  readonly burnAt: number | undefined;
};
type Part = Indexed & { readonly folded: string };

/** What of a message counts beside its words when memory is counted, in UTF-16 code units. */
const ENTRY_UNITS = 128;
/** Messages of one block: searched as one text. */
const BLOCK_MESSAGES_MAX = 256;
/** Stands between messages, and in no word. */
const BETWEEN = "\n";

/** In the order of places; `starts[n]` is where the words of `messages[n]` begin in `text`, and one more is its end. */
type Block = {
  readonly messages: readonly Indexed[];
  readonly text: string;
  readonly starts: readonly number[];
};

export type Wanted = {
  readonly terms: readonly Term[];
  /** Whether any conversation's name has the term: there messages need not have it in their text, too. */
  readonly isName: (term: Term) => boolean;
  readonly isNamed: (message: Indexed, term: Term) => boolean;
  readonly isAsked: (message: Indexed) => boolean;
};

/** `unitsMax`: what is kept at most, in UTF-16 code units; the oldest go first. */
export function createMessageIndex(unitsMax: number) {
  let blocks: Block[] = [];
  let units = 0;
  let hasLeftOut = false;

  /** Takes the place of the block at `at`. */
  function replace(at: number, parts: readonly Part[]): void {
    const made: Block[] = [];
    for (let from = 0; from < parts.length; from += BLOCK_MESSAGES_MAX)
      made.push(blockOf(parts.slice(from, from + BLOCK_MESSAGES_MAX)));
    const gone = blocks.splice(at, 1, ...made);
    for (const one of made) units += unitsOf(one);
    for (const one of gone) units -= unitsOf(one);
  }

  /** The block in whose range it belongs. */
  function blockFor(part: Part): number {
    const after = blocks.findIndex(({ messages }) => isBefore(part, messages[0] ?? part));
    return after < 0 ? Math.max(0, blocks.length - 1) : Math.max(0, after - 1);
  }

  function remove(keys: ReadonlySet<string>): void {
    if (keys.size === 0) return;
    for (let at = blocks.length - 1; at >= 0; at--) {
      const block = blocks[at];
      if (block?.messages.some(({ key }) => keys.has(key)) === true)
        replace(
          at,
          partsOf(block).filter(({ key }) => !keys.has(key)),
        );
    }
  }

  return {
    remove,
    /** Each takes the place of what was there under its key. Where the oldest were left out, no older one comes back. */
    put(parts: readonly Part[]): void {
      remove(new Set(parts.map(({ key }) => key)));
      const [oldest] = blocks[0]?.messages ?? [];
      const wanted = parts.filter((part) => !hasLeftOut || oldest === undefined || !isBefore(part, oldest));
      const byBlock = Map.groupBy(wanted, blockFor);
      for (const [at, added] of [...byBlock].toSorted(([a], [b]) => b - a)) {
        const block = blocks[at];
        replace(at, [...(block === undefined ? [] : partsOf(block)), ...added].toSorted(inOrder));
      }
      while (units > unitsMax && blocks.length > 0) {
        hasLeftOut = true;
        units -= unitsOf(blocks.shift() as Block);
      }
    },
    /** Up to `limit` that have every term, newest first. */
    find(wanted: Wanted, limit: number): readonly Indexed[] {
      const found: Indexed[] = [];
      for (const block of blocks.toReversed()) {
        const isFound = isFoundIn(block, wanted);
        for (let at = block.messages.length - 1; isFound !== undefined && at >= 0; at--) {
          const message = block.messages[at];
          if (message === undefined || !isFound(message, at) || !wanted.isAsked(message)) continue;
          if (found.push(message) === limit) return found;
        }
      }
      return found;
    },
    /** Whether there was no room for the oldest; those from `since` on, a place, are all here. */
    leftOut: (): { readonly since: number } | undefined =>
      hasLeftOut ? { since: blocks[0]?.messages[0]?.place ?? Infinity } : undefined,
    clear(): void {
      blocks = [];
      units = 0;
      hasLeftOut = false;
    },
    /** For tests and measurements. */
    held: () => ({
      messages: blocks.reduce((sum, { messages }) => sum + messages.length, 0),
      units,
      text: blocks.map(({ text }) => text).join(""),
    }),
  };
}

const isBefore = (a: Indexed, b: Indexed): boolean =>
  a.place < b.place || (a.place === b.place && a.key < b.key);
const inOrder = (a: Indexed, b: Indexed): number => (isBefore(a, b) ? -1 : 1);
const unitsOf = ({ text, messages }: Block): number => text.length + messages.length * ENTRY_UNITS;

function blockOf(parts: readonly Part[]): Block {
  const starts: number[] = [];
  let end = 0;
  for (const { folded } of parts) {
    starts.push(end);
    end += folded.length + BETWEEN.length;
  }
  const messages = parts.map(({ key, place, sentAt, burnAt }) => ({ key, place, sentAt, burnAt }));
  return { messages, text: parts.map(({ folded }) => folded + BETWEEN).join(""), starts: [...starts, end] };
}

const partsOf = ({ messages, text, starts }: Block): readonly Part[] =>
  messages.map((message, at) => ({
    ...message,
    folded: text.slice(starts[at], (starts[at + 1] ?? 0) - BETWEEN.length),
  }));

/** Which of a block's messages have every term, and at least one of them in their text. Undefined: none has. */
function isFoundIn(
  block: Block,
  { terms, isName, isNamed }: Wanted,
): ((message: Indexed, at: number) => boolean) | undefined {
  const hits: ReadonlySet<number>[] = [];
  for (const term of terms) {
    const hit = hitsIn(block, term);
    if (hit.size === 0 && !isName(term)) return undefined;
    hits.push(hit);
  }
  return (message, at) =>
    terms.every((term, n) => hits[n]?.has(at) === true || (isName(term) && isNamed(message, term))) &&
    (terms.length === 0 || hits.some((hit) => hit.has(at)));
}

/** Which messages of the block have the term: their places in it. */
function hitsIn({ text, starts }: Block, term: Term): ReadonlySet<number> {
  const hits = new Set<number>();
  for (const needle of term) {
    let message = 0;
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, starts[message + 1])) {
      while ((starts[message + 1] ?? Infinity) <= at) message++;
      hits.add(message);
    }
  }
  return hits;
}

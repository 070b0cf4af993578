/**
 * Recognises repeated requests of a channel: its messageIds of the last 30 days, by where their answers are. An index is
 * made when it is first needed; those not used lately are dropped and made again.
 */
import { equalBytes } from "@sotto/protocol";
import type { Answer } from "@sotto/relay";
import { bytesToAnswers, eachPrefix, toAnswer, type Answered } from "./answers-row.ts";
import { createCache, type Cache } from "./cache.ts";
import type { Loaded } from "./loaded.ts";
import { prefixOf } from "./prefix.ts";
import { rowToEntry, type Statements } from "./statements.ts";

/** Ids in the indexes of all channels. */
const IDS_CACHED_MAX = 2_000_000;
/** An index also holds ids whose time is over, until it is made anew. */
const INDEX_KEPT_MS = 86_400_000;

/**
 * Maps ids to sequence numbers in few bytes, by the prefix of the id. Two ids of one channel that agree in those are
 * told apart by looking; the earlier of them is then no longer found, which costs at most one repeated entry that
 * its receivers drop.
 */
type Index = { readonly seqs: Map<number, number>; readonly madeAt: number };

type Remembering = Pick<Loaded, "row" | "unsettled">;

export class Repetitions {
  readonly #sql: Statements;
  readonly #indexes: Cache<Remembering, Index>;

  constructor(sql: Statements, idsMax = IDS_CACHED_MAX) {
    this.#sql = sql;
    this.#indexes = createCache({ limit: idsMax, weightOf: ({ seqs }: Index) => 1 + seqs.size });
  }

  /** What `id` was answered, if it is known. */
  answerTo(loaded: Remembering, id: Uint8Array, now: number): Answer | undefined {
    const seq = this.#indexOf(loaded, now).get(prefixOf(id));
    if (seq === undefined) return undefined;
    for (const one of this.#answeredAt(loaded, seq)) if (equalBytes(one.id, id)) return toAnswer(one);
    return undefined;
  }

  /** How many ids the channel remembers. */
  count(loaded: Remembering, now: number): number {
    return this.#indexOf(loaded, now).size;
  }

  remember(loaded: Remembering, { id, seq }: Answered, now: number): void {
    this.#indexOf(loaded, now).set(prefixOf(id), seq);
    this.#indexes.grow(1);
  }

  /** After what was remembered did not happen. */
  forget(loaded: Remembering): void {
    this.#indexes.delete(loaded);
  }

  *#answeredAt({ row, unsettled }: Remembering, seq: number): Generator<Answered> {
    yield* unsettled.filter((entry) => entry.seq === seq);
    const entry = this.#sql.entry.one(row, seq);
    if (entry) yield rowToEntry(entry);
    const forgotten = this.#sql.answersAt.one(row, seq);
    if (forgotten) yield* bytesToAnswers(forgotten.answers);
  }

  #indexOf(loaded: Remembering, now: number): Map<number, number> {
    const known = this.#indexes.get(loaded);
    if (known && now - known.madeAt < INDEX_KEPT_MS) return known.seqs;
    if (known) this.#indexes.delete(loaded);
    const seqs = new Map<number, number>();
    for (const { answers } of this.#sql.answersOf.each(loaded.row, now))
      eachPrefix(answers, (prefix, seq) => seqs.set(prefix, seq));
    for (const { id, seq } of this.#sql.idsOf.each(loaded.row)) seqs.set(prefixOf(id), seq);
    for (const { id, seq } of loaded.unsettled) seqs.set(prefixOf(id), seq);
    this.#indexes.add(loaded, { seqs, madeAt: now });
    return seqs;
  }
}

/**
 * Bugs planted in a relay, one at a time, by a wrapper around its store. Each must be found by the channel world: a
 * simulation that survives a mutant tests nothing. The list is in spec/simulation.md.
 */
import type { Channel, ChannelStore, Operation, Outcome } from "@sotto/relay";
import type { RelayMutant } from "../simulation/relay-host.ts";

type Change = (store: ChannelStore) => Partial<ChannelStore>;

const storeMutant = (change: Change): RelayMutant => ({
  store: () => (store) => ({ ...store, ...change(store) }),
});

/** Bytes that look like no bytes seen before when they are made a key of a map, and are written as they are. */
class Unrecognised extends Uint8Array {
  static count = 0;
  override toHex(): string {
    return `unrecognised ${Unrecognised.count++}`;
  }
}

const current = (channel: Channel): number => channel.epochs.at(-1)?.epoch ?? 0;

/** Applies `batch` operation by operation, each changed by `change` or answered by it. */
const eachOf =
  (change: (op: Operation, store: ChannelStore) => Promise<readonly Operation[]>): Change =>
  (store) => ({
    async apply(batch, now) {
      const changed = await Promise.all(batch.map((op) => change(op, store)));
      const outcomes = await store.apply(changed.flat(), now);
      let at = 0;
      return changed.map((ops) => outcomes[(at += ops.length) - 1] as Outcome);
    },
  });

export const RELAY_MUTANTS: Readonly<Record<string, RelayMutant>> = {
  /** *accepted* before the data is on disk: the last batches go with the power. */
  "answers before the disk": { unflushedMax: 3 },

  "forgets messageIds": storeMutant(
    eachOf(async (op) => [op.kind === "append" ? { ...op, messageId: Unrecognised.from(op.messageId) } : op]),
  ),

  "lets two Commits end one epoch": storeMutant((store) => ({
    async apply(batch, now) {
      const outcomes = await store.apply(batch, now);
      return Promise.all(
        outcomes.map(async (outcome, at) => {
          const op = batch[at];
          if (op?.kind !== "commit" || outcome.kind !== "refused" || outcome.code !== "epochMoved")
            return outcome;
          const channel = await store.channel(op.cid);
          if (channel === undefined) return outcome;
          const { lastSeq: seq, head } = channel;
          return { kind: "committed", seq, head, time: now, entry: undefined } as const;
        }),
      );
    },
  })),

  "accepts messages of an epoch that is over": storeMutant(
    eachOf(async (op, store) => {
      const channel = op.kind === "append" ? await store.channel(op.cid) : undefined;
      return [op.kind === "append" && channel ? { ...op, epoch: current(channel) } : op];
    }),
  ),

  "erases once anybody has read": storeMutant(
    eachOf(async (op, store) => {
      const channel = op.kind === "ack" ? await store.channel(op.cid) : undefined;
      const state = channel?.epochs.find((one) => op.kind === "ack" && one.epoch === op.epoch);
      return op.kind === "ack" && state ? state.cursors.map((_, reader) => ({ ...op, reader })) : [op];
    }),
  ),

  "keeps what everybody has read": storeMutant((store) => ({
    apply: async (batch, now) => {
      const kept = batch.filter(({ kind }) => kind !== "ack");
      const outcomes = [...(await store.apply(kept, now))];
      return batch.map(({ kind }) =>
        kind === "ack" ? { kind: "acknowledged", delivered: 0 } : (outcomes.shift() as Outcome),
      );
    },
  })),

  "never burns": storeMutant(() => ({ sweep: () => Promise.resolve({ erased: 0, isMore: false }) })),

  "burns too early": storeMutant((store) => ({ sweep: (now) => store.sweep(now + 8 * 86_400_000) })),

  "hides the newest entry": storeMutant((store) => ({
    async page(cid, after, through, limits) {
      const page = await store.page(cid, after, through, limits);
      return page.entries.length < 3 ? page : { ...page, entries: page.entries.slice(0, -1) };
    },
  })),

  /** Tells a full disk's refusals as acceptances. */
  "accepts what does not fit": storeMutant((store) => ({
    async apply(batch, now) {
      const outcomes = await store.apply(batch, now);
      return Promise.all(
        outcomes.map(async (outcome, at) => {
          const op = batch[at];
          if (op?.kind !== "append" || outcome.kind !== "refused" || outcome.code !== "storageFull")
            return outcome;
          const channel = await store.channel(op.cid);
          if (channel === undefined) return outcome;
          return {
            kind: "accepted",
            seq: channel.lastSeq + 1,
            head: channel.head,
            time: now,
            entry: undefined,
          } as const;
        }),
      );
    },
  })),
};

/** Every ChannelStore passes this, whatever it is made of. Spec: spec/storage.md. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  BACKUP_BYTES,
  decode,
  entryCodec,
  MESSAGE_ID_KEPT_MS,
  POST_KEPT_MS,
  READERS_MAX,
  RUNG_MS,
  toHex,
  type Entry,
  type EpochPublicKeys,
} from "@sotto/protocol";
import {
  CHANNEL_BYTES_MAX,
  COMMIT_INTERVAL_MS,
  COMMIT_REFILL_MS,
  COMMITS_BURST_MAX,
  deliveredOf,
  currentEpoch,
  listedKeys,
  TOMBSTONE_KEPT_MS,
  USED_KEYS_MAX,
  type Answer,
  type ChannelStore,
  type Operation,
  type Outcome,
} from "@sotto/relay";

export const STORE_START = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const LIMITS = { entries: 256, bytes: 1_048_576 };

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(data).digest());

export const epochPublicKeys = (readers = 2): EpochPublicKeys => ({
  write: bytes(32),
  commit: bytes(32),
  admin: undefined,
  readers: Array.from({ length: readers }, () => bytes(32)),
});
export const appendOperation = (
  cid: string,
  epoch: number,
  body: Uint8Array = bytes(100),
): Extract<Operation, { kind: "append" }> => ({
  kind: "append",
  cid,
  epoch,
  messageId: bytes(16),
  rung: "1day",
  commitment: undefined,
  body,
});
export const commitOperation = (
  cid: string,
  epoch: number,
  next: EpochPublicKeys = epochPublicKeys(),
): Extract<Operation, { kind: "commit" }> => ({
  kind: "commit",
  cid,
  epoch,
  body: bytes(200),
  next,
  signature: bytes(64),
  adminSignature: undefined,
});

export async function one(store: ChannelStore, op: Operation, now = STORE_START): Promise<Outcome> {
  const [outcome] = await store.apply([op], now);
  assert.ok(outcome);
  return outcome;
}

/** Mints a code, activates it, and gives the hashes of `count` tokens. */
export async function tokenHashes(store: ChannelStore, count: number): Promise<string[]> {
  const codeHash = toHex(bytes(32));
  const hashes = Array.from({ length: count }, () => toHex(bytes(32)));
  await one(store, { kind: "mint", codeHash, until: STORE_START + 365 * DAY_MS });
  const outcome = await one(store, { kind: "activate", codeHash, tokenHashes: hashes });
  assert.equal(outcome.kind, "activated");
  return hashes;
}

export async function createChannel(store: ChannelStore, keys = epochPublicKeys()): Promise<string> {
  const cid = toHex(bytes(32));
  const [tokenHash = ""] = await tokenHashes(store, 1);
  const spend = { kind: "registered", tokenHash } as const;
  assert.equal((await one(store, { kind: "create", cid, keys, spend })).kind, "created");
  return cid;
}

async function createInbox(store: ChannelStore, devices = 1) {
  const inboxId = toHex(bytes(32));
  const [tokenHash = ""] = await tokenHashes(store, 1);
  const postToken = bytes(32);
  const outcome = await one(store, {
    kind: "inboxCreate",
    inboxId,
    owner: bytes(32),
    readers: Array.from({ length: devices }, () => bytes(32)),
    tokenHashes: [sha256(postToken)],
    spend: { kind: "registered", tokenHash },
  });
  assert.equal(outcome.kind, "done");
  return { inboxId, tokenHash: sha256(postToken) };
}

/** All that is kept of a log. */
export async function entriesOf(store: ChannelStore, cid: string, after = 0): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let isLast = false; !isLast;) {
    const page = await store.page(cid, all.at(-1)?.seq ?? after, undefined, LIMITS);
    all.push(...page.entries.map(toEntry));
    isLast = page.isLast;
  }
  return all;
}
function toEntry(wire: Uint8Array): Entry {
  const decoded = decode(entryCodec, wire);
  assert.ok(decoded.ok);
  return decoded.value;
}

const answerOf = ({ seq, time, head }: Answer) => ({ seq, time, head: toHex(head) });

const ack = (cid: string, epoch: number, reader: number, through: number): Operation => ({
  kind: "ack",
  cid,
  epoch,
  reader,
  through,
});

/** `open` makes a store of its own for each call; `done` closes it. */
export function channelStoreContract(
  adapter: string,
  open: () => { readonly store: ChannelStore; readonly done: () => Promise<void> },
): void {
  const check = (title: string, run: (store: ChannelStore) => Promise<void>): void =>
    test(title.replace("] ", `] ${adapter}: `), async () => {
      const { store, done } = open();
      try {
        await run(store);
      } finally {
        await done();
      }
    }) as unknown as void;

  check("[CH1 IN5] a token pays for one channel, and is gone", async (store) => {
    const [tokenHash = ""] = await tokenHashes(store, 1);
    const spend = { kind: "registered", tokenHash } as const;
    const first = { kind: "create", cid: toHex(bytes(32)), keys: epochPublicKeys(), spend } as const;
    assert.equal((await one(store, first)).kind, "created");
    const second = { ...first, cid: toHex(bytes(32)), keys: epochPublicKeys() };
    assert.deepEqual(await one(store, second), { kind: "refused", code: "tokenRefused", detail: 0 });
    assert.equal(await store.channel(second.cid), undefined);
  });

  check(
    "[CH2] a repeated CREATE is answered like the first; another for the same cid is refused",
    async (store) => {
      const [tokenHash = ""] = await tokenHashes(store, 1);
      const spend = { kind: "registered", tokenHash } as const;
      const op = { kind: "create", cid: toHex(bytes(32)), keys: epochPublicKeys(), spend } as const;
      const first = await one(store, op);
      assert.deepEqual(await one(store, op, STORE_START + 5), first);
      const other = await one(store, { ...op, keys: epochPublicKeys() });
      assert.deepEqual(other, { kind: "refused", code: "exists", detail: 0 });
    },
  );

  check("[CH10 ST4] entries are numbered from 1 without gaps, and read in that order", async (store) => {
    const cid = await createChannel(store);
    const outcomes = await store.apply(
      [1, 2, 3].map(() => appendOperation(cid, 0)),
      STORE_START,
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind === "accepted" && outcome.seq),
      [1, 2, 3],
    );
    assert.deepEqual(
      (await entriesOf(store, cid, 1)).map(({ seq }) => seq),
      [2, 3],
    );
  });

  check(
    "[CH12] a repeated APPEND gets its first answer, in one batch and later, and stores nothing",
    async (store) => {
      const cid = await createChannel(store);
      const op = appendOperation(cid, 0);
      const [first, again] = await store.apply([op, op], STORE_START);
      assert.ok(first?.kind === "accepted" && again?.kind === "accepted");
      assert.equal(again.entry, undefined);
      assert.deepEqual(answerOf(again), answerOf(first));
      const later = await one(store, op, STORE_START + DAY_MS);
      assert.ok(later.kind === "accepted" && later.entry === undefined && later.seq === 1);
      assert.equal((await entriesOf(store, cid)).length, 1);
    },
  );

  check("[CH12] a repeated APPEND is known after everybody acknowledged it, for 30 days", async (store) => {
    const cid = await createChannel(store);
    const op = appendOperation(cid, 0);
    const first = await one(store, op);
    await store.apply([ack(cid, 0, 0, 1), ack(cid, 0, 1, 1)], STORE_START);
    await store.sweep(STORE_START + 1);
    const again = await one(store, op, STORE_START + MESSAGE_ID_KEPT_MS - 1);
    assert.ok(again.kind === "accepted" && first.kind === "accepted");
    assert.equal(again.entry, undefined);
    assert.deepEqual(answerOf(again), answerOf(first));
  });

  check(
    "[CH11] an APPEND to another than the current epoch is refused with the current one",
    async (store) => {
      const cid = await createChannel(store);
      await one(store, commitOperation(cid, 0));
      const refusal = { kind: "refused", code: "epochMoved", detail: 1 };
      assert.deepEqual(await one(store, appendOperation(cid, 0)), refusal);
      assert.deepEqual(await one(store, appendOperation(cid, 2)), refusal);
      assert.equal((await one(store, appendOperation(cid, 1))).kind, "accepted");
    },
  );

  check("[CH13] a channel holds so many bytes; one more is refused", async (store) => {
    const cid = await createChannel(store);
    const body = bytes(65_536);
    const ops = Array.from({ length: CHANNEL_BYTES_MAX / 65_536 }, () => appendOperation(cid, 0, body));
    for (let at = 0; at < ops.length; at += 256)
      for (const outcome of await store.apply(ops.slice(at, at + 256), STORE_START))
        assert.equal(outcome.kind, "accepted");
    const over = await one(store, appendOperation(cid, 0, bytes(1)));
    assert.deepEqual(over, { kind: "refused", code: "quotaFull", detail: 0 });
  });

  check(
    "[CH20] of two COMMITs for one epoch the first wins, and a repetition of it gets its answer",
    async (store) => {
      const cid = await createChannel(store);
      const winner = commitOperation(cid, 0);
      const [first, loser] = await store.apply([winner, commitOperation(cid, 0)], STORE_START);
      assert.ok(first?.kind === "committed" && first.seq === 1);
      assert.deepEqual(loser, { kind: "refused", code: "epochMoved", detail: 1 });
      const again = await one(store, winner, STORE_START + 5);
      assert.ok(again.kind === "committed" && again.entry === undefined);
      assert.deepEqual([again.seq, again.time], [1, STORE_START]);
    },
  );

  check("[CH22] a key that the channel knew before is refused", async (store) => {
    const first = epochPublicKeys();
    const cid = await createChannel(store, first);
    const next = { ...epochPublicKeys(), readers: [bytes(32), first.write] };
    const refusal = { kind: "refused", code: "keyReused", detail: 0 };
    assert.deepEqual(await one(store, commitOperation(cid, 0, next)), refusal);
    const twice = bytes(32);
    const repeats = { ...epochPublicKeys(), readers: [twice, twice] };
    assert.deepEqual(await one(store, commitOperation(cid, 0, repeats)), refusal);
  });

  check("[CH23] the first COMMIT is free; the next without an admin key waits", async (store) => {
    const cid = await createChannel(store);
    assert.equal((await one(store, commitOperation(cid, 0))).kind, "committed");
    const early = await one(store, commitOperation(cid, 1), STORE_START + COMMIT_INTERVAL_MS - 1);
    assert.deepEqual(early, { kind: "refused", code: "rateLimited", detail: 1 });
    const due = await one(store, commitOperation(cid, 1), STORE_START + COMMIT_INTERVAL_MS);
    assert.equal(due.kind, "committed");
  });

  check(
    "[CH27] a channel takes so many COMMITs at once, whoever signed them, then one at a time",
    async (store) => {
      const cid = await createChannel(store);
      let epoch = 0;
      const commitAt = async (now: number): Promise<Outcome> => {
        const outcome = await one(store, { ...commitOperation(cid, epoch), adminSignature: bytes(64) }, now);
        if (outcome.kind === "committed") epoch += 1;
        return outcome;
      };
      const wait = (detail: number) => ({ kind: "refused", code: "rateLimited", detail });
      while (epoch < COMMITS_BURST_MAX) assert.equal((await commitAt(STORE_START)).kind, "committed");
      assert.deepEqual(await commitAt(STORE_START), wait(COMMIT_REFILL_MS));
      assert.deepEqual(await commitAt(STORE_START + COMMIT_REFILL_MS - 1), wait(1));
      assert.equal((await commitAt(STORE_START + COMMIT_REFILL_MS)).kind, "committed");
      assert.deepEqual(await commitAt(STORE_START + COMMIT_REFILL_MS), wait(COMMIT_REFILL_MS));
      const setBack = await commitAt(STORE_START - DAY_MS);
      assert.equal(setBack.kind, "committed");
    },
  );

  check("[CH28] the newest keys of a channel are remembered, and only those", async (store) => {
    const first = epochPublicKeys();
    const cid = await createChannel(store, first);
    let known = listedKeys(first).length;
    let epoch = 0;
    const commitKeys = (next: EpochPublicKeys): Promise<Outcome> =>
      one(store, commitOperation(cid, epoch, next), STORE_START + epoch * TOMBSTONE_KEPT_MS);
    while (known < USED_KEYS_MAX) {
      const next = epochPublicKeys(Math.min(READERS_MAX, USED_KEYS_MAX - known - 2));
      assert.equal((await commitKeys(next)).kind, "committed");
      known += listedKeys(next).length;
      epoch += 1;
      await store.sweep(STORE_START + epoch * TOMBSTONE_KEPT_MS); // ended epochs are forgotten, their keys are not
    }
    const reused = { kind: "refused", code: "keyReused", detail: 0 };
    const withReader = (reader: Uint8Array | undefined): EpochPublicKeys => ({
      ...epochPublicKeys(),
      readers: [reader ?? assert.fail("no such reader")],
    });
    assert.deepEqual(await commitKeys(withReader(first.write)), reused);
    assert.equal((await commitKeys(epochPublicKeys(1))).kind, "committed");
    epoch += 1;
    assert.deepEqual(await commitKeys(withReader(first.readers[1])), reused);
    assert.equal((await commitKeys(withReader(first.write))).kind, "committed");
  });

  check("[CH30 CH31] a cursor moves only forward, and the lowest counts", async (store) => {
    const cid = await createChannel(store);
    await store.apply(
      [1, 2, 3].map(() => appendOperation(cid, 0)),
      STORE_START,
    );
    const delivered = async (op: Operation): Promise<number> => {
      const outcome = await one(store, op);
      assert.ok(outcome.kind === "acknowledged");
      return outcome.delivered;
    };
    assert.equal(await delivered(ack(cid, 0, 0, 2)), 0);
    assert.equal(await delivered(ack(cid, 0, 1, 3)), 2);
    assert.equal(await delivered(ack(cid, 0, 1, 1)), 2);
    assert.equal(await delivered(ack(cid, 0, 0, 99)), 3);
    const channel = await store.channel(cid);
    assert.ok(channel);
    assert.equal(deliveredOf(currentEpoch(channel)), 3);
  });

  check("[CH40] what all readers of its epoch acknowledged is gone; what one lacks stays", async (store) => {
    const cid = await createChannel(store);
    await store.apply([appendOperation(cid, 0), appendOperation(cid, 0)], STORE_START);
    await store.apply([ack(cid, 0, 0, 2), ack(cid, 0, 1, 1)], STORE_START);
    assert.deepEqual(
      (await entriesOf(store, cid)).map(({ seq }) => seq),
      [2],
    );
  });

  check(
    "[CH25 CH40] an ended epoch stays readable until its readers have its COMMIT, then goes",
    async (store) => {
      const cid = await createChannel(store);
      await store.apply([appendOperation(cid, 0), commitOperation(cid, 0)], STORE_START);
      await one(store, appendOperation(cid, 1));
      await store.apply([ack(cid, 0, 0, 2), ack(cid, 1, 0, 3), ack(cid, 1, 1, 3)], STORE_START);
      const kept = (await entriesOf(store, cid)).map(({ kind, seq }) => [kind, seq]);
      assert.deepEqual(kept, [
        ["message", 1],
        ["commit", 2],
      ]);
      await one(store, ack(cid, 0, 1, 2));
      assert.deepEqual(await entriesOf(store, cid), []);
      const late = await one(store, appendOperation(cid, 1));
      assert.ok(late.kind === "accepted" && late.seq === 4);
    },
  );

  check("[CH41] at its burn time a message leaves a tombstone with its place in the chain", async (store) => {
    const cid = await createChannel(store);
    const op = appendOperation(cid, 0);
    const accepted = await one(store, op);
    await store.sweep(STORE_START + RUNG_MS["1day"] - 1);
    assert.equal((await entriesOf(store, cid))[0]?.kind, "message");
    const swept = await store.sweep(STORE_START + RUNG_MS["1day"]);
    assert.equal(swept.erased, 1);
    assert.ok(accepted.kind === "accepted");
    assert.deepEqual(await entriesOf(store, cid), [
      {
        kind: "erased",
        seq: 1,
        epoch: 0,
        time: STORE_START,
        was: "message",
        rung: "1day",
        messageId: op.messageId,
        commitment: undefined,
        contentHash: sha256(op.body),
      },
    ]);
    const again = await one(store, op, STORE_START + 2 * DAY_MS);
    assert.ok(again.kind === "accepted" && again.entry === undefined);
  });

  check("[CH42] a COMMIT nobody acknowledged, and a tombstone, go after 180 days", async (store) => {
    const cid = await createChannel(store);
    await store.apply([appendOperation(cid, 0), commitOperation(cid, 0)], STORE_START);
    await store.sweep(STORE_START + TOMBSTONE_KEPT_MS - 1);
    assert.deepEqual(
      (await entriesOf(store, cid)).map(({ kind }) => kind),
      ["erased", "commit"],
    );
    await store.sweep(STORE_START + TOMBSTONE_KEPT_MS);
    assert.deepEqual(await entriesOf(store, cid), []);
    const channel = await store.channel(cid);
    assert.deepEqual([channel?.epochs.length, channel?.entries, channel?.bodyBytes], [1, 0, 0]);
  });

  check(
    "[ST5] a page ends at its limits and says so; a complete one speaks for the whole log",
    async (store) => {
      const cid = await createChannel(store);
      await store.apply(
        [1, 2, 3].map(() => appendOperation(cid, 0, bytes(1_000))),
        STORE_START,
      );
      const two = await store.page(cid, 0, undefined, { entries: 2, bytes: 9_999 });
      assert.deepEqual([two.entries.length, two.through, two.isLast], [2, 2, false]);
      const byBytes = await store.page(cid, 0, undefined, { entries: 9, bytes: 1_500 });
      assert.deepEqual([byBytes.entries.length, byBytes.through, byBytes.isLast], [1, 1, false]);
      const rest = await store.page(cid, 2, undefined, LIMITS);
      assert.deepEqual([rest.entries.length, rest.through, rest.isLast], [1, 3, true]);
      const bounded = await store.page(cid, 0, 2, LIMITS);
      assert.deepEqual([bounded.entries.length, bounded.through, bounded.isLast], [2, 2, true]);
    },
  );

  check(
    "[IN1 IN2] a code registers its first list of tokens, again for the same list, for no other",
    async (store) => {
      const codeHash = toHex(bytes(32));
      const until = STORE_START + DAY_MS;
      await one(store, { kind: "mint", codeHash, until });
      const op = { kind: "activate", codeHash, tokenHashes: [toHex(bytes(32)), toHex(bytes(32))] } as const;
      const activated = { kind: "activated", granted: 2, until };
      assert.deepEqual(await one(store, op), activated);
      assert.deepEqual(await one(store, op), activated);
      const refusal = { kind: "refused", code: "codeRefused", detail: 0 };
      assert.deepEqual(await one(store, { ...op, tokenHashes: [toHex(bytes(32))] }), refusal);
      assert.deepEqual(await one(store, { ...op, codeHash: toHex(bytes(32)) }), refusal);
    },
  );

  check("[IN3] a code is refused after its term, and so is a token", async (store) => {
    const codeHash = toHex(bytes(32));
    const hashes = [toHex(bytes(32))];
    await one(store, { kind: "mint", codeHash, until: STORE_START });
    const op = { kind: "activate", codeHash, tokenHashes: hashes } as const;
    assert.equal((await one(store, op, STORE_START)).kind, "activated");
    assert.equal((await one(store, op, STORE_START + 1)).kind, "refused");
    const spend = { kind: "registered", tokenHash: hashes[0] ?? "" } as const;
    const create = { kind: "create", cid: toHex(bytes(32)), keys: epochPublicKeys(), spend } as const;
    const late = await one(store, create, STORE_START + 1);
    assert.deepEqual(late, { kind: "refused", code: "tokenRefused", detail: 0 });
  });

  check(
    "[IN20 IN21] a post is kept once, read in order, and gone when all devices have it",
    async (store) => {
      const { inboxId, tokenHash } = await createInbox(store, 2);
      const op = { kind: "post", inboxId, tokenHash, postId: bytes(16), body: bytes(3_000) } as const;
      const [first, again] = await store.apply([op, op], STORE_START);
      assert.ok(first?.kind === "posted" && first.post?.seq === 1);
      assert.deepEqual(again, { kind: "posted", post: undefined });
      const { entries } = await store.posts(inboxId, 0, LIMITS);
      const [entry] = entries.map(toEntry);
      assert.ok(entry?.kind === "post");
      assert.deepEqual([entry.postId, entry.body], [op.postId, op.body]);
      await one(store, { kind: "ackInbox", inboxId, reader: 0, through: 1 });
      assert.equal((await store.posts(inboxId, 0, LIMITS)).entries.length, 1);
      await one(store, { kind: "ackInbox", inboxId, reader: 1, through: 1 });
      assert.equal((await store.posts(inboxId, 0, LIMITS)).entries.length, 0);
      assert.deepEqual(await one(store, op), { kind: "posted", post: undefined });
    },
  );

  check("[IN22 IN23] a post needs a token that is allowed now", async (store) => {
    const { inboxId, tokenHash } = await createInbox(store);
    const post = (hash: Uint8Array): Operation => ({
      kind: "post",
      inboxId,
      tokenHash: hash,
      postId: bytes(16),
      body: bytes(10),
    });
    const denied = { kind: "refused", code: "denied", detail: 0 };
    const other = bytes(32);
    assert.deepEqual(await one(store, post(other)), denied);
    await one(store, { kind: "allow", inboxId, tokenHash: other });
    assert.equal((await one(store, post(other))).kind, "posted");
    await one(store, { kind: "revoke", inboxId, tokenHash });
    assert.deepEqual(await one(store, post(tokenHash)), denied);
    assert.deepEqual(await one(store, { ...post(other), inboxId: toHex(bytes(32)) } as Operation), denied);
  });

  check(
    "[BK2 BK3 BK4] a backup takes the place of the one before, and the first costs a token",
    async (store) => {
      const name = toHex(bytes(32));
      const [tokenHash = ""] = await tokenHashes(store, 1);
      const spend = { kind: "registered", tokenHash } as const;
      const put = (number: number, sealed: Uint8Array, paying?: typeof spend): Promise<Outcome> =>
        one(store, { kind: "backupPut", name, number, sealed, spend: paying });
      const refusal = (code: string, detail = 0) => ({ kind: "refused", code, detail });
      const [first, second] = [bytes(BACKUP_BYTES), bytes(BACKUP_BYTES)];
      assert.equal(await store.backup(name), undefined);
      assert.deepEqual(await put(1, first), refusal("tokenRefused"));
      assert.equal((await put(1, first, spend)).kind, "done");
      assert.equal((await put(1, first, spend)).kind, "done");
      assert.deepEqual(await put(1, second), refusal("exists", 1));
      assert.equal((await put(5, second)).kind, "done");
      assert.deepEqual(await put(4, first), refusal("exists", 5));
      const kept = await store.backup(name);
      assert.deepEqual([kept?.number, toHex(kept?.sealed ?? first)], [5, toHex(second)]);
      const other = { kind: "backupPut", name: toHex(bytes(32)), number: 1, sealed: first, spend } as const;
      assert.deepEqual(await one(store, other), refusal("tokenRefused"));
    },
  );

  check("[IN41] a post nobody acknowledged goes after 30 days", async (store) => {
    const { inboxId, tokenHash } = await createInbox(store);
    await one(store, { kind: "post", inboxId, tokenHash, postId: bytes(16), body: bytes(10) });
    await store.sweep(STORE_START + POST_KEPT_MS - 1);
    assert.equal((await store.posts(inboxId, 0, LIMITS)).entries.length, 1);
    await store.sweep(STORE_START + POST_KEPT_MS);
    assert.equal((await store.posts(inboxId, 0, LIMITS)).entries.length, 0);
  });

  check(
    "[IN30 IN31 IN33] a single-use KeyPackage is given once, then the last resort, one per device",
    async (store) => {
      const { inboxId, tokenHash } = await createInbox(store, 2);
      const [a, b, last, newer] = [bytes(50), bytes(50), bytes(50), bytes(50)];
      const shelve = (items: Uint8Array[], lastResort: Uint8Array): Operation => ({
        kind: "shelve",
        inboxId,
        reader: 0,
        items,
        lastResort,
      });
      await one(store, shelve([a], last));
      await one(store, shelve([a, b], newer));
      await one(store, { kind: "shelve", inboxId, reader: 1, items: [last], lastResort: undefined });
      const claim = { kind: "claim", inboxId, tokenHash } as const;
      const claimed = async (): Promise<readonly Uint8Array[]> => {
        const outcome = await one(store, claim);
        assert.ok(outcome.kind === "claimed");
        return outcome.items.map((item) => new Uint8Array(item));
      };
      assert.deepEqual(await claimed(), [a, last]);
      assert.deepEqual(await claimed(), [b]);
      assert.deepEqual(await claimed(), [newer]);
      assert.deepEqual(await claimed(), [newer]);
      await one(store, shelve([a], newer));
      assert.deepEqual(await claimed(), [newer]);
    },
  );
}

/**
 * What somebody waits for who searches in 100,000 messages: a member of production parts in this process, with its
 * container in a file. A query's time is from the question to the view, the records of its page read and opened.
 */
import { join } from "node:path";
import type { Member, OpenSearch, SearchView } from "@sotto/client";
import { openDevice } from "@sotto/client-adapters/node";
import { acquaint, createFolder, joinNodeMember, send, startRelay, until, valueOf } from "@sotto/testkit/e2e";
import { fillBefore } from "./many-messages.ts";

const MESSAGES = 100_000;
const REGION_BYTES = 160 * 2 ** 20;
const PASSPHRASE = "correct horse battery";
const ROUNDS = 5;
const SLOW_MS = 600_000;
const WORDS =
  "we meet at corner of market ten past four bring the second set keys and list names Grüße aus Köln das Gespräch war gut".split(
    " ",
  );
/** From what is in every second message to what is in none, of one word and of several. */
const QUERIES = [
  "m",
  "market",
  "köln",
  "gespraech",
  "market four keys",
  "number 4711",
  "99999",
  "rare",
  "rare market",
  "nowhere",
  "market nowhere",
  "京都",
  "bob",
  "bob rare",
];

export type SearchCosts = {
  /** Of each query, with the index complete. */
  readonly searchMs: readonly number[];
  /** From the opening of the search to a complete index. */
  readonly readingMs: number;
  /** What the index holds, by its own count, and what the process's heap has grown by. */
  readonly heapBytes: number;
};

/** `messages` in one conversation. */
export async function measureSearch(messages = MESSAGES): Promise<SearchCosts> {
  const folder = createFolder();
  const relay = await startRelay({ data: join(folder.path, "relay") });
  try {
    const options = { relayUrl: relay.url, passphrase: PASSPHRASE };
    const [file, other] = [join(folder.path, "alice"), join(folder.path, "bob")];
    const [code = "", otherCode = ""] = relay.codes;
    const alice = await joinNodeMember({ ...options, file, name: "Alice", code, regionBytes: REGION_BYTES });
    const bob = await joinNodeMember({ ...options, file: other, name: "Bob", code: otherCode });
    const { oneToOther } = await acquaint(bob, alice);
    await send(bob, oneToOther, "the newest");
    await until("the message", () => alice.member.view().conversations[0]?.unread === 1);
    await bob.close();
    await alice.member.close();
    await fillBefore(alice.records, messages, textOf, 1_000);
    await alice.close();
    const again = valueOf(await openDevice({ file, passphrase: PASSPHRASE }));
    await until("the pass after an unlock", () => again.member.view().me.sweptAt !== undefined, SLOW_MS);
    const costs = await search(again.member);
    await again.close();
    return costs;
  } finally {
    await relay.stop();
    folder.remove();
  }
}

/** Sixty letters, as a short message has. */
function textOf(count: number): string {
  const words = Array.from({ length: 9 }, (_, at) => WORDS[(count * (at + 3) + at) % WORDS.length]);
  const rare = count % 10_007 === 0 ? " rare" : "";
  return `${words.join(" ")} number ${count}${rare}`;
}

async function search(member: Member): Promise<SearchCosts> {
  const shown: { view?: SearchView } = {};
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const from = performance.now();
  const opened = await member.openSearch((view) => (shown.view = view));
  if (opened === undefined) throw new Error("a member that is open can be searched");
  await opened.find({ text: "nowhere" });
  await until("everything to be read", () => shown.view?.isReading === false, SLOW_MS);
  const readingMs = performance.now() - from;
  globalThis.gc?.();
  const heapBytes = process.memoryUsage().heapUsed - before;
  const searchMs = await ask(opened);
  if (shown.view?.messages.length === undefined) throw new Error("nothing was shown");
  opened.close();
  return { searchMs, readingMs, heapBytes };
}

async function ask(opened: OpenSearch): Promise<readonly number[]> {
  const searchMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (const text of QUERIES) {
      const from = performance.now();
      await opened.find({ text });
      searchMs.push(performance.now() - from);
    }
  return searchMs;
}

if (import.meta.main) {
  const { searchMs, readingMs, heapBytes } = await measureSearch();
  const sorted = searchMs.toSorted((a, b) => a - b);
  console.log({
    median_ms: sorted[sorted.length >> 1],
    p95_ms: sorted[Math.floor(sorted.length * 0.95)],
    max_ms: sorted.at(-1),
    readingMs,
    heapMb: heapBytes / 2 ** 20,
  });
}

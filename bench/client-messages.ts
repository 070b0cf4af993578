/**
 * What a message costs the two clients of a conversation, and nobody else: two members of production parts in this
 * process, each with a container in a file, and a relay in a process of its own. A client's work begins where the
 * world hands it something and ends where it hands something back; what lies between is timed, and the commits to the
 * container within it apart.
 */
import { join } from "node:path";
import type { Dial, MemberPorts } from "@sotto/client";
import { decodeReply, decodeRequest } from "@sotto/protocol";
import {
  acquaint,
  createFolder,
  joinNodeMember,
  send,
  startRelay,
  until,
  type NodeMember,
} from "@sotto/testkit/e2e";

const WARM_UP = 50;
const MESSAGES = 300;
/** A short message of a person, so that it fills the smallest bucket. */
const TEXT = "I'll be at the corner of the market at ten past four.";

export type MessageCosts = {
  /** From the person's wish to the frame that leaves, less the commits on the way. */
  readonly sealMs: readonly number[];
  /** From the frame that arrives to the acknowledgement that leaves, less the commits on the way. */
  readonly openMs: readonly number[];
  /** The commit that the frame waits for, and the one that the acknowledgement waits for. */
  readonly sealCommitMs: readonly number[];
  readonly openCommitMs: readonly number[];
  /** Of one commit to the container. */
  readonly commitMs: readonly number[];
  /** All commits of the two clients for one message. */
  readonly commitsMs: readonly number[];
};

type Span = { readonly ms: number; readonly commitMs: number };

/** Stands at a member's ports and takes the time there. */
class Stopwatch {
  readonly commits: number[] = [];
  readonly appends: Span[] = [];
  readonly openings: Span[] = [];
  #wished: { at: number; commits: number } | undefined;
  #heard: { at: number; commits: number } | undefined;

  wish(): void {
    this.#wished = this.#mark();
  }
  readonly wrap = (ports: MemberPorts): MemberPorts => ({
    ...ports,
    records: {
      get: (key) => ports.records.get(key),
      getMany: (keys) => ports.records.getMany(keys),
      list: (prefix, range) => ports.records.list(prefix, range),
      usage: () => ports.records.usage(),
      scrub: () => ports.records.scrub(),
      commit: async (writes) => {
        const from = performance.now();
        const committed = await ports.records.commit(writes);
        this.commits.push(performance.now() - from);
        return committed;
      },
    },
    dial: this.#timed(ports.dial),
  });

  #timed(dial: Dial): Dial {
    return (relay, circuit, events) => {
      const line = dial(relay, circuit, {
        ...events,
        received: (frame) => {
          const reply = decodeReply(frame);
          if (reply.ok && reply.value.body.kind === "pushed") this.#heard = this.#mark();
          events.received(frame);
        },
      });
      return {
        ...line,
        send: (frame) => {
          const at = performance.now();
          line.send(frame);
          this.#left(frame, at);
        },
      };
    };
  }
  #left(frame: Uint8Array, at: number): void {
    const request = decodeRequest(frame);
    if (!request.ok) return;
    if (request.value.body.kind === "append" && this.#wished) {
      this.appends.push(this.#span(this.#wished, at));
      this.#wished = undefined;
    }
    if (request.value.body.kind === "ack" && this.#heard) {
      this.openings.push(this.#span(this.#heard, at));
      this.#heard = undefined;
    }
  }
  #mark(): { at: number; commits: number } {
    return { at: performance.now(), commits: this.commits.length };
  }
  #span(from: { at: number; commits: number }, at: number): Span {
    const commitMs = this.commits.slice(from.commits).reduce((sum, ms) => sum + ms, 0);
    return { ms: at - from.at - commitMs, commitMs };
  }
}

export async function measureMessages(): Promise<MessageCosts> {
  const folder = createFolder();
  const data = join(folder.path, "relay");
  const relay = await startRelay({ data });
  try {
    const watches = [new Stopwatch(), new Stopwatch()] as const;
    const [alice, bob] = await Promise.all(
      (["alice", "bob"] as const).map((name, at) =>
        joinNodeMember({
          file: join(folder.path, name),
          name,
          relayUrl: relay.url,
          code: relay.codes[at] ?? "",
          regionBytes: 32 * 2 ** 20,
          wrap: watches[at]!.wrap,
        }),
      ),
    );
    if (!alice || !bob) throw new Error("both joined");
    const costs = await talk(alice, bob, watches);
    await alice.close();
    await bob.close();
    return costs;
  } finally {
    await relay.stop();
    folder.remove();
  }
}

/** One message at a time: the next begins when both clients have nothing left to do for the last. */
async function talk(
  alice: NodeMember,
  bob: NodeMember,
  [sending, receiving]: readonly [Stopwatch, Stopwatch],
): Promise<MessageCosts> {
  const { oneToOther, otherToOne } = await acquaint(alice, bob);
  const commitsMs: number[] = [];
  const commitMs: number[] = [];
  for (let message = 0; message < WARM_UP + MESSAGES; message++) {
    const before = [sending.commits.length, receiving.commits.length] as const;
    sending.wish();
    await send(alice, oneToOther, `${TEXT} ${message}`);
    // The row is there anyway: opening the conversation to look would be work of its own, in the same process.
    await until("the message to be delivered", () => {
      const preview = alice.member.view().conversations[0]?.preview;
      return preview?.text === `${TEXT} ${message}` && preview.mark === "delivered";
    });
    await Promise.all([alice.member.idle(), bob.member.idle()]);
    if (message < WARM_UP) continue;
    const commits = [...sending.commits.slice(before[0]), ...receiving.commits.slice(before[1])];
    commitMs.push(...commits);
    commitsMs.push(commits.reduce((sum, ms) => sum + ms, 0));
  }
  const { unread } = bob.member.view().conversations.find(({ id }) => id === otherToOne) ?? { unread: 0 };
  if (unread < WARM_UP + MESSAGES) throw new Error("not every message arrived");
  return {
    sealMs: sending.appends.slice(WARM_UP).map(({ ms }) => ms),
    openMs: receiving.openings.slice(WARM_UP).map(({ ms }) => ms),
    sealCommitMs: sending.appends.slice(WARM_UP).map((span) => span.commitMs),
    openCommitMs: receiving.openings.slice(WARM_UP).map((span) => span.commitMs),
    commitMs,
    commitsMs,
  };
}

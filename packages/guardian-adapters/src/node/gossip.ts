/**
 * Brings what the store has queued to the other guardians, each message in an envelope of its own, until it is
 * acknowledged. What burns and what is cover go the same way at the same times. Spec: spec/guardian.md, GD20–GD23.
 */
import { equalBytes, type GuardianAddress, type GuardianRequest } from "@sotto/protocol";
import { askPeer } from "./ask-peer.ts";
import { MESSAGE_WAIT_MS_MAX } from "./message-queue.ts";
import type { NodeRecordStore, QueuedMessage } from "./record-store.ts";

/** How long nothing is sent after a round that reached nobody. */
const PAUSE_MS = 500;
/** Messages of one round, each to another receiver: one that is slow keeps the others of its round alone waiting. */
const MESSAGES_PER_ROUND = 32;
const FIRST_WAIT_MS = 1_000;

export type Gossip = {
  /** What is under way is broken off, and repeated after the next start. */
  stop(): Promise<void>;
};

/** What waits for a guardian that is no peer waits on: its operator may name it again. */
export function startGossip(
  store: Pick<NodeRecordStore, "queuedMessages" | "putOffMessage" | "dropMessage">,
  peers: readonly GuardianAddress[],
  onBug: (error: unknown) => void,
): Gossip {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;

  /** Whether one was rid of; a disk that refuses to note it changes nothing, and the message is sent again. */
  async function send(queued: QueuedMessage): Promise<boolean> {
    const peer = peers.find(({ gid }) => equalBytes(gid, queued.gid));
    const answer = peer && (await askPeer(peer, requestOf(queued), stopping.signal));
    if (stopping.signal.aborted) return false;
    if (answer?.kind === "done") return store.dropMessage(queued).ok;
    store.putOffMessage(queued, Date.now() + waitAfter(queued.tries));
    return false;
  }

  async function runRound(): Promise<void> {
    const sent = await Promise.all(store.queuedMessages(Date.now(), MESSAGES_PER_ROUND).map(send));
    plan(sent.includes(true) ? 0 : PAUSE_MS);
  }

  function plan(pauseMs: number): void {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      round = runRound().catch((error: unknown) => {
        onBug(error);
        plan(PAUSE_MS);
      });
    }, pauseMs);
  }

  plan(PAUSE_MS);
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await round;
    },
  };
}

const waitAfter = (tries: number): number => Math.min(MESSAGE_WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** tries);

function requestOf(queued: QueuedMessage): GuardianRequest {
  const { kid, token } = queued;
  return queued.kind === "kill"
    ? { kind: "kill", kid, token, passedOn: queued.passedOn }
    : { kind: "wiped", kid, token };
}

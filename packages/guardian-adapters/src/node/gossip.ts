/**
 * Brings what the store has queued to the other guardians, each message in an envelope of its own, until it is
 * acknowledged. What burns and what is cover go the same way at the same times. Spec: spec/guardian.md, GD20–GD22.
 */
import { sealRequest } from "@sotto/oprf";
import { decode, encode, guardianAnswerCodec, guardianRequestCodec, isOrigin } from "@sotto/protocol";
import { postEnvelope } from "./http.ts";
import { KILL_WAIT_MS_MAX, type NodeRecordStore, type QueuedKill } from "./record-store.ts";

/** How long nothing is sent after a round that reached nobody. */
const PAUSE_MS = 500;
/** Messages of one round, each to another receiver: one that is slow keeps the others of its round alone waiting. */
const KILLS_PER_ROUND = 32;
const FIRST_WAIT_MS = 1_000;

type Delivery = "acknowledged" | "unreached" | "undeliverable";

export type Gossip = {
  /** What is under way is broken off, and repeated after the next start. */
  stop(): Promise<void>;
};

export function startGossip(
  store: Pick<NodeRecordStore, "queuedKills" | "putOffKill" | "dropKill">,
  onBug: (error: unknown) => void,
): Gossip {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;

  /** Whether one was rid of; a disk that refuses to note it changes nothing, and the message is sent again. */
  async function send(queued: QueuedKill): Promise<boolean> {
    const delivery = await deliver(queued, stopping.signal);
    if (stopping.signal.aborted) return false;
    if (delivery !== "unreached") return (await store.dropKill(queued)).ok;
    await store.putOffKill(queued, Date.now() + waitAfter(queued.tries));
    return false;
  }

  async function runRound(): Promise<void> {
    const sent = await Promise.all(store.queuedKills(Date.now(), KILLS_PER_ROUND).map(send));
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

const waitAfter = (tries: number): number => Math.min(KILL_WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** tries);

async function deliver({ url, gid, gx, kid, token }: QueuedKill, stop: AbortSignal): Promise<Delivery> {
  const message = encode(guardianRequestCodec, { kind: "kill", kid, token });
  const sealed = isOrigin(url) ? await sealRequest({ gid, gx }, message, "ordinary") : undefined;
  if (!sealed) return "undeliverable"; // whoever registered named no guardian
  const envelope = await postEnvelope(url, sealed.envelope, stop);
  const opened = envelope && sealed.openAnswer(envelope);
  const answer = opened && decode(guardianAnswerCodec, opened);
  return answer?.ok === true && answer.value.kind === "done" ? "acknowledged" : "unreached";
}

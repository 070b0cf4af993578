/**
 * Asks the other guardians, at the start, which records were wiped: this one may have been put back to an earlier
 * state. Devices wait for it, but not for ever. Spec: spec/guardian.md, GD24.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Guardian, GuardianKeys } from "@sotto/guardian";
import { TOMBSTONES_PER_ANSWER, tombstonesBytes, type GuardianAddress } from "@sotto/protocol";
import { askPeer } from "./ask-peer.ts";

/** How long devices wait for guardians that do not answer. */
const CATCH_UP_WAIT_MS = 10_000;
/** Between two questions to a guardian that did not answer: longer each time. */
const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 600_000;
/** More than any guardian has; one that goes on for longer lies. */
const TOMBSTONES_MAX = 1_000_000;

export type CatchUp = {
  isUnderWay(): boolean;
  /** Resolves when devices wait no longer, with how many guardians have not answered; they go on being asked. */
  readonly silent: Promise<number>;
  stop(): Promise<void>;
};

export function startCatchUp(
  guardian: Pick<Guardian, "heedTombstone">,
  keys: Pick<GuardianKeys, "gid" | "sign">,
  peers: readonly GuardianAddress[],
  onBug: (error: unknown) => void,
): CatchUp {
  const stopping = new AbortController();
  const { signal } = stopping;
  const unheard = new Set(peers);
  let isUnderWay = peers.length > 0;

  /** Whether the peer told all, and all of it was heeded. */
  async function hear(peer: GuardianAddress): Promise<boolean> {
    for (let after = 0; after < TOMBSTONES_MAX; after += TOMBSTONES_PER_ANSWER) {
      const signature = keys.sign(tombstonesBytes(peer.gid, keys.gid, after));
      const answer = await askPeer(peer, { kind: "tombstones", peer: keys.gid, after, signature }, signal);
      if (answer?.kind !== "tombstones") return false;
      for (const hash of answer.hashes) if (!(await guardian.heedTombstone(hash)).ok) return false;
      if (answer.hashes.length < TOMBSTONES_PER_ANSWER) return true;
    }
    return true;
  }

  async function hearAtLast(peer: GuardianAddress): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, WAIT_MS_MAX)) {
      if (await hear(peer)) return void unheard.delete(peer);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const all = Promise.all(peers.map((peer) => hearAtLast(peer).catch(onBug)));
  const waited = sleep(CATCH_UP_WAIT_MS, undefined, { signal, ref: false }).catch(() => undefined);
  const silent = Promise.race([all, waited]).then(() => {
    isUnderWay = false;
    return unheard.size;
  });
  return {
    isUnderWay: () => isUnderWay,
    silent,
    async stop() {
      stopping.abort();
      await all;
    },
  };
}

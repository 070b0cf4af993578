/** A guardian on a folder, for whichever process has it: one of its own, or a relay's that embeds one. Wiring only. */
import { createGuardian } from "@sotto/guardian";
import { envelopePublicKey } from "@sotto/oprf";
import { ok, type GuardianAddress, type Result } from "@sotto/protocol";
import { startCatchUp, type CatchUp } from "./catch-up.ts";
import { openGuardianFolder, type FolderProblem } from "./data-folder.ts";
import { startGossip } from "./gossip.ts";
import { createGuardianMount, type GuardianMount, type Served } from "./http.ts";
import { nativeRandom, nativeUntil } from "./native.ts";

export type GuardianOptions = {
  /** Its folder; made where there is none. */
  readonly path: string;
  /** The guardians its operator told it of; a trial's has none. */
  readonly peers: readonly GuardianAddress[];
  /** Hears how each request ended. */
  readonly onServed: (served: Served) => void;
  readonly onBug: (error: unknown) => void;
};

export type RunningGuardian = {
  /** Ed25519 and X25519 public keys, 32 bytes each: what devices pin. */
  readonly gid: Uint8Array;
  readonly gx: Uint8Array;
  readonly mount: GuardianMount;
  /** For an envelope that came to this process in another way. Undefined for what is none for this guardian. */
  readonly answer: (envelope: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Devices are served once it resolves, with how many peers have not said yet what was wiped (GD24). */
  readonly silentPeers: Promise<number>;
  /** To be called once nothing comes through the mount any more. */
  stop(): Promise<void>;
};

export async function startGuardian({
  path,
  peers,
  onServed,
  onBug,
}: GuardianOptions): Promise<Result<RunningGuardian, FolderProblem>> {
  const folder = openGuardianFolder(path);
  if (!folder.ok) return folder;
  const { keys, store } = folder.value;
  let catchUp: CatchUp | undefined;
  const guardian = createGuardian({
    store,
    keys,
    admission: { spend: () => Promise.resolve(true) },
    clock: Date.now,
    random: nativeRandom,
    until: nativeUntil,
    peers,
    isCatchingUp: () => catchUp?.isUnderWay() === true,
  });
  const asking = startCatchUp(guardian, keys, peers, onBug);
  catchUp = asking;
  const gossip = startGossip(store, peers, onBug);
  return ok({
    gid: keys.gid,
    gx: await envelopePublicKey(keys.envelopeSeed),
    silentPeers: asking.silent,
    mount: createGuardianMount({ guardian, onServed, onBug }),
    answer: async (envelope) => {
      const answer = await guardian.answer(envelope);
      onServed(answer ? "answered" : "refused");
      return answer;
    },
    async stop() {
      await Promise.all([gossip.stop(), asking.stop()]);
      folder.value.close();
    },
  });
}

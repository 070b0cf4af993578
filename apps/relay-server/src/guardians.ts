/**
 * The guardians beside a relay: which of them it runs, which it offers to whoever joins, and which it carries envelopes to. Those
 * that it once ran it goes on running, since devices are registered with them. Spec: spec/listener.md, LI26 to LI30.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { postEnvelope, startGuardian, type RunningGuardian } from "@sotto/guardian-adapters/node";
import { err, ok, type GuardianAddress, type Result, type UnlockOffer } from "@sotto/protocol";
import {
  createCarriageMount,
  createUnlockOfferMount,
  type CarriedGuardian,
  type Mount,
} from "@sotto/relay-adapters/node";
import type { GuardianPlan } from "./guardian-plan.ts";
import { startGuardianProcesses, type GuardianProcesses } from "./guardian-processes.ts";
import { guardianSentence } from "./sentences.ts";

export type GuardiansKind = "embedded" | "processes" | "elsewhere";

export type Guardians = {
  readonly kind: GuardiansKind;
  readonly count: number;
  readonly threshold: number;
  readonly mounts: readonly Mount[];
  /** To be called once nothing comes through the mounts any more. */
  stop(): Promise<void>;
};

export type GuardiansOptions = {
  readonly plan: GuardianPlan;
  /** The relay's folder. */
  readonly path: string;
  readonly relayPort: number;
  /** Asked only once the relay listens. */
  readonly relayUrl: () => string;
  readonly onDied: (number: number) => void;
  readonly onBug: (error: unknown) => void;
};

/** Or the sentence that says why not. */
export async function startGuardians(options: GuardiansOptions): Promise<Result<Guardians, string>> {
  const { plan, path } = options;
  const embeddedPath = join(path, "guardian");
  const processesPath = join(path, "guardians");
  const kind = kindOf(plan, existsSync(processesPath));
  const embedded = await startWhere(kind === "embedded" || existsSync(embeddedPath), async () => {
    const { onBug } = options;
    const guardian = await startGuardian({ path: embeddedPath, peers: [], onServed: () => {}, onBug });
    return guardian.ok ? guardian : err(guardianSentence(guardian.error, embeddedPath));
  });
  if (!embedded.ok) return embedded;
  const processes = await startWhere(kind === "processes" || existsSync(processesPath), () =>
    startGuardianProcesses({ ...options, path: processesPath }),
  );
  if (!processes.ok) {
    await embedded.value?.stop();
    return processes;
  }
  return ok(guardiansOf(options, kind, { embedded: embedded.value, processes: processes.value }));
}

function kindOf({ offered }: GuardianPlan, hasProcesses: boolean): GuardiansKind {
  if (offered.kind !== "as-before") return offered.kind;
  return hasProcesses ? "processes" : "embedded";
}

const startWhere = async <T>(
  isWanted: boolean,
  run: () => Promise<Result<T, string>>,
): Promise<Result<T | undefined, string>> => (isWanted ? run() : ok(undefined));

type Own = {
  readonly embedded: RunningGuardian | undefined;
  readonly processes: GuardianProcesses | undefined;
};

function guardiansOf(
  { plan, relayUrl }: GuardiansOptions,
  kind: GuardiansKind,
  { embedded, processes }: Own,
): Guardians {
  const stopping = new AbortController();
  const elsewhere = plan.offered.kind === "elsewhere" ? plan.offered.guardians : [];
  const outside = [...elsewhere, ...(processes?.addresses ?? [])];
  const carried: readonly CarriedGuardian[] = [
    ...(embedded ? [{ gid: embedded.gid, ask: embedded.answer }] : []),
    ...outside.map(({ gid, url }) => ({
      gid,
      ask: (envelope: Uint8Array<ArrayBuffer>) => postEnvelope(url, envelope, stopping.signal),
    })),
  ];
  const offered = (): readonly GuardianAddress[] => {
    if (kind === "elsewhere") return elsewhere;
    if (kind === "processes") return processes?.addresses ?? [];
    return embedded ? [{ gid: embedded.gid, gx: embedded.gx, url: relayUrl() }] : [];
  };
  const count = kind === "embedded" ? 1 : offered().length;
  const threshold = Math.ceil((count + 1) / 2);
  const { passphrase, lockIdleMsMax, lockHiddenMsMax } = plan;
  const isTrial = kind !== "elsewhere";
  const offer = (): UnlockOffer => ({
    threshold,
    guardians: offered(),
    isTrial,
    passphrase,
    lockIdleMsMax,
    lockHiddenMsMax,
  });
  return {
    kind,
    count,
    threshold,
    mounts: [
      createUnlockOfferMount(offer),
      createCarriageMount(carried),
      ...(embedded ? [embedded.mount] : []),
    ],
    async stop() {
      stopping.abort();
      await Promise.all([embedded?.stop(), processes?.stop()]);
    },
  };
}

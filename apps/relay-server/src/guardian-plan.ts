/** What `start` was told of guardians and locks: from its options to what is started, or the sentence that says what is wrong. */
import {
  err,
  LOCK_HIDDEN_MS,
  LOCK_HIDDEN_MS_MIN,
  LOCK_IDLE_MS,
  LOCK_IDLE_MS_MIN,
  ok,
  textToGuardianAddress,
  toHex,
  type GuardianAddress,
  type Result,
  type UnlockOffer,
} from "@sotto/protocol";
import { PROCESSES } from "./guardian-processes.ts";

export type GuardianPlan = Pick<UnlockOffer, "passphrase" | "lockIdleMsMax" | "lockHiddenMsMax"> & {
  readonly offered:
    | { readonly kind: "elsewhere"; readonly guardians: readonly GuardianAddress[] }
    | { readonly kind: "processes" }
    /** In the relay's own process. */
    | { readonly kind: "embedded" }
    /** What the last start had. */
    | { readonly kind: "as-before" };
};

/** For a start without options. */
export const PLAN_AS_BEFORE: GuardianPlan = {
  offered: { kind: "as-before" },
  passphrase: "allowed",
  lockIdleMsMax: LOCK_IDLE_MS,
  lockHiddenMsMax: LOCK_HIDDEN_MS,
};

export type PlanOptions = {
  readonly guardians?: string | undefined;
  readonly guardian?: readonly string[] | undefined;
  readonly "no-passphrase"?: boolean;
  readonly "lock-idle"?: string | undefined;
  readonly "lock-hidden"?: string | undefined;
};

const COUNTS_ELSEWHERE: ReadonlySet<number> = new Set([3, 5]);

export function guardianPlanOf(options: PlanOptions): Result<GuardianPlan, string> {
  const offered = offeredBy(options);
  if (!offered.ok) return offered;
  const idle = secondsOf("lock-idle", options["lock-idle"], LOCK_IDLE_MS_MIN, LOCK_IDLE_MS);
  if (!idle.ok) return idle;
  const hidden = secondsOf("lock-hidden", options["lock-hidden"], LOCK_HIDDEN_MS_MIN, LOCK_HIDDEN_MS);
  if (!hidden.ok) return hidden;
  return ok({
    offered: offered.value,
    passphrase: options["no-passphrase"] === true ? "denied" : "allowed",
    lockIdleMsMax: idle.value,
    lockHiddenMsMax: hidden.value,
  });
}

function offeredBy({
  guardians: count,
  guardian = [],
}: PlanOptions): Result<GuardianPlan["offered"], string> {
  if (count !== undefined && guardian.length > 0)
    return err(
      "--guardians and --guardian do not go together: the first starts guardians here, the second names others.",
    );
  if (guardian.length > 0) return elsewhere(guardian);
  if (count === undefined) return ok({ kind: "as-before" });
  if (count === "1") return ok({ kind: "embedded" });
  if (count === String(PROCESSES)) return ok({ kind: "processes" });
  return err(`--guardians takes 1, one in the relay, or ${PROCESSES}, each a process of its own.`);
}

function elsewhere(texts: readonly string[]): Result<GuardianPlan["offered"], string> {
  const guardians = texts.map(textToGuardianAddress).filter((one) => one !== undefined);
  if (guardians.length !== texts.length)
    return err("--guardian takes what a guardian shows when it starts: its address, #, gid, a dot, gx.");
  if (new Set(guardians.map(({ gid }) => toHex(gid))).size !== guardians.length)
    return err("--guardian names one guardian twice. Give each once.");
  if (!COUNTS_ELSEWHERE.has(guardians.length))
    return err("--guardian is given three or five times, once for each guardian.");
  return ok({ kind: "elsewhere", guardians });
}

function secondsOf(
  name: string,
  text: string | undefined,
  minMs: number,
  maxMs: number,
): Result<number, string> {
  if (text === undefined) return ok(maxMs);
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Number.NaN;
  return ms >= minMs && ms <= maxMs
    ? ok(ms)
    : err(`--${name} takes seconds, from ${minMs / 1_000} to ${maxMs / 1_000}.`);
}

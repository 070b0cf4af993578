/**
 * When a device that nobody uses is locked: after a while without input, sooner when it is out of sight, and at once when a page
 * that slept wakes too late. Never while a picker that we opened is up. Spec: spec/handset.md, UI25 to UI27.
 */
import type { VaultView } from "@sotto/client";
import { LOCK_HIDDEN_MS, LOCK_IDLE_MS } from "@sotto/protocol";

export type LockLimits = {
  /** Without input, and out of sight. Milliseconds. */
  readonly idleMs: number;
  readonly hiddenMs: number;
};

/** Where a passphrase opens, nothing of an organisation says otherwise. */
export const limitsOf = (vault: VaultView | undefined): LockLimits => ({
  idleMs: vault?.lockIdleMs ?? LOCK_IDLE_MS,
  hiddenMs: vault?.lockHiddenMs ?? LOCK_HIDDEN_MS,
});

/** A picker that is left open holds the lock no longer than this. */
const HOLD_MS_MAX = 300_000;

type Watched = {
  readonly usedAt: number;
  /** Undefined while it is seen. */
  readonly hiddenAt: number | undefined;
  /** Undefined while no picker is up. */
  readonly heldAt: number | undefined;
};

/** When to lock. */
function lockAt({ usedAt, hiddenAt, heldAt }: Watched, { idleMs, hiddenMs }: LockLimits): number {
  const due = Math.min(usedAt + idleMs, hiddenAt === undefined ? Infinity : hiddenAt + hiddenMs);
  return heldAt === undefined ? due : Math.max(due, heldAt + HOLD_MS_MAX);
}

const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
/** Moving a pointer says no more often than this that somebody is there. */
const NOTE_MS = 1_000;

let heldAt: number | undefined;
let onHold: () => void = () => undefined;

/** While a picker is up that we opened. Returns the way to end that; coming back to the page ends it, too. */
export function holdLock(): () => void {
  heldAt = Date.now();
  onHold();
  return () => {
    heldAt = undefined;
    onHold();
  };
}

/** Calls `lock` once, when it is time. Returns the way to stop. */
export function watchForLock(limits: LockLimits, lock: () => void): () => void {
  let usedAt = Date.now();
  let hiddenAt = document.visibilityState === "hidden" ? usedAt : undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    clearTimeout(timer);
    const left = lockAt({ usedAt, hiddenAt, heldAt }, limits) - Date.now();
    if (left > 0) timer = setTimeout(look, left);
    else end(true);
  }
  function note(): void {
    const now = Date.now();
    if (now - usedAt < NOTE_MS) return;
    look(); // a page that slept past its time is locked by what would have shown that somebody is there
    if (timer !== undefined) usedAt = now;
  }
  function see(): void {
    const isHidden = document.visibilityState === "hidden";
    look(); // by what was true until now
    if (timer === undefined) return;
    hiddenAt = isHidden ? (hiddenAt ?? Date.now()) : undefined;
    if (!isHidden) heldAt = undefined;
    look();
  }
  function end(isTime: boolean): void {
    clearTimeout(timer);
    timer = undefined;
    for (const input of INPUTS) removeEventListener(input, note, true);
    document.removeEventListener("visibilitychange", see);
    removeEventListener("pageshow", see);
    onHold = () => undefined;
    if (isTime) lock();
  }
  for (const input of INPUTS) addEventListener(input, note, { capture: true, passive: true });
  document.addEventListener("visibilitychange", see);
  addEventListener("pageshow", see);
  onHold = look;
  look();
  return () => end(false);
}

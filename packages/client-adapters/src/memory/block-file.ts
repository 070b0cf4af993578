/**
 * Block files in memory. `createFaultyBlockFile` is a disk with a volatile cache, for simulations: what was not
 * flushed may at a crash be kept, lost or torn, write by write; faults come when asked for. Spec: CT20 to CT22.
 */
import type { BlockFault, BlockFile } from "@sotto/crypto";
import { assert, err, ok, type Result } from "@sotto/protocol";

export function createMemoryBlockFile(bytes: number | Uint8Array): BlockFile {
  const content = typeof bytes === "number" ? new Uint8Array(bytes) : bytes;
  return {
    bytes: content.length,
    read: (at, length) => ok(content.slice(at, at + length)),
    write(at, written) {
      assert(at + written.length <= content.length, "a block file does not grow");
      content.set(written, at);
      return ok(undefined);
    },
    flush: () => ok(undefined),
    close: () => undefined,
  };
}

/** Decides what happens, from a seed: `below(n)` is an integer from 0 to n - 1. */
export type Dice = { below(n: number): number };

export type FaultyBlockFile = BlockFile & {
  /** What is on the disk after the power went: nothing, all or a part of each write since the last flush. */
  crash(): Uint8Array;
  /** From now on the given operation, counted from 0 over writes and flushes, fails, and every later one. */
  failAt(operation: number, fault: BlockFault["kind"]): void;
  /** Writes and flushes so far. */
  operations(): number;
};

export function createFaultyBlockFile(durable: Uint8Array, dice: Dice): FaultyBlockFile {
  const seen = durable.slice();
  let pending: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let operations = 0;
  let failing: { readonly from: number; readonly kind: BlockFault["kind"] } | undefined;

  /** Undefined: go on. */
  function fault(): Result<never, BlockFault> | undefined {
    const operation = operations++;
    if (!failing || operation < failing.from) return undefined;
    return err({ kind: failing.kind, cause: "a simulated fault" });
  }
  const persist = (target: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): void =>
    target.set(bytes.subarray(from, to), at + from);

  return {
    bytes: durable.length,
    read: (at, length) => ok(seen.slice(at, at + length)),
    write(at, bytes) {
      assert(at + bytes.length <= seen.length, "a block file does not grow");
      const failed = fault();
      const kept = failed ? bytes.slice(0, dice.below(bytes.length + 1)) : bytes.slice();
      seen.set(kept, at);
      pending.push({ at, bytes: kept });
      return failed ?? ok(undefined);
    },
    flush() {
      const failed = fault();
      if (failed) return failed;
      for (const { at, bytes } of pending) durable.set(bytes, at);
      pending = [];
      return ok(undefined);
    },
    close: () => undefined,
    crash() {
      const left = durable.slice();
      // In any order: a later write may be there and an earlier one not.
      for (const { at, bytes } of shuffled(pending, dice)) {
        const fate = dice.below(4);
        if (fate === 0) persist(left, at, bytes, 0, bytes.length);
        if (fate === 1) persist(left, at, bytes, 0, dice.below(bytes.length + 1));
        if (fate === 2) persist(left, at, bytes, dice.below(bytes.length + 1), bytes.length);
      }
      return left;
    },
    failAt: (operation, kind) => void (failing = { from: operation, kind }),
    operations: () => operations,
  };
}

function shuffled<T>(items: readonly T[], dice: Dice): T[] {
  const left = [...items];
  return items.map(() => left.splice(dice.below(left.length), 1)[0]!);
}

/**
 * A stretch of a block file, for code that does many steps and gives up at the first fault.
 * Inside the container a fault travels as a thrown DiskFault; `attempt` turns it back into a value at its edge.
 */
import { assert, err, ok, type Result } from "@sotto/protocol";
import type { BlockFault, BlockFile } from "./block-file.ts";

export class DiskFault extends Error {
  override name = "DiskFault";
  readonly fault: BlockFault;
  constructor(fault: BlockFault) {
    super(`the disk is ${fault.kind}`, { cause: fault.cause });
    this.fault = fault;
  }
}

export interface Disk {
  readonly bytes: number;
  read(at: number, length: number): Promise<Uint8Array>;
  write(at: number, bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

export function createDisk(file: BlockFile, start = 0, bytes = file.bytes): Disk {
  const inside = (at: number, length: number): void =>
    assert(at >= 0 && length >= 0 && at + length <= bytes, "a region touches no byte outside itself");
  return {
    bytes,
    async read(at, length) {
      inside(at, length);
      return unwrap(await file.read(start + at, length));
    },
    async write(at, data) {
      inside(at, data.length);
      unwrap(await file.write(start + at, data));
    },
    async flush() {
      unwrap(await file.flush());
    },
  };
}

function unwrap<T>(result: Result<T, BlockFault>): T {
  if (!result.ok) throw new DiskFault(result.error);
  return result.value;
}

/** Runs steps on a disk; a fault becomes a value, a bug stays thrown. */
export async function attempt<T>(steps: () => Promise<T>): Promise<Result<T, BlockFault>> {
  try {
    return ok(await steps());
  } catch (error) {
    if (error instanceof DiskFault) return err(error.fault);
    throw error;
  }
}

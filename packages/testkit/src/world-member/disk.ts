/** A member's disk: a device container on a block file that tears and loses what was not flushed. */
import {
  createFaultyBlockFile,
  createMemoryBlockFile,
  type FaultyBlockFile,
} from "@sotto/client-adapters/memory";
import {
  containerBytes,
  createContainer,
  REGION_BYTES_MIN,
  type BlockFile,
  type ProfileKey,
} from "@sotto/crypto";
import { assert, Secret } from "@sotto/protocol";
import { createRng, type Rng } from "../rng.ts";

const KEY = new Uint8Array(32).fill(7);

/** One key for all: what protects it is tested elsewhere. */
export const profileKey = (): ProfileKey => ({ region: 0, key: new Secret(KEY.slice()) });

let made: Promise<Uint8Array> | undefined;

/** A container as it is before its first use. Made once, because filling it with noise takes its time. */
export const emptyContainer = (): Promise<Uint8Array> => (made ??= makeContainer());

async function makeContainer(): Promise<Uint8Array> {
  const bytes = new Uint8Array(containerBytes(REGION_BYTES_MIN));
  const created = await createContainer(createMemoryBlockFile(bytes), { random: createRng(1).bytes });
  assert(created.ok, "a container can be made in memory");
  const formatted = await created.value.format(profileKey());
  const finished = await created.value.finish();
  assert(formatted.ok && finished.ok, "a container can be made in memory");
  return bytes;
}

export type MemberDisk = {
  /** What the next process opens. `mayFail` is asked before every operation and ends the process when it says so. */
  mount(mayFail: () => boolean): BlockFile;
  /** From here on writes are refused, until the next mount. */
  fill(): void;
  /** The disk as a crash would leave it now. */
  image(): Uint8Array;
  /** Power is gone: of what was not flushed anything may be left. */
  crash(): void;
};

/** Changes what a disk does, as a broken one would. */
export type DiskMutant = (file: BlockFile) => BlockFile;

const never = new Promise<never>(() => {});

export function createMemberDisk(image: Uint8Array, rng: Rng, mutate: DiskMutant): MemberDisk {
  let durable: Uint8Array = image.slice();
  let file: FaultyBlockFile | undefined;

  return {
    mount(mayFail) {
      const mounted = createFaultyBlockFile(durable, rng);
      file = mounted;
      return mutate({
        bytes: mounted.bytes,
        read: (at, length) => (mayFail() ? never : mounted.read(at, length)),
        write: (at, bytes) => (mayFail() ? never : mounted.write(at, bytes)),
        flush: () => (mayFail() ? never : mounted.flush()),
        close: () => mounted.close(),
      });
    },
    image: () => (file === undefined ? durable : file.crash()).slice(),
    fill: () => file?.failAt(file.operations(), "full"),
    crash() {
      if (file !== undefined) durable = file.crash();
      file = undefined;
    },
  };
}

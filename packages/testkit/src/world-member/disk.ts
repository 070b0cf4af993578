/**
 * A member's disk. One is a device container on a block file that tears writes and loses what was not flushed; the
 * other keeps records in memory, loses or keeps each commit as a whole, and costs next to nothing.
 */
import type { Records } from "@sotto/client";
import {
  createFaultyBlockFile,
  createMemoryBlockFile,
  type FaultyBlockFile,
} from "@sotto/client-adapters/memory";
import {
  containerBytes,
  createContainer,
  openContainer,
  REGION_BYTES_MIN,
  type BlockFile,
  type ProfileKey,
} from "@sotto/crypto";
import { assert, err, ok, Secret, type RandomBytes, type Result } from "@sotto/protocol";
import { createRng, type Rng } from "../rng.ts";
import { never } from "../simulation/timeline.ts";
import { createMemoryRecords } from "./memory-records.ts";

export type DiskKind = "container" | "memory";

/** What a disk holds while nobody uses it. */
export type DiskImage =
  | { readonly kind: "container"; readonly bytes: Uint8Array }
  | { readonly kind: "memory"; readonly values: ReadonlyMap<string, Uint8Array> };

/** The process that uses a disk. */
export type DiskUser = {
  /** Asked before every operation: whether the process has ended. */
  readonly isOver: () => boolean;
  readonly randomBytes: RandomBytes;
};

export type MemberDisk = {
  /** What the next process opens. Fails for a disk that is damaged, with the kind of damage. */
  open(user: DiskUser): Promise<Result<Records, string>>;
  /** From here on writes are refused, until it is opened again. */
  fill(): void;
  /** The disk as a crash would leave it now. */
  image(): DiskImage;
  /** Power is gone: of what was not flushed anything may be left. */
  crash(): void;
};

/** Changes what a disk does, as a broken one would. */
export type DiskMutant = (file: BlockFile) => BlockFile;

export const createMemberDisk = (image: DiskImage, rng: Rng, mutate: DiskMutant): MemberDisk =>
  image.kind === "memory"
    ? createMemoryDisk(image.values, rng)
    : createContainerDisk(image.bytes, rng, mutate);

/** As it is before its first use. */
export const emptyDisk = async (kind: DiskKind): Promise<DiskImage> =>
  kind === "memory" ? { kind, values: new Map() } : { kind, bytes: await (made ??= makeContainer()) };

const KEY = new Uint8Array(32).fill(7);

/** One key for all: what protects it is tested elsewhere. */
const profileKey = (): ProfileKey => ({ region: 0, key: new Secret(KEY.slice()) });

/** Made once, because filling it with noise takes its time. */
let made: Promise<Uint8Array> | undefined;

async function makeContainer(): Promise<Uint8Array> {
  const bytes = new Uint8Array(containerBytes(REGION_BYTES_MIN));
  const created = await createContainer(createMemoryBlockFile(bytes), { random: createRng(1).bytes });
  assert(created.ok, "a container can be made in memory");
  const formatted = await created.value.format(profileKey());
  const finished = await created.value.finish();
  assert(formatted.ok && finished.ok, "a container can be made in memory");
  return bytes;
}

function createContainerDisk(image: Uint8Array, rng: Rng, mutate: DiskMutant): MemberDisk {
  let durable: Uint8Array = image.slice();
  let file: FaultyBlockFile | undefined;

  function mount(isOver: () => boolean): BlockFile {
    const mounted = createFaultyBlockFile(durable, rng);
    file = mounted;
    return mutate({
      bytes: mounted.bytes,
      read: (at, length) => (isOver() ? never() : mounted.read(at, length)),
      write: (at, bytes) => (isOver() ? never() : mounted.write(at, bytes)),
      flush: () => (isOver() ? never() : mounted.flush()),
      close: () => mounted.close(),
    });
  }

  return {
    async open({ isOver, randomBytes }) {
      const container = await openContainer(mount(isOver), { random: randomBytes });
      if (!container.ok) return err(container.error.kind);
      const { region, key } = profileKey();
      const records = await container.value.open(region, key);
      return records.ok ? records : err(records.error.kind);
    },
    image: () => ({ kind: "container", bytes: (file === undefined ? durable : file.crash()).slice() }),
    fill: () => file?.failAt(file.operations(), "full"),
    crash() {
      if (file !== undefined) durable = file.crash();
      file = undefined;
    },
  };
}

/** How often it is asked before and after a commit, so that power fails about as often as at a container. */
const EFFECTS = 2;

function createMemoryDisk(image: ReadonlyMap<string, Uint8Array>, rng: Rng): MemberDisk {
  const durable = createMemoryRecords(image);

  return {
    open({ isOver }) {
      durable.repair();
      const mayEnd = (): boolean => {
        for (let effect = 0; effect < EFFECTS; effect++) if (isOver()) return true;
        return false;
      };
      const { records } = durable;
      const mounted: Records = {
        list: (prefix, range) => records.list(prefix, range),
        usage: () => records.usage(),
        scrub: () => (isOver() ? never() : records.scrub()),
        get: (key) => (isOver() ? never() : records.get(key)),
        getMany: (keys) => (isOver() ? never() : records.getMany(keys)),
        async commit(writes) {
          if (mayEnd()) return never();
          const committed = await records.commit(writes);
          return mayEnd() ? never() : committed;
        },
      };
      return Promise.resolve(ok(mounted));
    },
    fill: () =>
      durable.refuse(rng.chance(0.5) ? { kind: "full" } : { kind: "failing", cause: "a simulated fault" }),
    image: () => ({ kind: "memory", values: durable.values() }),
    crash: () => undefined,
  };
}

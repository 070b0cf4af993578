/**
 * An opened region: keys and values, committed all or nothing. One task at a time, in the order they were asked.
 * Spec: spec/container.md.
 */
import { assert, err, ok, type RandomBytes, type Result, type Secret } from "@sotto/protocol";
import type { BlockFault } from "./block-file.ts";
import { attempt, DiskFault, type Disk } from "./disk.ts";
import { pieceContext, regionKeys, wipeRegionKeys } from "./frames.ts";
import { FILL, KEY_BYTES_MAX, segmentsFor, type Geometry } from "./geometry.ts";
import { createLog, type Put } from "./log.ts";
import { recover, segmentStart, type RegionFault } from "./recover.ts";
import { SEALED_BYTES_EXTRA, unseal } from "./seal.ts";
import {
  KILL_COST,
  pieceCost,
  utf8Bytes,
  valueCost,
  versionCost,
  type Copy,
  type Segment,
  type Version,
} from "./segments.ts";
import { createSortedKeys, type Range } from "./sorted-keys.ts";

/** `value` null deletes. Keys: 1 to 128 bytes of UTF-8, readable for whoever holds the region's key. */
export type Write = { readonly key: string; readonly value: Uint8Array | null };

/**
 * "full": nothing was written; deletions, and values that take no more room than before, still commit.
 * "failing": the disk refused; the commit may or may not be there. Close the file and open it again.
 */
export type CommitFailure = { readonly kind: "full" } | { readonly kind: "failing"; readonly cause: unknown };

/** A value that cannot be read: its bytes on disk were changed, or the disk refuses. Others are not affected. */
export class Unreadable extends Error {
  override name = "Unreadable";
  readonly kind: "damaged" | "failing";
  constructor(kind: "damaged" | "failing", cause?: unknown) {
    super(`a record is ${kind === "damaged" ? "damaged" : "out of reach"}`, { cause });
    this.kind = kind;
  }
}

export interface Records {
  /** Rejects with Unreadable. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** In the order asked. Rejects with Unreadable where one of them is. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Keys in order of their UTF-16 code units; from memory. */
  list(prefix: string, range?: Range): readonly string[];
  /** Atomic, and durable once it resolves. The last write to a key counts. */
  commit(writes: readonly Write[]): Promise<Result<void, CommitFailure>>;
  /**
   * Makes every erasure so far durable, and rewrites one segment in which names of deleted records remain.
   * `remaining`: how many such segments are left. At 0 nothing deleted is left, names included.
   */
  scrub(): Promise<Result<{ readonly remaining: number }, CommitFailure>>;
  usage(): { readonly liveBytes: number; readonly capacityBytes: number };
  /** Ends the log and forgets the keys. Anything asked later is a bug. */
  close(): Promise<void>;
}

/** Segments at most this full are moved together when there are this many of them, or when space is wanted. */
const IDLE_FILL = 0.25;
const IDLE_SEGMENTS = 8;
/** Free segments that moving needs. */
const MOVING_SEGMENTS = 2;

export async function openRecords(
  disk: Disk,
  key: Secret,
  geometry: Geometry,
  random: RandomBytes,
): Promise<Result<Records, RegionFault | BlockFault>> {
  const keys = regionKeys(key);
  const opened = await attempt(async () => {
    const recovered = await recover(disk, keys, geometry);
    if (!recovered.ok) return recovered;
    const log = createLog(disk, keys, geometry, random, recovered.value);
    await log.repair();
    return ok({ log, versions: recovered.value.versions });
  });
  if (!opened.ok || !opened.value.ok) wipeRegionKeys(keys);
  if (!opened.ok) return opened;
  if (!opened.value.ok) return opened.value;

  const { log, versions } = opened.value.value;
  const sorted = createSortedKeys(versions.keys());
  let failure: CommitFailure | undefined;
  let closed = false;
  let tail: Promise<unknown> = Promise.resolve();

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    assert(!closed, "closed records are not used again");
    const turn = tail.then(task);
    tail = turn.catch(() => undefined);
    return turn;
  }
  /** After a fault nothing more is written: what is on disk is known again only after opening. */
  async function writing<T>(
    task: () => Promise<Result<T, CommitFailure>>,
  ): Promise<Result<T, CommitFailure>> {
    if (failure) return err(failure);
    const done = await attempt(task);
    if (done.ok) return done.value;
    failure = { kind: "failing", cause: done.error };
    return err(failure);
  }

  async function commit(writes: readonly Write[]): Promise<Result<void, CommitFailure>> {
    const last = new Map(writes.map((write) => [write.key, write.value]));
    const puts: Put[] = [];
    let added = 0;
    for (const [name, value] of last) {
      const keyBytes = utf8Bytes(name);
      assert(
        name.isWellFormed() && keyBytes > 0 && keyBytes <= KEY_BYTES_MAX,
        "a key is 1 to 128 bytes of UTF-8",
      );
      if (!value) continue;
      assert(value.length <= geometry.valueBytesMax, "a value is at most as long as the container says");
      puts.push({ kind: "value", key: name, value });
      added += valueCost(keyBytes, value.length, geometry.pieceBytesMax);
    }
    const dead = [...last.keys()].map((name) => versions.get(name)).filter((one) => one !== undefined);
    if (puts.length + dead.length === 0) return ok(undefined);
    const written = added + KILL_COST * dead.length;
    assert(written <= geometry.commitBytesMax, "a commit is at most as long as the container says");

    const freed = dead.reduce((sum, version) => sum + versionCost(version), 0);
    const isGrowing = added > freed;
    if (isGrowing && liveBytes() + added - freed > geometry.capacityBytes) return err({ kind: "full" });
    const wanted = segmentsFor(written, geometry.segmentBytes) + MOVING_SEGMENTS;
    if (!(await makeRoom(wanted))) return err({ kind: "full" });

    const copies = await log.commit(
      puts,
      dead.map(([{ id }]) => id),
    );
    for (const version of dead) forget(version);
    remember(copies);
    const finished = await attempt(async () => {
      await log.erase(dead.flat());
      await moveIdle();
    });
    // The commit is durable: a fault from here on is the next one's.
    if (!finished.ok) failure = { kind: "failing", cause: finished.error };
    return ok(undefined);
  }
  function forget(version: Version): void {
    versions.delete(version[0].key);
    sorted.remove(version[0].key);
    for (const copy of version) copy.segment.liveBytes -= pieceCost(copy);
  }
  function remember(copies: readonly Copy[]): void {
    for (const copy of copies) {
      const known = versions.get(copy.key);
      if (known?.[0].id === copy.id) known.push(copy);
      else versions.set(copy.key, [copy]);
      sorted.add(copy.key);
      copy.segment.liveBytes += pieceCost(copy);
    }
  }

  const liveBytes = (): number => [...log.segments].reduce((sum, segment) => sum + segment.liveBytes, 0);
  const ended = (): Segment[] =>
    [...log.segments].filter((one) => one !== log.open()).sort((a, b) => a.liveBytes - b.liveBytes);

  async function makeRoom(wanted: number): Promise<boolean> {
    for (let rounds = 0; log.freeSegments() < wanted; rounds++) {
      const room = Math.max(1, log.freeSegments() - 1) * geometry.segmentBytes * FILL;
      const victims: Segment[] = [];
      let moved = 0;
      for (const segment of ended()) {
        moved += segment.liveBytes;
        if (victims.length === IDLE_SEGMENTS || moved > room) break;
        victims.push(segment);
      }
      if (victims.length === 0 || rounds > geometry.segmentCount) return false;
      await move(victims);
    }
    return true;
  }
  async function moveIdle(): Promise<void> {
    const idle = ended().filter((segment) => segment.liveBytes <= geometry.segmentBytes * IDLE_FILL);
    if (idle.length >= IDLE_SEGMENTS && log.freeSegments() > MOVING_SEGMENTS)
      await move(idle.slice(0, IDLE_SEGMENTS));
  }
  /** Writes again what lives in these segments, and gives them up. */
  async function move(victims: readonly Segment[]): Promise<void> {
    const pieces: Put[] = [];
    for (const { copies } of victims)
      for (const piece of copies)
        if (isAlive(piece)) pieces.push({ kind: "piece", piece, sealed: await readSealed(piece) });
    const kills = killsStillNeeded(victims);
    if (pieces.length + kills.length > 0) relocate(await log.commit(pieces, kills));
    await log.giveUp(victims);
  }
  /** A kill is needed as long as a copy of what it killed lies in a segment that stays. */
  function killsStillNeeded(victims: readonly Segment[]): readonly number[] {
    const kills = new Set(victims.flatMap((segment) => segment.kills));
    if (kills.size === 0) return [];
    const needed = new Set<number>();
    for (const segment of log.segments)
      if (!victims.includes(segment)) for (const { id } of segment.copies) if (kills.has(id)) needed.add(id);
    return [...needed];
  }
  const isAlive = (copy: Copy): boolean => versions.get(copy.key)?.includes(copy) === true;
  function relocate(copies: readonly Copy[]): void {
    for (const copy of copies) {
      const version = versions.get(copy.key);
      const index = version?.findIndex(({ from }) => from === copy.from) ?? -1;
      const old = version?.[index];
      assert(version !== undefined && old !== undefined, "only what lives is moved");
      version[index] = copy;
      old.segment.liveBytes -= pieceCost(copy);
      copy.segment.liveBytes += pieceCost(copy);
    }
  }

  const readSealed = ({ segment, at, bytes }: Copy): Promise<Uint8Array> =>
    disk.read(segmentStart(geometry, segment.index) + at, SEALED_BYTES_EXTRA + bytes);

  async function read(name: string): Promise<Uint8Array | undefined> {
    const version = versions.get(name);
    if (!version) return undefined;
    const value = new Uint8Array(version[0].total);
    for (const copy of version) {
      const plain = unseal(keys.pieces, pieceContext(copy.id, copy.from), await readSealed(copy));
      if (!plain) throw new Unreadable("damaged");
      value.set(plain, copy.from);
    }
    return value;
  }
  async function readAll(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    try {
      const values: (Uint8Array | undefined)[] = [];
      for (const name of names) values.push(await read(name));
      return values;
    } catch (error) {
      throw error instanceof DiskFault ? new Unreadable("failing", error.fault.cause) : error;
    }
  }

  const holdsNames = (segment: Segment): boolean => !segment.copies.every(isAlive);

  async function scrub(): Promise<Result<{ readonly remaining: number }, CommitFailure>> {
    await log.flush();
    const [first, ...others] = [...log.segments].filter(holdsNames).sort((a, b) => a.liveBytes - b.liveBytes);
    if (!first) return ok({ remaining: 0 });
    if (!(await makeRoom(MOVING_SEGMENTS + 1))) return err({ kind: "full" });
    if (first === log.open()) log.roll();
    if (log.segments.has(first)) await move([first]);
    return ok({ remaining: others.filter((segment) => log.segments.has(segment)).length });
  }

  return ok({
    get: (name) => inTurn(async () => (await readAll([name]))[0]),
    getMany: (names) => inTurn(() => readAll(names)),
    list(prefix, range) {
      assert(!closed, "closed records are not used again");
      return sorted.list(prefix, range);
    },
    commit: (writes) => inTurn(() => writing(() => commit(writes))),
    scrub: () => inTurn(() => writing(scrub)),
    usage: () => ({ liveBytes: liveBytes(), capacityBytes: geometry.capacityBytes }),
    close() {
      const end = inTurn(async () => {
        if (!failure) await attempt(() => log.end());
        versions.clear();
        wipeRegionKeys(keys);
      });
      closed = true;
      return end;
    },
  });
}

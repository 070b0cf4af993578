/**
 * What a relay's disk is made of: memory, from which every boot begins anew, or an SQLite file, which a crash leaves as
 * SQLite had written it. Spec: spec/simulation.md, "The world".
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, type Sha256 } from "@sotto/protocol";
import type { ChannelStore } from "@sotto/relay";
import { createMemoryChannelStore } from "@sotto/relay-adapters/memory";
import { createSqliteChannelStore, openDatabase } from "@sotto/relay-adapters/sqlite";
import type { Cancel, Timeline } from "./timeline.ts";

export type RelayDiskKind = "memory" | "sqlite";

export type RelayDisk = {
  /** What the next process finds. `isEmpty`: what the relay had stored must be applied again. */
  open(): { readonly store: ChannelStore; readonly isEmpty: boolean };
  /** Power is gone. */
  crash(): void;
  /** Nothing is left. */
  remove(): void;
};

type StorePorts = { readonly relayId: Uint8Array; readonly sha256: Sha256 };

export const createRelayDisk = (kind: RelayDiskKind, ports: StorePorts, timeline: Timeline): RelayDisk =>
  kind === "sqlite" ? createDatabaseDisk(ports, timeline) : createMemoryDisk(ports);

const createMemoryDisk = (ports: StorePorts): RelayDisk => ({
  open: () => ({ store: createMemoryChannelStore(ports), isEmpty: true }),
  crash: () => undefined,
  remove: () => undefined,
});

/** In memory where the system offers that: what fsync promises is not what these worlds try. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const SUFFIXES = ["", "-wal"];

function createDatabaseDisk(ports: StorePorts, timeline: Timeline): RelayDisk {
  const folder = mkdtempSync(join(FOLDER, "sotto-world-"));
  let boots = 0;
  let running: ChannelStore | undefined;
  const pathOf = (boot: number): string => join(folder, `${boot}.db`);

  function end(): void {
    void running?.close();
    running = undefined;
    for (const suffix of SUFFIXES) rmSync(pathOf(boots) + suffix, { force: true });
  }

  return {
    open() {
      const opened = openDatabase(pathOf(boots));
      assert(opened.ok, "what was a database stays one");
      const db = opened.value;
      const created = ringingBy(timeline, () => createSqliteChannelStore({ ...ports, db }));
      assert(created.ok, "a journal is read by whom it was written");
      running = withAlarms(created.value, timeline);
      return { store: running, isEmpty: boots === 0 };
    },
    crash() {
      for (const suffix of SUFFIXES)
        if (existsSync(pathOf(boots) + suffix)) cpSync(pathOf(boots) + suffix, pathOf(boots + 1) + suffix);
      end();
      boots++;
    },
    remove() {
      end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const withAlarms = (store: ChannelStore, timeline: Timeline): ChannelStore => ({
  apply: (batch, now) => ringingBy(timeline, () => store.apply(batch, now)),
  channel: (cid) => store.channel(cid),
  page: (cid, after, through, limits) => store.page(cid, after, through, limits),
  inbox: (inboxId) => store.inbox(inboxId),
  posts: (inboxId, after, limits) => store.posts(inboxId, after, limits),
  backup: (name) => store.backup(name),
  code: (codeHash) => store.code(codeHash),
  sweep: (now) => ringingBy(timeline, () => store.sweep(now)),
  close: () => ringingBy(timeline, () => store.close()),
});

/** The store asks the runtime for its alarms, within calls that end before anything else happens. Here they ring too. */
function ringingBy<T>(timeline: Timeline, work: () => T): T {
  const { setTimeout, clearTimeout } = globalThis;
  const set = (ring: () => void, ms: number): Cancel => timeline.after(ms, () => ringingBy(timeline, ring));
  const clear = (cancel: Cancel | undefined): void => cancel?.();
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  try {
    return work();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

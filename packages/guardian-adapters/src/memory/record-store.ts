/** A guardian's records in memory, for tests and simulations; a guardian of a trial keeps its own in SQLite. */
import { err, ok, toHex } from "@sotto/protocol";
import { bytesToRecord, type Kill, type RecordStore } from "@sotto/guardian";

export type MemoryRecordStore = RecordStore & {
  /** Queued for other guardians, oldest first; taken away. */
  takeKills(): readonly Kill[];
  /** While true, every write is refused and changes nothing. */
  isFull: boolean;
  /** Hears of each write, and its length. */
  onWrite: (bytes: number) => void;
  /** Everything it holds, to be put back later: a backup. */
  copy(): ReadonlyMap<string, Uint8Array>;
  putBack(records: ReadonlyMap<string, Uint8Array>): void;
};

export function createMemoryRecordStore(): MemoryRecordStore {
  let recordsByRid = new Map<string, Uint8Array>();
  const wiped = new Set<string>();
  let kills: Kill[] = [];
  return {
    isFull: false,
    onWrite: () => undefined,
    read: (rid) => Promise.resolve(recordsByRid.get(toHex(rid))?.slice()),
    write(rid, record, queued) {
      if (this.isFull) return Promise.resolve(err("full" as const));
      recordsByRid.set(toHex(rid), record.slice());
      this.onWrite(record.length);
      kills.push(...queued);
      return Promise.resolve(ok(undefined));
    },
    wipe(rid) {
      if (this.isFull) return Promise.resolve(err("full" as const));
      recordsByRid.delete(toHex(rid));
      wiped.add(toHex(rid));
      return Promise.resolve(ok(undefined));
    },
    isWiped: (rid) => Promise.resolve(wiped.has(toHex(rid))),
    ridOfKill(kid) {
      for (const bytes of recordsByRid.values()) {
        const record = bytesToRecord(bytes);
        if (!record.ok) continue;
        const { rid, killIn } = record.value.registration;
        if (killIn.some((one) => toHex(one.kid) === toHex(kid))) return Promise.resolve(rid);
      }
      return Promise.resolve(undefined);
    },
    takeKills() {
      const taken = kills;
      kills = [];
      return taken;
    },
    copy: () => new Map([...recordsByRid].map(([rid, bytes]) => [rid, bytes.slice()])),
    putBack(records) {
      recordsByRid = new Map([...records].map(([rid, bytes]) => [rid, bytes.slice()]));
    },
  };
}

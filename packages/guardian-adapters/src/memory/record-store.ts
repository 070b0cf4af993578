/** A guardian's records in memory, for tests and simulations; a guardian of a trial keeps its own in SQLite. */
import { assert, equalBytes, err, ok, toHex, type RandomBytes } from "@sotto/protocol";
import {
  bytesToRecord,
  farewellsOf,
  tokenFor,
  type Farewell,
  type GuardianRecord,
  type Message,
  type RecordStore,
} from "@sotto/guardian";

/** As it leaves: what another guardian is told. */
export type SentMessage =
  | (Message & { readonly kind: "kill"; readonly token: Uint8Array })
  | (Farewell & { readonly kind: "wiped" });

type Waiting = { readonly rid: Uint8Array; readonly message: Message } | { readonly farewell: Farewell };

export type MemoryRecordStore = RecordStore & {
  /** Queued for other guardians, oldest first; taken away. */
  takeMessages(): readonly SentMessage[];
  /** While true, every write is refused and changes nothing. */
  isFull: boolean;
  /** Hears of each write, and its length. */
  onWrite: (bytes: number) => void;
  /** Everything it holds, to be put back later: a backup. */
  copy(): ReadonlyMap<string, Uint8Array>;
  putBack(records: ReadonlyMap<string, Uint8Array>): void;
};

export function createMemoryRecordStore(random: RandomBytes): MemoryRecordStore {
  let recordsByRid = new Map<string, Uint8Array>();
  const wiped = new Set<string>();
  const farewells: Farewell[] = [];
  const waitingByKid = new Map<string, Waiting>();

  const recordAt = (rid: Uint8Array): GuardianRecord | undefined => {
    const bytes = recordsByRid.get(toHex(rid));
    const record = bytes && bytesToRecord(bytes);
    return record?.ok === true ? record.value : undefined;
  };
  const records = (): readonly GuardianRecord[] =>
    [...recordsByRid.values()].map((bytes) => {
      const record = bytesToRecord(bytes);
      assert(record.ok, "a guardian writes records");
      return record.value;
    });
  const wait = (kid: Uint8Array, waiting: Waiting): void => {
    waitingByKid.delete(toHex(kid));
    waitingByKid.set(toHex(kid), waiting);
  };
  const isPassedOn = ({ kid, passedOn }: Message): boolean => {
    const before = waitingByKid.get(toHex(kid));
    return passedOn && (before === undefined || !("message" in before) || before.message.passedOn);
  };
  const sent = (waiting: Waiting): SentMessage => {
    if ("farewell" in waiting) return { ...waiting.farewell, kind: "wiped" };
    const { message, rid } = waiting;
    const record = recordAt(rid);
    const token = record ? tokenFor(record, message.kid, random) : random(32);
    return { ...message, kind: "kill", token };
  };

  return {
    isFull: false,
    onWrite: () => undefined,
    read: (rid) => Promise.resolve(recordsByRid.get(toHex(rid))?.slice()),
    write(rid, record, messages) {
      if (this.isFull) return Promise.resolve(err("full" as const));
      recordsByRid.set(toHex(rid), record.slice());
      this.onWrite(record.length);
      for (const one of messages)
        wait(one.kid, { rid: rid.slice(), message: { ...one, passedOn: isPassedOn(one) } });
      return Promise.resolve(ok(undefined));
    },
    wipe(rid) {
      if (this.isFull) return Promise.resolve(err("full" as const));
      const record = recordAt(rid);
      recordsByRid.delete(toHex(rid));
      wiped.add(toHex(rid));
      for (const farewell of record ? farewellsOf(record) : []) {
        farewells.push(farewell);
        wait(farewell.kid, { farewell });
      }
      return Promise.resolve(ok(undefined));
    },
    isWiped: (rid) => Promise.resolve(wiped.has(toHex(rid))),
    ridOfKill: (kid) =>
      Promise.resolve(
        records().find(({ registration }) => registration.killIn.some((one) => equalBytes(one.kid, kid)))
          ?.registration.rid,
      ),
    ridOfToken: (hash) =>
      Promise.resolve(
        records().find(({ registration }) =>
          registration.killIn.some((one) => equalBytes(one.tokenHash, hash)),
        )?.registration.rid,
      ),
    count: () =>
      Promise.resolve(
        recordsByRid.size + [...waitingByKid.values()].filter((one) => "farewell" in one).length,
      ),
    tombstonesFor: (peer, after, limit) =>
      Promise.resolve(
        farewells
          .filter(({ gid }) => equalBytes(gid, peer))
          .slice(after, after + limit)
          .map(({ hash }) => hash),
      ),
    takeMessages() {
      const taken = [...waitingByKid.values()].map(sent);
      waitingByKid.clear();
      return taken;
    },
    copy: () => new Map([...recordsByRid].map(([rid, bytes]) => [rid, bytes.slice()])),
    putBack(records) {
      recordsByRid = new Map([...records].map(([rid, bytes]) => [rid, bytes.slice()]));
    },
  };
}

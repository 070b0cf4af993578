/** Guardians on their files, in one process: for who takes the disks. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sign, type Carry } from "@sotto/crypto";
import { bytesToRecord, createGuardian, type Guardian, type GuardianRecord } from "@sotto/guardian";
import { openRecordStore, type NodeRecordStore } from "@sotto/guardian-adapters/node";
import { toHex, type GuardianAddress } from "@sotto/protocol";
import { newIdentity, random, type Identity } from "./identity.ts";

export type FileGuardian = GuardianAddress & {
  readonly folder: string;
  readonly guardian: Guardian;
  readonly store: NodeRecordStore;
};

/** Instead of a clock that the test moves and answers at once. */
type Time = { readonly clock?: () => number; readonly until?: (time: number) => Promise<void> };

export class FileGuardians {
  now = 1_800_000_000_000;
  readonly guardians: FileGuardian[] = [];

  static async create(folder: string, count: number, time: Time = {}): Promise<FileGuardians> {
    const world = new FileGuardians();
    const identities = await Promise.all(Array.from({ length: count }, (_, at) => newIdentity(at)));
    for (const [at, identity] of identities.entries())
      world.guardians.push(world.#begin(join(folder, String(at)), identity, identities, time));
    return world;
  }

  #begin(
    folder: string,
    identity: Identity,
    all: readonly Identity[],
    { clock = () => this.now, until = () => Promise.resolve() }: Time,
  ): FileGuardian {
    const store = openRecordStore(folder);
    assert.ok(store.ok);
    const { pair, envelopeSeed, address } = identity;
    const guardian = createGuardian({
      store: store.value,
      keys: { gid: address.gid, sign: (bytes) => sign(pair, bytes), envelopeSeed },
      admission: { spend: () => Promise.resolve(true) },
      clock,
      random,
      until,
      limits: { records: Infinity, registrations: { burst: Infinity, everyMs: 1 } },
      peers: all.filter((one) => one !== identity).map((one) => one.address),
    });
    return { ...address, folder, guardian, store: store.value };
  }

  carry: Carry = (to, envelope) => {
    const one = this.guardians.find(({ gid }) => toHex(gid) === toHex(to.gid));
    return one ? one.guardian.answer(envelope) : Promise.resolve(undefined);
  };

  /** What somebody reads who has its files, its keys included. Undefined for what is not there any more. */
  async seize(at: number, rid: Uint8Array): Promise<GuardianRecord | undefined> {
    const bytes = await this.guardians[at]?.store.read(rid);
    const record = bytes && bytesToRecord(bytes);
    return record?.ok === true ? record.value : undefined;
  }

  close(): void {
    for (const { store } of this.guardians) store.close();
  }
}

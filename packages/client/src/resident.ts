/** The records that stay decoded in memory while a profile is open: everything but messages and group states. */
import { err, ok, type Result } from "@sotto/protocol";
import { readMany } from "./reading.ts";
import type { Records } from "./ports.ts";
import { channels, outgoingPosts, pendingCommits } from "./stored/channel.ts";
import { contacts, conversations, draftTimes, introductions, outboxEntries } from "./stored/conversation.ts";
import { additions, groupMembers, groups, wants } from "./stored/group.ts";
import { accepted, blobErasures, blobRights, uploads } from "./stored/file.ts";
import { activations, identities, inboxes, profiles } from "./stored/profile.ts";
import { kits, restoredContacts } from "./stored/recovery.ts";
import type { StoredFailure, Table } from "./stored/record.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a table is invariant, so no other bound fits
type AnyTable = Table<any>;

const RESIDENT: readonly AnyTable[] = [
  profiles,
  identities,
  activations,
  inboxes,
  kits,
  restoredContacts,
  conversations,
  draftTimes,
  contacts,
  outboxEntries,
  introductions,
  channels,
  pendingCommits,
  outgoingPosts,
  groups,
  groupMembers,
  additions,
  wants,
  uploads,
  blobRights,
  blobErasures,
  accepted,
];

export class Resident {
  readonly #valuesByTable = new Map<AnyTable, Map<string, unknown>>();

  constructor() {
    for (const one of RESIDENT) this.#valuesByTable.set(one, new Map());
  }

  /** Reads what is there. Refuses a profile that a newer version has written, and changes nothing of it. */
  static async load(records: Records): Promise<Result<Resident, StoredFailure>> {
    const resident = new Resident();
    for (const one of RESIDENT) {
      const keys = records.list(one.prefix);
      const values = await readMany(records, keys);
      for (const [index, key] of keys.entries()) {
        const bytes = values[index];
        const value = bytes === undefined ? err("damaged" as const) : one.fromBytes(bytes);
        if (!value.ok) return value;
        resident.set(one, key.slice(one.prefix.length), value.value);
      }
    }
    return ok(resident);
  }

  get<T>(of: Table<T>, id: string): T | undefined {
    return this.values(of).get(id);
  }

  set<T>(of: Table<T>, id: string, value: T | undefined): void {
    if (value === undefined) this.values(of).delete(id);
    else this.values(of).set(id, value);
  }

  clear(): void {
    for (const values of this.#valuesByTable.values()) values.clear();
  }

  values<T>(of: Table<T>): Map<string, T> {
    return this.#valuesByTable.get(of) as Map<string, T>;
  }
}

/**
 * One event's unit of work. What it decides is invisible until everything it wrote is durable in one commit; only then
 * is it adopted, and only then do frames leave. A turn that cannot be stored has never happened. Spec: CL1 to CL3.
 */
import { assert, err, ok, type Request, type Result } from "@sotto/protocol";
import type { Group, GroupState } from "@sotto/crypto";
import type { CommitFailure, Records, RecordWrite } from "./ports.ts";
import { readOne } from "./reading.ts";
import type { Resident } from "./resident.ts";
import type { LineId } from "./line/line-id.ts";
import type { Purpose } from "./line/purpose.ts";
import { secretsKey, treeKey } from "./stored/channel.ts";
import type { Table } from "./stored/record.ts";

export type Asking = { readonly line: LineId; readonly request: Request; readonly purpose: Purpose };

/** Groups in memory, by channel. What is not here lies in the records. */
export type Groups = Map<string, Group>;

const GROUPS_IN_MEMORY_MAX = 64;

export class Turn {
  /** The own clock: for waiting. */
  readonly now: number;
  /** The greatest time there is reason to believe: for burning. See believed-time.ts. */
  readonly believedNow: number;
  readonly asks: Asking[] = [];
  /** Conversations whose row, and whose messages, are to be shown again. */
  readonly changedRows = new Set<string>();
  readonly changedItems = new Set<string>();
  /** What is to be looked at before this event ends, by name; and what in an event of its own, soon. */
  readonly touched = new Set<string>();
  readonly later = new Set<string>();
  hasBurned = false;
  readonly #records: Records;
  readonly #resident: Resident;
  readonly #groups: Groups;
  readonly #writes = new Map<string, Uint8Array | null>();
  readonly #adopted = new Map<string, () => void>();
  readonly #values = new Map<string, unknown>();
  readonly #newGroups = new Map<string, Group | undefined>();
  readonly #afterwards: (() => void)[] = [];

  constructor(world: {
    records: Records;
    resident: Resident;
    groups: Groups;
    now: number;
    believedNow: number;
  }) {
    this.now = world.now;
    this.believedNow = world.believedNow;
    this.#records = world.records;
    this.#resident = world.resident;
    this.#groups = world.groups;
  }

  get<T>(of: Table<T>, id: string): T | undefined {
    const key = of.prefix + id;
    return this.#values.has(key) ? (this.#values.get(key) as T | undefined) : this.#resident.get(of, id);
  }

  /** For what must be there: its absence is a bug. */
  need<T>(of: Table<T>, id: string): T {
    const value = this.get(of, id);
    assert(value !== undefined, "a record that others name is there");
    return value;
  }

  /** Ids in order of their keys. */
  ids(of: Table<unknown> | Table<never>, prefix = ""): readonly string[] {
    const table = of as Table<unknown>;
    const ids = new Set(
      this.#resident
        .values(table)
        .keys()
        .filter((id) => id.startsWith(prefix)),
    );
    const start = table.prefix + prefix;
    for (const [key, value] of this.#values) {
      if (!key.startsWith(start)) continue;
      if (value === undefined) ids.delete(key.slice(table.prefix.length));
      else ids.add(key.slice(table.prefix.length));
    }
    return [...ids].toSorted();
  }

  put<T>(of: Table<T>, id: string, value: T): void {
    const key = of.prefix + id;
    this.#values.set(key, value);
    this.#writes.set(key, of.toBytes(value));
    this.#adopted.set(key, () => this.#resident.set(of, id, value));
  }

  remove<T>(of: Table<T>, id: string): void {
    const key = of.prefix + id;
    this.#values.set(key, undefined);
    this.#writes.set(key, null);
    this.#adopted.set(key, () => this.#resident.set(of, id, undefined));
  }

  /** Records that are not resident. */
  write(key: string, bytes: Uint8Array | null): void {
    this.#writes.set(key, bytes);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const own = this.#writes.get(key);
    return own === undefined ? readOne(this.#records, key) : (own ?? undefined);
  }

  /** A record of a table that is not resident. One that cannot be read is as if it were not there. */
  async load<T>(of: Table<T>, id: string): Promise<T | undefined> {
    const bytes = await this.read(of.prefix + id);
    const value = bytes && of.fromBytes(bytes);
    return value?.ok ? value.value : undefined;
  }

  save<T>(of: Table<T>, id: string, value: T | undefined): void {
    this.write(of.prefix + id, value === undefined ? null : of.toBytes(value));
  }

  /** Keys that begin so, those of this turn included, in order. `to` is the first key not wanted. */
  keys(prefix: string, to?: string): readonly string[] {
    const stored = this.#records.list(prefix, to === undefined ? {} : { to });
    let keys: Set<string> | undefined;
    for (const [key, bytes] of this.#writes) {
      if (!key.startsWith(prefix) || (to !== undefined && key >= to)) continue;
      keys ??= new Set(stored);
      if (bytes === null) keys.delete(key);
      else keys.add(key);
    }
    return keys === undefined ? stored : [...keys].toSorted();
  }

  groupInMemory(cid: string): Group | undefined {
    return this.#newGroups.has(cid) ? this.#newGroups.get(cid) : this.#groups.get(cid);
  }

  /** `state` is what the engine saved of `group`; its tree is written again only when it is another one. */
  setGroup(cid: string, group: Group, state: GroupState, isNewTree: boolean): void {
    this.#newGroups.set(cid, group);
    if (isNewTree) this.write(treeKey(cid), state.tree);
    this.write(secretsKey(cid), state.secrets);
  }

  /** Keeps a group that was read from the records; nothing of it has changed. */
  keepGroup(cid: string, group: Group): void {
    this.#newGroups.set(cid, group);
  }

  forgetGroup(cid: string): void {
    this.#newGroups.set(cid, undefined);
    this.write(treeKey(cid), null);
    this.write(secretsKey(cid), null);
  }

  /** Once everything is durable. */
  ask(line: LineId, request: Request, purpose: Purpose): void {
    this.asks.push({ line, request, purpose });
  }

  afterwards(run: () => void): void {
    this.#afterwards.push(run);
  }

  touch(...names: readonly string[]): void {
    for (const name of names) this.touched.add(name);
  }

  async commit(): Promise<Result<void, CommitFailure>> {
    if (this.#writes.size > 0) {
      const writes: RecordWrite[] = [...this.#writes].map(([key, value]) => ({ key, value }));
      const committed = await this.#records.commit(writes);
      if (!committed.ok) return err(committed.error);
    }
    for (const adopt of this.#adopted.values()) adopt();
    for (const [cid, group] of this.#newGroups) {
      this.#groups.delete(cid); // the newest are last
      if (group !== undefined) this.#groups.set(cid, group);
    }
    for (const cid of this.#groups.keys()) {
      if (this.#groups.size <= GROUPS_IN_MEMORY_MAX) break;
      this.#groups.delete(cid);
    }
    for (const run of this.#afterwards) run();
    return ok(undefined);
  }

  /** What burned goes even where there is no room for anything else; the rest of the turn has not happened. */
  async commitErasures(...prefixes: readonly string[]): Promise<Result<void, CommitFailure>> {
    const writes = [...this.#writes].flatMap(([key, value]) =>
      value === null && prefixes.some((one) => key.startsWith(one)) ? [{ key, value }] : [],
    );
    return this.#records.commit(writes);
  }

  /** Keys of every record that this turn writes or deletes. */
  get writtenKeys(): Iterable<string> {
    return this.#writes.keys();
  }

  get hasWrites(): boolean {
    return this.#writes.size > 0;
  }
}

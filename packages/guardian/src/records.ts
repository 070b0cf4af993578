/** Records as requests use them: decoded, one request about a record at a time, and kept before anybody is answered. */
import { toHex, type GuardianAnswer } from "@sotto/protocol";
import { refused } from "./answers.ts";
import type { Message } from "./messages.ts";
import type { RecordStore } from "./ports.ts";
import { bytesToRecord, recordToBytes, type GuardianRecord } from "./record.ts";

export class Records {
  readonly #store: RecordStore;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(store: RecordStore) {
    this.#store = store;
  }

  /** Each decides on what the last one left. */
  async inTurn<T>(name: Uint8Array, task: () => Promise<T>): Promise<T> {
    const key = toHex(name);
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(task, task);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(key) === settled) this.#turns.delete(key);
      });
    this.#turns.set(key, settled);
    return turn;
  }

  async load(rid: Uint8Array): Promise<GuardianRecord | undefined> {
    const bytes = await this.#store.read(rid);
    const record = bytes && bytesToRecord(bytes);
    bytes?.fill(0);
    return record?.ok === true ? record.value : undefined;
  }

  /** What is answered once this is durable. */
  async save(
    record: GuardianRecord,
    messages: readonly Message[],
    answer: (counter: number) => GuardianAnswer,
  ): Promise<GuardianAnswer> {
    const bytes = recordToBytes(record);
    const written = await this.#store.write(record.registration.rid, bytes, messages);
    bytes.fill(0);
    return written.ok ? answer(record.counter) : refused("storageFull");
  }
}

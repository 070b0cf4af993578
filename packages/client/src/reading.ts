/** Records that cannot be read are as if they were not there: one damaged value must not take the others with it. */
import type { Records } from "./ports.ts";

export async function readOne(records: Records, key: string): Promise<Uint8Array | undefined> {
  try {
    return await records.get(key);
  } catch {
    return undefined; // damaged, or the disk refuses; the next commit tells which
  }
}

/** In the order asked. */
export async function readMany(
  records: Records,
  keys: readonly string[],
): Promise<readonly (Uint8Array | undefined)[]> {
  try {
    return await records.getMany(keys);
  } catch {
    return Promise.all(keys.map((key) => readOne(records, key)));
  }
}

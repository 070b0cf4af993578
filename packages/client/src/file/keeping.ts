/** Whether a file is kept on this device, chunk by chunk. Decision: docs/decisions/0018. */
import type { Records } from "../ports.ts";
import { readOne } from "../reading.ts";
import { fileChunks } from "../stored/file.ts";
import { sequenceKey } from "../stored/keys.ts";

/** Larger ones are read where they lie: 100 MB would not fit the container at all. */
const KEPT_BYTES_MAX = 4 * 1_048_576;
/** Smaller containers have no room for whole chunks beside what they are for. */
const CAPACITY_BYTES_MIN = 2 * 1_048_576;
/** Chunks stored in one turn. */
export const CHUNKS_PER_TURN = 4;

/** Files never take more than half of the room: the rest is for messages. */
export function isKeepable(records: Records, bytes: number): boolean {
  const { liveBytes, capacityBytes } = records.usage();
  return (
    bytes <= KEPT_BYTES_MAX && capacityBytes >= CAPACITY_BYTES_MIN && liveBytes + bytes <= capacityBytes / 2
  );
}

export const chunkId = (idKey: string, index: number): string => `${idKey}/${sequenceKey(index)}`;

export async function keptChunk(
  records: Records,
  idKey: string,
  index: number,
): Promise<Uint8Array | undefined> {
  const value = await readOne(records, fileChunks.prefix + chunkId(idKey, index));
  const chunk = value && fileChunks.fromBytes(value);
  return chunk?.ok ? chunk.value.bytes : undefined;
}

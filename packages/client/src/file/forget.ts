/** A file goes with its message: what is kept of it here, and its blob at the relay. Spec: spec/files.md, "Forgetting". */
import { toHex } from "@sotto/protocol";
import { blobErasures, blobRights, fileChunks, type BlobRight } from "../stored/file.ts";
import type { Turn } from "../turn.ts";

/** `idKey`: of the message, as in seenIds. */
export function forgetFile(turn: Turn, idKey: string): void {
  for (const key of turn.keys(`${fileChunks.prefix}${idKey}/`)) turn.write(key, null);
  const right = turn.get(blobRights, idKey);
  if (right === undefined) return;
  turn.remove(blobRights, idKey);
  eraseBlob(turn, right);
}

/** Asked for until the relay has said that it is gone. */
export function eraseBlob(turn: Turn, right: BlobRight): void {
  const id = toHex(right.blobId);
  turn.put(blobErasures, id, right);
  turn.touch(`erase/${id}`);
}

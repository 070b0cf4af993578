/** Taking a blob back at its relay. Spec: spec/files.md, FT31. */
import type { Core } from "../core.ts";
import { blobErasures } from "../stored/file.ts";
import type { Turn } from "../turn.ts";
import type { Next } from "./transfers.ts";

const RETRY_MS = 15_000;

export function driveErasure(core: Core, turn: Turn, id: string): void {
  const right = turn.get(blobErasures, id);
  const name = `erase/${id}`;
  if (right === undefined) return;
  if (right.until <= turn.now) return turn.remove(blobErasures, id); // its time at the relay is over
  const notBefore = core.oneShots.notBefore(name);
  if (notBefore > turn.now) return core.agenda.want(name, notBefore);
  const { endpoint, blobId, token } = right;
  turn.afterwards(() =>
    core.transfers.run(name, async (): Promise<Next> => {
      const erased = await core.transfers.ports.blobs.erase({ url: endpoint.url, blobId }, token);
      return (_, after) => {
        core.transfers.forget(name);
        core.oneShots.back(name, erased === "away" ? after.now + RETRY_MS : 0);
        if (erased !== "away") after.remove(blobErasures, id);
        after.touch(name);
      };
    }),
  );
}

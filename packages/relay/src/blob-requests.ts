/** Requests about blobs: the grant. The blob itself comes and goes by HTTP. Spec: spec/blob.md, BL1. */
import type { Reply } from "@sotto/protocol";
import { currentEpoch } from "./channel.ts";
import { DENIED, type Connection, type Of } from "./connection.ts";
import { refused } from "./operation.ts";

/** For whoever could append: whoever was removed has a handle of an ended epoch, and is granted nothing. */
export async function grantBlob({ service, handles }: Connection, request: Of<"grantBlob">): Promise<Reply> {
  const handle = handles.channel(request.handle);
  const channel = handle?.mayWrite ? await service.store.channel(handle.place) : undefined;
  if (!handle || !channel) return DENIED;
  const { epoch } = currentEpoch(channel);
  if (epoch !== handle.epoch) return refused("epochMoved", epoch);
  return service.blobs?.grant(handle.place, request) ?? refused("quotaFull");
}

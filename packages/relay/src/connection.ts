/** What the requests of a connection share: whose they are, and how they are checked and answered. */
import { equalBytes, type Reply, type Request } from "@sotto/protocol";
import type { Output } from "./feed.ts";
import type { Handles } from "./handles.ts";
import { refused, type Operation, type Outcome } from "./operation.ts";
import type { Service } from "./relay.ts";

export type Of<Kind extends Request["kind"]> = Extract<Request, { kind: Kind }>;

/** An entry's author is told from its readers by its connection. */
export interface Connection extends Output {
  readonly service: Service;
  /** The relay's, from `welcome`: what OPEN signs. */
  readonly nonce: Uint8Array;
  readonly handles: Handles;
}

/** One answer for all that is not there, not allowed or not proven. */
export const DENIED = refused("denied");
export const TOO_MANY = refused("tooMany");

export const submit = ({ service }: Connection, operation: Operation): Promise<Outcome> =>
  new Promise((resolve) => service.batcher.submit(operation, resolve));

export async function isSignedBy(
  { service }: Connection,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const [holds] = await service.verifier.verify([{ key, message, signature }]);
  return holds === true;
}

export function placeOf(keys: readonly Uint8Array[], key: Uint8Array): number | undefined {
  const place = keys.findIndex((one) => equalBytes(one, key));
  return place === -1 ? undefined : place;
}

/** Outcomes that are replies as they are. The others are turned into replies where they arise. */
export function asReply(outcome: Outcome): Reply {
  switch (outcome.kind) {
    case "created":
    case "activated":
    case "claimed":
    case "done":
    case "refused":
      return outcome;
    case "accepted":
      return { kind: "accepted", seq: outcome.seq, time: outcome.time, head: outcome.head };
    case "posted":
    case "acknowledged":
    case "committed":
      return { kind: "done" };
  }
}

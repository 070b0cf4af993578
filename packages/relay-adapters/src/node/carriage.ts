/**
 * What a relay does for guardians: it tells whoever joins which there are, and carries envelopes to those of its own offer, so that
 * they see no address. It sees sizes, and writes nothing down. Spec: spec/guardian.md, "Carriage".
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  ANSWER_ENVELOPE_BYTES,
  CARRY_PATH,
  concat,
  requestEnvelopeBytes,
  requestSizeOf,
  toHex,
  UNLOCK_OFFER_PATH,
  unlockOfferToText,
  type CarryRefusal,
  type UnlockOffer,
} from "@sotto/protocol";
import type { Mount } from "./listener.ts";

/** A guardian that envelopes are carried to. */
export type CarriedGuardian = {
  readonly gid: Uint8Array;
  /** Within seconds. Undefined where no answer came. */
  readonly ask: (envelope: Uint8Array<ArrayBuffer>) => Promise<Uint8Array | undefined>;
};

/** For each guardian, so that one that hangs keeps nobody from the others. */
const UNDER_WAY_MAX = 256;
const ENVELOPE_TYPE = "application/octet-stream";
const ENVELOPE_BYTES_MAX = requestEnvelopeBytes("registration");
/** Handsets of other origins join here, too: no cookie takes part, and nobody keeps an answer. */
const HEADERS = { "access-control-allow-origin": "*", "cache-control": "no-store" };
const PREFLIGHT_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST",
  "access-control-allow-headers": "content-type",
  "access-control-max-age": "86400",
};
const STATUS_BY_REFUSAL: Readonly<Record<CarryRefusal, number>> = { unreached: 502, busy: 503 };

/** `offer` is asked each time: the relay's own address is known once it listens. */
export const createUnlockOfferMount = (offer: () => UnlockOffer): Mount => ({
  path: UNLOCK_OFFER_PATH,
  serve({ method }, response) {
    if (method !== "GET") return void response.writeHead(405, { ...HEADERS, allow: "GET" }).end();
    response.writeHead(200, { ...HEADERS, "content-type": "application/json" });
    response.end(unlockOfferToText(offer()));
  },
});

export function createCarriageMount(
  guardians: readonly CarriedGuardian[],
  underWayMax: number = UNDER_WAY_MAX,
): Mount {
  const byName = new Map(guardians.map(({ gid, ask }) => [toHex(gid), { ask, underWay: 0 }]));
  return {
    path: CARRY_PATH,
    async serve(request, response, urlPath) {
      const guardian = byName.get(urlPath.slice(CARRY_PATH.length));
      if (guardian === undefined) return void response.writeHead(404, HEADERS).end();
      if (request.method === "OPTIONS") return void response.writeHead(204, PREFLIGHT_HEADERS).end();
      if (request.method !== "POST")
        return void response.writeHead(405, { ...HEADERS, allow: "POST, OPTIONS" }).end();
      const envelope = await envelopeOf(request);
      // What came may be longer than was read: the connection is of no more use.
      if (envelope === undefined)
        return void response.writeHead(400, { ...HEADERS, connection: "close" }).end();
      const answer = guardian.underWay < underWayMax ? await carry(guardian, envelope) : "busy";
      if (typeof answer === "string") return sayWhyNot(response, answer);
      response.writeHead(200, { ...HEADERS, "content-type": ENVELOPE_TYPE }).end(answer);
    },
  };
}

type Carrying = Pick<CarriedGuardian, "ask"> & { underWay: number };

async function carry(to: Carrying, envelope: Uint8Array<ArrayBuffer>): Promise<Uint8Array | CarryRefusal> {
  to.underWay += 1;
  try {
    const answer = await to.ask(envelope);
    return answer?.length === ANSWER_ENVELOPE_BYTES ? answer : "unreached";
  } finally {
    to.underWay -= 1;
  }
}

function sayWhyNot(response: ServerResponse, refusal: CarryRefusal): void {
  response.writeHead(STATUS_BY_REFUSAL[refusal], { ...HEADERS, "content-type": "text/plain" });
  response.end(refusal);
}

/** Undefined for what has neither size of an envelope, and for what breaks off. */
async function envelopeOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { "content-type": type, "content-length": length = "0" } = request.headers;
  if (type !== ENVELOPE_TYPE || Number(length) > ENVELOPE_BYTES_MAX) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > ENVELOPE_BYTES_MAX) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  const envelope = concat(...chunks);
  return requestSizeOf(envelope) === undefined ? undefined : envelope;
}

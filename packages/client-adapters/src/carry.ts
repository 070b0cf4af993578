/**
 * Envelopes to guardians by way of the member's relay, so that no guardian learns from where it is asked; and what the relay offers
 * to whoever joins. The same for pages and for Node, which both have `fetch`. Spec: spec/guardian.md, "Carriage".
 */
import type { Carry } from "@sotto/crypto";
import {
  ANSWER_ENVELOPE_BYTES,
  CARRY_PATH,
  CARRY_REFUSALS,
  GUARDIAN_PATH,
  textToUnlockOffer,
  toHex,
  UNLOCK_OFFER_BYTES_MAX,
  UNLOCK_OFFER_PATH,
  type UnlockOffer,
} from "@sotto/protocol";
import { readAtMost } from "./read-at-most.ts";

/** Longer than a relay waits for a guardian, so that it is heard when it gives up. */
const RELAY_WAIT_MS = 7_000;
const GUARDIAN_WAIT_MS = 5_000;
/** A relay that did not answer is not asked again for as long: one PIN is several envelopes, and each would wait. */
const SILENCE_MS = 30_000;

/** `relayUrl`: an origin. A relay that could not be asked is passed by; one that asked and got no answer is believed. */
export function createCarry(relayUrl: string): Carry {
  let isSilentUntil = 0;

  async function byWayOfRelay(gid: Uint8Array, envelope: Uint8Array): Promise<Said | undefined> {
    const said = await post(`${relayUrl}${CARRY_PATH}${toHex(gid)}`, envelope, RELAY_WAIT_MS);
    if (said === undefined) isSilentUntil = Date.now() + SILENCE_MS;
    return said;
  }

  return async ({ gid, url }, envelope, isOnceOnly = false) => {
    const isAsked = Date.now() >= isSilentUntil;
    const carried = isAsked ? await byWayOfRelay(gid, envelope) : undefined;
    if (carried !== undefined && (isAnswer(carried) || isRefusal(carried))) return answerOf(carried);
    if (isAsked && carried === undefined && isOnceOnly) return undefined; // it may have arrived
    const direct = await post(`${url}${GUARDIAN_PATH}`, envelope, GUARDIAN_WAIT_MS);
    return direct && answerOf(direct);
  };
}

/** `relayUrl`: an origin. Undefined where none answers, or with an offer that nobody can follow. */
export async function fetchUnlockOffer(relayUrl: string): Promise<UnlockOffer | undefined> {
  const url = `${relayUrl}${UNLOCK_OFFER_PATH}`;
  const said = await say(url, { method: "GET" }, RELAY_WAIT_MS, UNLOCK_OFFER_BYTES_MAX);
  if (said?.status !== 200) return undefined;
  const offer = textToUnlockOffer(new TextDecoder().decode(said.body));
  return offer.ok ? offer.value : undefined;
}

type Said = { readonly status: number; readonly body: Uint8Array };

const isAnswer = ({ status, body }: Said): boolean => status === 200 && body.length === ANSWER_ENVELOPE_BYTES;
const answerOf = (said: Said): Uint8Array | undefined => (isAnswer(said) ? said.body : undefined);

/** A relay's own word. What stands before a relay that is gone says other things with the same status. */
function isRefusal({ status, body }: Said): boolean {
  const word = new TextDecoder().decode(body);
  return status >= 500 && CARRY_REFUSALS.some((refusal) => refusal === word);
}

function post(url: string, envelope: Uint8Array, waitMs: number): Promise<Said | undefined> {
  const headers = { "content-type": "application/octet-stream" };
  const body = new Uint8Array(envelope);
  return say(url, { method: "POST", headers, body }, waitMs, ANSWER_ENVELOPE_BYTES);
}

/** Undefined where nobody is reached, too late, and for an answer that is longer than `bytesMax`. */
async function say(
  url: string,
  request: RequestInit,
  waitMs: number,
  bytesMax: number,
): Promise<Said | undefined> {
  try {
    const { status, body } = await fetch(url, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(waitMs),
    });
    const read = body ? await readAtMost(body.getReader(), bytesMax) : new Uint8Array();
    return read && { status, body: read };
  } catch {
    return undefined; // also what this page is not allowed to reach
  }
}

/**
 * A ticket names what an OPEN proved, so that a restarted relay need not verify every signature again: RESUME costs
 * one HMAC. It lies with the client and is worth what the signature was, until it expires. Spec: spec/channel.md, CH7.
 */
import {
  bool,
  concat,
  constant,
  decode,
  encode,
  equalBytes,
  fixed,
  lp,
  optional,
  struct,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import type { KeyRing } from "./ports.ts";

const ticketCodec = struct({
  version: constant(1, "ticket version 1"),
  cid: fixed(32),
  epoch: uint,
  mayWrite: bool,
  /** The proven reader key, if reading was opened. */
  reader: optional(fixed(32)),
  until: uint,
});
export type Ticket = TypeOf<typeof ticketCodec>;

const MAC_BYTES = 32;

const macOf = (keyRing: KeyRing, named: Uint8Array): Uint8Array =>
  keyRing.ticketMac(lp("sotto/ticket/v1", keyRing.relayId, named));

export function ticketToBytes(keyRing: KeyRing, ticket: Omit<Ticket, "version">): Uint8Array {
  const named = encode(ticketCodec, { version: 1, ...ticket });
  return concat(macOf(keyRing, named), named);
}

/** What the ticket names, if this service made it and it has not expired. */
export function bytesToTicket(keyRing: KeyRing, bytes: Uint8Array, now: number): Ticket | undefined {
  const named = bytes.subarray(MAC_BYTES);
  if (!equalBytes(bytes.subarray(0, MAC_BYTES), macOf(keyRing, named))) return undefined;
  const decoded = decode(ticketCodec, named);
  return decoded.ok && now <= decoded.value.until ? decoded.value : undefined;
}

/** Names a connection: a relay, by address and key, and a circuit. */
import { toHex } from "@sotto/protocol";
import type { Circuit } from "../ports.ts";

export type LineId = string;

/** A relay whose key is not known yet is trusted at its first greeting. */
export type RelayAddress = { readonly url: string; readonly relayId: Uint8Array | undefined };

export const lineId = (relay: RelayAddress, circuit: Circuit): LineId =>
  `${circuit}|${relay.relayId === undefined ? "" : toHex(relay.relayId)}|${relay.url}`;

export const circuitOf = (id: LineId): Circuit => id.slice(0, id.indexOf("|"));

/**
 * A guardian without a server: an envelope in, an envelope out. Who asks is proven in the files beside this one, what
 * follows is decided in decisions.ts, and it is durable before anybody is answered. Spec: spec/guardian.md.
 */
import { openRequest } from "@sotto/oprf";
import {
  decode,
  encode,
  guardianAnswerCodec,
  guardianRequestCodec,
  unreachable,
  type GuardianAnswer,
  type GuardianRequest,
  type Result,
} from "@sotto/protocol";
import { refused } from "./answers.ts";
import { createManaging } from "./managing.ts";
import { Nonces } from "./nonces.ts";
import { createPeerSide } from "./peer-side.ts";
import type { GuardianPorts, StoreFailure } from "./ports.ts";
import { Records } from "./records.ts";
import { createRegistering } from "./registering.ts";
import { createUnlocking } from "./unlocking.ts";

/** What burns, and what other guardians wait for, waits for nobody (GD24). */
const ANSWERED_AT_START: ReadonlySet<GuardianRequest["kind"]> = new Set([
  "wipe",
  "kill",
  "wiped",
  "tombstones",
]);

export interface Guardian {
  /** Undefined for what was not sealed to this guardian. */
  answer(envelope: Uint8Array): Promise<Uint8Array | undefined>;
  /** Wipes the record that listens to the token of this hash: another guardian has it among its tombstones (GD24). */
  heedTombstone(hash: Uint8Array): Promise<Result<void, StoreFailure>>;
}

export function createGuardian(ports: GuardianPorts): Guardian {
  const { store, keys, clock, random } = ports;
  const nonces = new Nonces(clock, random);
  const records = new Records(store);
  const register = createRegistering(ports, records);
  const { evaluateFor, open } = createUnlocking(ports, records, nonces);
  const { manage, wipe } = createManaging(ports, records, nonces);
  const peerSide = createPeerSide(ports, records);

  async function decideRequest(request: GuardianRequest, arrivedAt: number): Promise<GuardianAnswer> {
    if (ports.isCatchingUp?.() === true && !ANSWERED_AT_START.has(request.kind)) return refused("starting");
    switch (request.kind) {
      case "hello":
        return { kind: "challenge", nonce: nonces.give(request.rid) };
      case "eval":
        return records.inTurn(request.rid, () => evaluateFor(request));
      case "open":
        return open(request, arrivedAt);
      case "register":
        return register(request);
      case "rearm":
      case "rotate":
      case "setSlot":
      case "setWipe":
        return records.inTurn(request.rid, () => manage(request));
      case "wipe":
        return records.inTurn(request.rid, () => wipe(request));
      case "kill":
        return peerSide.kill(request);
      case "wiped":
        return peerSide.wiped(request);
      case "tombstones":
        return peerSide.tombstones(request);
      default:
        return unreachable(request);
    }
  }

  return {
    heedTombstone: (hash) => peerSide.wipeByToken(hash),
    async answer(envelope) {
      const arrivedAt = ports.clock();
      const opened = await openRequest({ gid: keys.gid, seed: keys.envelopeSeed }, envelope);
      if (!opened) return undefined;
      const request = decode(guardianRequestCodec, opened.message);
      const answer = request.ok ? await decideRequest(request.value, arrivedAt) : refused("malformed");
      opened.message.fill(0); // what was decoded are views of it, and a registration has secrets
      return opened.sealAnswer(encode(guardianAnswerCodec, answer));
    },
  };
}

/** What a manager changes, and what wipes a record. Spec: spec/guardian.md, GD11 to GD15. */
import { bytesToElement } from "@sotto/oprf";
import {
  equalBytes,
  goneBytes,
  rearmBytes,
  rotateBytes,
  setSlotBytes,
  setWipeBytes,
  wipeBytes,
  type GuardianAnswer,
} from "@sotto/protocol";
import { isSignedBy } from "@sotto/verify";
import { DENIED, refused, type RequestOf } from "./answers.ts";
import { rearm, rotate, setSlot, setWipe } from "./decisions.ts";
import type { Nonces } from "./nonces.ts";
import type { GuardianPorts } from "./ports.ts";
import type { GuardianRecord } from "./record.ts";
import type { Records } from "./records.ts";

type Managed = RequestOf<"rearm"> | RequestOf<"rotate"> | RequestOf<"setSlot"> | RequestOf<"setWipe">;

export function createManaging({ store, keys, random }: GuardianPorts, records: Records, nonces: Nonces) {
  const { gid } = keys;

  async function manage(request: Managed): Promise<GuardianAnswer> {
    const { rid, nonce, manager, signature } = request;
    const isFresh = nonces.take(rid, nonce);
    const record = await records.load(rid);
    const scope = record?.registration.managers.find(({ key }) => equalBytes(key, manager))?.scope;
    if (!record || !isFresh || scope === undefined) return DENIED;
    if (!isSignedBy(manager, managedBytes(gid, request), signature)) return DENIED;
    const next = managed(record, scope, request);
    return next ? records.save(next, [], (counter) => ({ kind: "done", counter })) : DENIED;
  }

  function managed(record: GuardianRecord, scope: number, request: Managed): GuardianRecord | undefined {
    switch (request.kind) {
      case "rearm":
        return rearm(record, scope);
      case "rotate":
        return rotate(record, request.deviceKey);
      case "setSlot":
        return bytesToElement(request.element).ok ? setSlot(record, scope, request, random) : undefined;
      case "setWipe":
        return setWipe(record, scope, request.wipeKey);
    }
  }

  /** A name that was wiped before is answered again: whoever wipes must be able to be sure. */
  async function wipe({ rid, signature }: RequestOf<"wipe">): Promise<GuardianAnswer> {
    const gone: GuardianAnswer = { kind: "gone", receipt: keys.sign(goneBytes({ gid, rid })) };
    if (!(await store.isWiped(rid))) {
      const record = await records.load(rid);
      if (!record || !isSignedBy(record.registration.wipeKey, wipeBytes({ gid, rid }), signature))
        return DENIED;
    }
    const wiped = await store.wipe(rid);
    return wiped.ok ? gone : refused("storageFull");
  }

  return { manage, wipe };
}

function managedBytes(gid: Uint8Array, request: Managed): Uint8Array {
  const place = { gid, rid: request.rid };
  switch (request.kind) {
    case "rearm":
      return rearmBytes(place, request.nonce);
    case "rotate":
      return rotateBytes(place, request.nonce, request.deviceKey);
    case "setSlot":
      return setSlotBytes(place, request.nonce, request);
    case "setWipe":
      return setWipeBytes(place, request.nonce, request.wipeKey);
  }
}

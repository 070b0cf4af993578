/**
 * A guardian without a server: an envelope in, an envelope out. Who asks is proven here, what follows is decided in
 * decisions.ts, and it is durable before anybody is answered. Spec: spec/guardian.md.
 */
import {
  bytesToElement,
  bytesToScalar,
  evaluate,
  isLinked,
  openRequest,
  publicShare,
  type Element,
  type Scalar,
} from "@sotto/oprf";
import {
  decode,
  encode,
  equalBytes,
  err,
  evalBytes,
  goneBytes,
  guardianAnswerCodec,
  guardianRequestCodec,
  ok,
  rearmBytes,
  registeredBytes,
  rotateBytes,
  setSlotBytes,
  setWipeBytes,
  SLOTS,
  toHex,
  unreachable,
  wipeBytes,
  type GuardianAnswer,
  type GuardianRequest,
  type Result,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import {
  answeredBefore,
  chargeTry,
  kill,
  openSession,
  rearm,
  rotate,
  sessionOf,
  setSlot,
  setWipe,
  waitOf,
  type Kill,
} from "./decisions.ts";
import { OPEN_ANSWER_MS } from "./limits.ts";
import { Nonces } from "./nonces.ts";
import type { GuardianPorts } from "./ports.ts";
import { bytesToRecord, recordOf, recordToBytes, type GuardianRecord } from "./record.ts";

type Of<Kind extends GuardianRequest["kind"]> = Extract<GuardianRequest, { kind: Kind }>;
type Managed = Of<"rearm"> | Of<"rotate"> | Of<"setSlot"> | Of<"setWipe">;

const refused = (code: Extract<GuardianAnswer, { kind: "refused" }>["code"], detail = 0): GuardianAnswer => ({
  kind: "refused",
  code,
  detail,
});
const DENIED = refused("denied");

export interface Guardian {
  /** Undefined for what was not sealed to this guardian. */
  answer(envelope: Uint8Array): Promise<Uint8Array | undefined>;
}

export function createGuardian(ports: GuardianPorts): Guardian {
  const { store, keys, admission, clock, random } = ports;
  const { gid } = keys;
  const nonces = new Nonces(clock, random);
  /** One request about a record at a time: each decides on what the last one left. */
  const turns = new Map<string, Promise<unknown>>();

  async function inTurn<T>(rid: Uint8Array, task: () => Promise<T>): Promise<T> {
    const name = toHex(rid);
    const turn = (turns.get(name) ?? Promise.resolve()).then(task, task);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (turns.get(name) === settled) turns.delete(name);
      });
    turns.set(name, settled);
    return turn;
  }

  async function load(rid: Uint8Array): Promise<GuardianRecord | undefined> {
    const bytes = await store.read(rid);
    const record = bytes && bytesToRecord(bytes);
    bytes?.fill(0);
    return record?.ok === true ? record.value : undefined;
  }

  /** What is answered once this is durable. */
  async function save(
    record: GuardianRecord,
    kills: readonly Kill[],
    answer: (counter: number) => GuardianAnswer,
  ): Promise<GuardianAnswer> {
    const { rid } = record.registration;
    const bytes = recordToBytes(record);
    const written = await store.write(rid, bytes, kills);
    bytes.fill(0);
    return written.ok ? answer(record.counter) : refused("storageFull");
  }

  function decideRequest(request: GuardianRequest): Promise<GuardianAnswer> {
    switch (request.kind) {
      case "hello":
        return Promise.resolve({ kind: "challenge", nonce: nonces.give(request.rid) });
      case "eval":
        return inTurn(request.rid, () => evaluateFor(request));
      case "open":
        return open(request);
      case "register":
        return inTurn(request.registration.rid, () => register(request));
      case "rearm":
      case "rotate":
      case "setSlot":
      case "setWipe":
        return inTurn(request.rid, () => manage(request));
      case "wipe":
        return inTurn(request.rid, () => wipe(request));
      case "kill":
        return passKill(request);
      default:
        return unreachable(request);
    }
  }

  async function register({ registration }: Of<"register">): Promise<GuardianAnswer> {
    const { rid, publicShare, deviceKey } = registration;
    const isSound = isRegistrationSound(registration);
    if (!isSound || (await store.isWiped(rid)) || (await store.read(rid)) !== undefined) return DENIED;
    if (!(await admission.spend(registration.admission))) return DENIED;
    const receipt = keys.sign(registeredBytes({ gid, rid }, publicShare, deviceKey));
    return save(recordOf(registration), [], () => ({ kind: "registered", receipt }));
  }

  async function evaluateFor({ rid, nonce, element, signature }: Of<"eval">): Promise<GuardianAnswer> {
    const isFresh = nonces.take(rid, nonce);
    const record = await load(rid);
    if (!record || !isFresh || !bytesToElement(element).ok) return DENIED;
    const { deviceKey, share, publicShare } = record.registration;
    if (!isSignedBy(deviceKey, evalBytes({ gid, rid }, nonce, element), signature)) return DENIED;
    const wait = waitOf(record, clock());
    if (wait > 0) return refused("wait", wait);
    const charged = chargeTry(record, element, { now: clock(), random });
    const scalar = bytesToScalar(share);
    if (!scalar.ok) return DENIED;
    return save(charged.record, [], (counter) => {
      const evaluation = evaluate({ share: scalar.value, publicShare }, element, random);
      return evaluation.ok ? { kind: "evaluated", sid: charged.sid, ...evaluation.value, counter } : DENIED;
    });
  }

  /** Answered at a fixed time, whatever it did (GD7). */
  async function open(request: Of<"open">): Promise<GuardianAnswer> {
    const due = clock() + OPEN_ANSWER_MS;
    const answer = await inTurn(request.rid, () => openNow(request));
    await ports.until(due);
    return answer;
  }

  async function openNow(request: Of<"open">): Promise<GuardianAnswer> {
    const { rid, sid } = request;
    const proof = proofOf(request);
    const record = await load(rid);
    const session = record && sessionOf(record, sid, clock());
    if (!record || !session || !proof.ok) return DENIED;
    const openHash = sha256(encode(guardianRequestCodec, request));
    const before = answeredBefore(session, openHash);
    if (before === "another") return DENIED;
    if (before) return { kind: "opened", sealedShare: before, counter: record.counter };
    const hits = record.registration.slots.map(({ element: slot }) =>
      isLinked({ gid, rid, sid }, { slot, blinded: session.blinded }, proof.value),
    );
    const found = hits.indexOf(true);
    const hit = found === -1 ? undefined : found;
    const opened = openSession(record, session, { openHash, hit }, { now: clock(), random });
    return save(opened.record, opened.kills, (counter) => ({
      kind: "opened",
      sealedShare: opened.answer,
      counter,
    }));
  }

  async function manage(request: Managed): Promise<GuardianAnswer> {
    const { rid, nonce, manager, signature } = request;
    const isFresh = nonces.take(rid, nonce);
    const record = await load(rid);
    const scope = record?.registration.managers.find(({ key }) => equalBytes(key, manager))?.scope;
    if (!record || !isFresh || scope === undefined) return DENIED;
    if (!isSignedBy(manager, managedBytes(gid, request), signature)) return DENIED;
    const next = managed(record, scope, request);
    return next ? save(next, [], (counter) => ({ kind: "done", counter })) : DENIED;
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
  async function wipe({ rid, signature }: Of<"wipe">): Promise<GuardianAnswer> {
    const gone: GuardianAnswer = { kind: "gone", receipt: keys.sign(goneBytes({ gid, rid })) };
    if (await store.isWiped(rid)) return gone;
    const record = await load(rid);
    if (!record || !isSignedBy(record.registration.wipeKey, wipeBytes({ gid, rid }), signature))
      return DENIED;
    const wiped = await store.wipe(rid);
    return wiped.ok ? gone : refused("storageFull");
  }

  /** Every message is answered alike (GD21). */
  async function passKill({ kid, token }: Of<"kill">): Promise<GuardianAnswer> {
    const done: GuardianAnswer = { kind: "done", counter: 0 };
    const rid = await store.ridOfKill(kid);
    if (!rid) return done;
    return inTurn(rid, async () => {
      const record = await load(rid);
      const known = record?.registration.killIn.find((one) => equalBytes(one.kid, kid));
      if (!record || !known || !equalBytes(known.tokenHash, sha256(token))) return done;
      const killed = kill(record, known.mask, random);
      return save(killed.record, killed.kills, () => done);
    });
  }

  return {
    async answer(envelope) {
      const opened = await openRequest({ gid, seed: keys.envelopeSeed }, envelope);
      if (!opened) return undefined;
      const request = decode(guardianRequestCodec, opened.message);
      const answer = request.ok ? await decideRequest(request.value) : refused("malformed");
      opened.message.fill(0); // what was decoded are views of it, and a registration has secrets
      return opened.sealAnswer(encode(guardianAnswerCodec, answer));
    },
  };
}

const isRegistrationSound = ({
  slots,
  managers,
  share,
  publicShare,
}: Of<"register">["registration"]): boolean =>
  slots.length === SLOTS &&
  managers.length === SLOTS &&
  slots.filter(({ killMask }) => killMask !== 0).length === 1 &&
  slots.every(({ element }) => bytesToElement(element).ok) &&
  isShareOf(publicShare, share);

function isShareOf(publicBytes: Uint8Array, share: Uint8Array): boolean {
  const scalar = bytesToScalar(share);
  return scalar.ok && equalBytes(publicShare(scalar.value), publicBytes);
}

function proofOf(request: Of<"open">): Result<{ commitment: Element; response: Scalar }, "malformed"> {
  const commitment = bytesToElement(request.commitment);
  const response = bytesToScalar(request.response);
  if (!commitment.ok || !response.ok) return err("malformed");
  return ok({ commitment: commitment.value, response: response.value });
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

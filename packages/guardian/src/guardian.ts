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
  unreachable,
  wipeBytes,
  type GuardianAddress,
  type GuardianAnswer,
  type GuardianRequest,
  type Registration,
  type Result,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { DENIED, refused } from "./answers.ts";
import {
  answeredBefore,
  chargeTry,
  openSession,
  rearm,
  redated,
  rotate,
  sessionOf,
  setSlot,
  setWipe,
  waitOf,
} from "./decisions.ts";
import { OPEN_ANSWER_MS, RECORDS_MAX, REGISTRATIONS } from "./limits.ts";
import { messagesOf } from "./messages.ts";
import { Nonces } from "./nonces.ts";
import { createPeerSide } from "./peer-side.ts";
import type { GuardianLimits, GuardianPorts, StoreFailure } from "./ports.ts";
import { recordOf, recordToBytes, type GuardianRecord } from "./record.ts";
import { Records } from "./records.ts";
import { TokenBucket } from "./token-bucket.ts";

type Of<Kind extends GuardianRequest["kind"]> = Extract<GuardianRequest, { kind: Kind }>;
/** What burns, and what other guardians wait for, waits for nobody (GD24). */
const ANSWERED_AT_START: ReadonlySet<GuardianRequest["kind"]> = new Set([
  "wipe",
  "kill",
  "wiped",
  "tombstones",
]);
/** The name under which registrations wait for one another. */
const ALL_REGISTRATIONS = new Uint8Array(0);
type Managed = Of<"rearm"> | Of<"rotate"> | Of<"setSlot"> | Of<"setWipe">;

export interface Guardian {
  /** Undefined for what was not sealed to this guardian. */
  answer(envelope: Uint8Array): Promise<Uint8Array | undefined>;
  /** Wipes the record that listens to the token of this hash: another guardian has it among its tombstones (GD24). */
  heedTombstone(hash: Uint8Array): Promise<Result<void, StoreFailure>>;
}

export function createGuardian(ports: GuardianPorts): Guardian {
  const { store, keys, admission, clock, random, peers } = ports;
  const { gid } = keys;
  const limits: GuardianLimits = { records: RECORDS_MAX, registrations: REGISTRATIONS, ...ports.limits };
  const nonces = new Nonces(clock, random);
  const registrations = new TokenBucket(clock, limits.registrations);
  const records = new Records(store);
  const peerSide = createPeerSide(ports, records);

  async function decideRequest(request: GuardianRequest): Promise<GuardianAnswer> {
    if (ports.isCatchingUp?.() === true && !ANSWERED_AT_START.has(request.kind)) return refused("starting");
    switch (request.kind) {
      case "hello":
        return { kind: "challenge", nonce: nonces.give(request.rid) };
      case "eval":
        return records.inTurn(request.rid, () => evaluateFor(request));
      case "open":
        return open(request);
      case "register":
        // One at a time, so that their number is what was counted.
        return records.inTurn(ALL_REGISTRATIONS, () =>
          records.inTurn(request.registration.rid, () => register(request)),
        );
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

  /** GD18, GD19, GD1: what was told before is told again, as long as nothing else has happened. */
  async function register({ registration }: Of<"register">): Promise<GuardianAnswer> {
    const { rid, publicShare, deviceKey, killOut } = registration;
    const receipt = keys.sign(registeredBytes({ gid, rid }, publicShare, deviceKey));
    const registered: GuardianAnswer = { kind: "registered", receipt };
    const held = await store.read(rid);
    if (held) return isAsRegistered(held, registration) ? registered : DENIED;
    if (!isRegistrationSound(registration) || (await store.isWiped(rid))) return DENIED;
    if (!killOut.every((to) => peers.some((peer) => isSamePeer(peer, to)))) return refused("unknownPeer");
    if ((await store.count()) >= limits.records) return refused("storageFull");
    const wait = registrations.take();
    if (wait > 0) return refused("wait", wait);
    if (!(await admission.spend(registration.admission))) return DENIED;
    return records.save(recordOf(registration), [], () => registered);
  }

  async function evaluateFor({ rid, nonce, element, signature }: Of<"eval">): Promise<GuardianAnswer> {
    const isFresh = nonces.take(rid, nonce);
    const record = await records.load(rid);
    if (!record || !isFresh || !bytesToElement(element).ok) return DENIED;
    const { deviceKey, share, publicShare } = record.registration;
    if (!isSignedBy(deviceKey, evalBytes({ gid, rid }, nonce, element), signature)) return DENIED;
    const wait = waitOf(record, clock());
    if (wait > 0) {
      const dated = redated(record, clock());
      return dated ? records.save(dated, [], () => refused("wait", wait)) : refused("wait", wait);
    }
    const charged = chargeTry(record, element, { now: clock(), random });
    const scalar = bytesToScalar(share);
    if (!scalar.ok) return DENIED;
    return records.save(charged.record, [], (counter) => {
      const evaluation = evaluate({ share: scalar.value, publicShare }, element, random);
      return evaluation.ok ? { kind: "evaluated", sid: charged.sid, ...evaluation.value, counter } : DENIED;
    });
  }

  /** Answered at a fixed time, whatever it did (GD7). */
  async function open(request: Of<"open">): Promise<GuardianAnswer> {
    const due = clock() + OPEN_ANSWER_MS;
    const answer = await records.inTurn(request.rid, () => openNow(request));
    await ports.until(due);
    return answer;
  }

  async function openNow(request: Of<"open">): Promise<GuardianAnswer> {
    const { rid, sid } = request;
    const proof = proofOf(request);
    const record = await records.load(rid);
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
    return records.save(opened.record, messagesOf(opened.record, { passedOn: false }), (counter) => ({
      kind: "opened",
      sealedShare: opened.answer,
      counter,
    }));
  }

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
  async function wipe({ rid, signature }: Of<"wipe">): Promise<GuardianAnswer> {
    const gone: GuardianAnswer = { kind: "gone", receipt: keys.sign(goneBytes({ gid, rid })) };
    if (!(await store.isWiped(rid))) {
      const record = await records.load(rid);
      if (!record || !isSignedBy(record.registration.wipeKey, wipeBytes({ gid, rid }), signature))
        return DENIED;
    }
    const wiped = await store.wipe(rid);
    return wiped.ok ? gone : refused("storageFull");
  }

  return {
    heedTombstone: (hash) => peerSide.wipeByToken(hash),
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

/** Byte for byte the record that this registration made. */
function isAsRegistered(held: Uint8Array, registration: Registration): boolean {
  const made = recordToBytes(recordOf(registration));
  const isSame = equalBytes(held, made);
  for (const bytes of [held, made]) bytes.fill(0);
  return isSame;
}

const isSamePeer = (peer: GuardianAddress, to: Registration["killOut"][number]): boolean =>
  equalBytes(peer.gid, to.gid) && equalBytes(peer.gx, to.gx);

const isRegistrationSound = ({ slots, managers, share, publicShare }: Registration): boolean =>
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

/** EVAL and OPEN: a try is charged, and a slot is given out. Spec: spec/guardian.md, GD3 to GD10. */
import { bytesToElement, bytesToScalar, evaluate, isLinked, type Element, type Scalar } from "@sotto/oprf";
import {
  encode,
  err,
  evalBytes,
  guardianRequestCodec,
  ok,
  type GuardianAnswer,
  type Result,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { DENIED, refused, type RequestOf } from "./answers.ts";
import { answeredBefore, chargeTry, openSession, redated, sessionOf, waitOf } from "./decisions.ts";
import { OPEN_ANSWER_MS } from "./limits.ts";
import { messagesOf } from "./messages.ts";
import type { Nonces } from "./nonces.ts";
import type { GuardianPorts } from "./ports.ts";
import type { Records } from "./records.ts";

export function createUnlocking(ports: GuardianPorts, records: Records, nonces: Nonces) {
  const { clock, random } = ports;
  const { gid } = ports.keys;

  async function evaluateFor({ rid, nonce, element, signature }: RequestOf<"eval">): Promise<GuardianAnswer> {
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
  async function open(request: RequestOf<"open">, arrivedAt: number): Promise<GuardianAnswer> {
    const due = arrivedAt + OPEN_ANSWER_MS;
    const answer = await records.inTurn(request.rid, () => openNow(request));
    await ports.until(due);
    return answer;
  }

  async function openNow(request: RequestOf<"open">): Promise<GuardianAnswer> {
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

  return { evaluateFor, open };
}

function proofOf(request: RequestOf<"open">): Result<{ commitment: Element; response: Scalar }, "malformed"> {
  const commitment = bytesToElement(request.commitment);
  const response = bytesToScalar(request.response);
  if (!commitment.ok || !response.ok) return err("malformed");
  return ok({ commitment: commitment.value, response: response.value });
}

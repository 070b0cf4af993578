/** One guardian asks another, over HTTP. Spec: spec/guardian.md, "Between guardians". */
import { sealRequest } from "@sotto/oprf";
import {
  decode,
  encode,
  guardianAnswerCodec,
  guardianRequestCodec,
  type GuardianAddress,
  type GuardianAnswer,
  type GuardianRequest,
} from "@sotto/protocol";
import { postEnvelope } from "./http.ts";

/** Undefined where nothing came back that this guardian sealed for this request. */
export async function askPeer(
  peer: GuardianAddress,
  request: GuardianRequest,
  stop: AbortSignal,
): Promise<GuardianAnswer | undefined> {
  const sealed = await sealRequest(peer, encode(guardianRequestCodec, request), "ordinary");
  const envelope = sealed && (await postEnvelope(peer.url, sealed.envelope, stop));
  const opened = envelope && sealed.openAnswer(envelope);
  const answer = opened && decode(guardianAnswerCodec, opened);
  return answer?.ok === true ? answer.value : undefined;
}

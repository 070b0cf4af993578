/**
 * The two requests that come with every message, read without the general codec. What does not fit exactly is left to
 * the codec, which says what is wrong with it. request-bytes.test.ts compares the two. Spec: spec/wire.md.
 */
import { BODY_BYTES_MAX, RUNGS, WIRE_VERSION, type Request } from "@sotto/protocol";

const APPEND_TAG = 6;
const ACK_TAG = 9;
const ACK_BYTES = 18;
const APPEND_FIXED_BYTES = 32;
const COMMITMENT_BYTES = 32;

export type HotRequest = {
  readonly number: number;
  readonly body: Extract<Request, { kind: "append" | "ack" }>;
};

const u32At = (frame: Uint8Array, at: number): number =>
  (frame[at] ?? 0) * 2 ** 24 +
  (((frame[at + 1] ?? 0) << 16) | ((frame[at + 2] ?? 0) << 8) | (frame[at + 3] ?? 0));

/** Views of `frame`, not copies. */
export function readHotRequest(frame: Uint8Array): HotRequest | undefined {
  if (frame[0] !== WIRE_VERSION) return undefined;
  if (frame[5] === APPEND_TAG) return readAppend(frame);
  return frame[5] === ACK_TAG ? readAck(frame) : undefined;
}

function readAck(frame: Uint8Array): HotRequest | undefined {
  const through = u32At(frame, 10) * 2 ** 32 + u32At(frame, 14);
  if (frame.length !== ACK_BYTES || !Number.isSafeInteger(through)) return undefined;
  return { number: u32At(frame, 1), body: { kind: "ack", handle: u32At(frame, 6), through } };
}

function readAppend(frame: Uint8Array): HotRequest | undefined {
  const rung = RUNGS[(frame[26] ?? 0) - 1];
  const hasCommitment = frame[27];
  if (frame.length < APPEND_FIXED_BYTES || rung === undefined || hasCommitment === undefined)
    return undefined;
  if (hasCommitment > 1) return undefined;
  const lengthAt = 28 + hasCommitment * COMMITMENT_BYTES;
  const bodyAt = lengthAt + 4;
  const length = u32At(frame, lengthAt);
  if (frame.length !== bodyAt + length || length > BODY_BYTES_MAX) return undefined;
  return {
    number: u32At(frame, 1),
    body: {
      kind: "append",
      handle: u32At(frame, 6),
      messageId: frame.subarray(10, 26),
      rung,
      commitment: hasCommitment === 1 ? frame.subarray(28, lengthAt) : undefined,
      body: frame.subarray(bodyAt),
    },
  };
}

/**
 * How large what goes to a guardian and comes back is: all that whoever carries it gets to know. What is in it is sealed by
 * @sotto/oprf. Spec: spec/guardian.md, "Envelope".
 */
const VERSION_BYTES = 1;
const TAG_BYTES = 16;
/** The X25519 key that HPKE sends along. */
export const ENVELOPE_ENC_BYTES = 32;

/** Bytes of a padded request: an ordinary one, and a registration. */
export const REQUEST_SIZES = { ordinary: 512, registration: 4_096 } as const;
export type RequestSize = keyof typeof REQUEST_SIZES;
export const ANSWER_BYTES = 256;
export const requestEnvelopeBytes = (size: RequestSize): number =>
  VERSION_BYTES + ENVELOPE_ENC_BYTES + REQUEST_SIZES[size] + TAG_BYTES;
export const ANSWER_ENVELOPE_BYTES = VERSION_BYTES + ANSWER_BYTES + TAG_BYTES;

/** Undefined for what is no request. */
export const requestSizeOf = ({ length }: Uint8Array): RequestSize | undefined => {
  if (length === requestEnvelopeBytes("ordinary")) return "ordinary";
  return length === requestEnvelopeBytes("registration") ? "registration" : undefined;
};

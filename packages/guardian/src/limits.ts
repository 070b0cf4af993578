/** What one guardian gives to one device. Spec: spec/guardian.md. */

/** Records of one guardian: a gigabyte of disk. */
export const RECORDS_MAX = 100_000;
/** Registrations, whoever asks: at once, and then one in ten seconds. A guardian knows no addresses to count by. */
export const REGISTRATIONS = { burst: 60, everyMs: 10_000 };

/** How long a nonce from HELLO is good, and how many are good at a time. */
export const NONCE_KEPT_MS = 60_000;
export const NONCES_MAX = 100_000;
/** How long after its EVAL a session may be opened, or an OPEN repeated. */
export const SESSION_KEPT_MS = 86_400_000;
/** Sessions a record remembers: more than the tries that can follow one another without a hit. */
export const SESSIONS_MAX = 16;
/** When an OPEN is answered, counted from its arrival, whatever it did. */
export const OPEN_ANSWER_MS = 250;

const MINUTE_MS = 60_000;
/** How long the next EVAL waits, by how many came since the last hit. */
export const TRY_DELAYS_MS: readonly number[] = [
  0,
  0,
  0,
  0,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  60 * MINUTE_MS,
  6 * 60 * MINUTE_MS,
  24 * 60 * MINUTE_MS,
];

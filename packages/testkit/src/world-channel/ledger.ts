/**
 * What everybody in a channel world was told, kept side by side: the relay's answers and what each reader read. It
 * notes a violation the moment two of them cannot both be true. Spec: spec/simulation.md, "The channel world".
 */
import type { Rung } from "@sotto/protocol";

export type Violation = { readonly rule: string; readonly what: string };

export type Place = {
  readonly seq: number;
  readonly epoch: number;
  readonly was: "message" | "commit";
  /** Hexadecimal; of a Commit the empty text. */
  readonly messageId: string;
  /** Hexadecimal. */
  readonly contentHash: string;
  readonly head: string;
};
type Queued = { readonly contentHash: string; readonly rung: Rung };
type Answer = { readonly seq: number; readonly head: string };

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger() {
  const violations: Violation[] = [];
  const queued = new Map<string, Queued>();
  const promised = new Set<string>();
  const offered = new Set<string>();
  const accepted = new Map<string, Answer>();
  const committed = new Map<number, Answer & { contentHash: string }>();
  const places = new Map<number, Place>();
  const placeOfMessage = new Map<string, number>();
  const endOfEpoch = new Map<number, number>();

  const violate = (rule: string, what: string): void => void violations.push({ rule, what });

  function checkAnswer(answer: Answer): void {
    const place = places.get(answer.seq);
    if (place !== undefined && place.head !== answer.head)
      violate("SM12", `the relay answered for ${answer.seq}, and readers find something else there`);
  }

  function checkMessage(place: Place): void {
    const known = placeOfMessage.get(place.messageId);
    if (known !== undefined && known !== place.seq)
      violate("SM11", `one message at ${known} and at ${place.seq}`);
    placeOfMessage.set(place.messageId, place.seq);
    const sent = queued.get(place.messageId);
    if (sent === undefined) return violate("SM14", `nobody wrote the message at ${place.seq}`);
    if (sent.contentHash !== place.contentHash) violate("SM14", `the message at ${place.seq} was altered`);
    if (!offered.has(`${place.epoch} ${place.messageId}`))
      violate("SM13", `the message at ${place.seq} was not written for epoch ${place.epoch}`);
    const answer = accepted.get(place.messageId);
    if (answer !== undefined && (answer.seq !== place.seq || answer.head !== place.head))
      violate("SM12", `accepted as ${answer.seq}, read as ${place.seq}`);
  }

  function checkEpoch(place: Place): void {
    const end = endOfEpoch.get(place.epoch);
    if (place.was === "commit" && end !== undefined && end !== place.seq)
      violate("SM13", `epoch ${place.epoch} ends at ${end} and at ${place.seq}`);
    if (end !== undefined && place.seq > end)
      violate("SM13", `an entry of epoch ${place.epoch} at ${place.seq}, after its end`);
    if (place.was === "commit") endOfEpoch.set(place.epoch, place.seq);
  }

  return {
    violations,
    violate,
    queued: (messageId: string, one: Queued): void => void queued.set(messageId, one),
    accepted(messageId: string, answer: Answer): void {
      const before = accepted.get(messageId);
      if (before !== undefined && (before.seq !== answer.seq || before.head !== answer.head))
        violate("SM11", `one message accepted as ${before.seq} and as ${answer.seq}`);
      accepted.set(messageId, answer);
      checkAnswer(answer);
    },
    committed(epoch: number, contentHash: string, answer: Answer): void {
      const before = committed.get(epoch);
      if (before !== undefined && before.contentHash !== contentHash)
        violate("SM13", `two Commits accepted for epoch ${epoch}`);
      committed.set(epoch, { ...answer, contentHash });
      checkAnswer(answer);
    },
    read(place: Place): void {
      const before = places.get(place.seq);
      if (before !== undefined && before.head !== place.head)
        return violate("SM10", `two readers find different entries at ${place.seq}`);
      if (before !== undefined) return;
      places.set(place.seq, place);
      if (place.was === "message") checkMessage(place);
      checkEpoch(place);
    },
    /** It was sent to the relay, for this epoch. */
    offered: (messageId: string, epoch: number): void => void offered.add(`${epoch} ${messageId}`),
    /** The sender has it on its disk: from here on it must arrive. */
    promised: (messageId: string): void => void promised.add(messageId),
    placeCount: (): number => places.size,
    /** Promised and read by nobody. */
    missing: (): readonly string[] => [...promised].filter((messageId) => !placeOfMessage.has(messageId)),
  };
}

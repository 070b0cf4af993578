/**
 * What page and worker say to each other: the worker holds everything secret, the page shows views and asks.
 * Spec: spec/handset.md, "Page and worker".
 */
import type {
  Answer,
  Attaching,
  ConversationId,
  ConversationView,
  Intent,
  LockView,
  MemberView,
  MessageKey,
  NewSecret,
  Problem,
  Query,
  SafetyNumberView,
  SearchView,
  Spot,
  VaultView,
} from "@sotto/client";
import type { Result } from "@sotto/protocol";

/** Why no profile can be opened in this tab. Each has a page that says what to do. */
export type Obstacle =
  | "insecure-origin" // served over http from elsewhere than this machine
  | "second-tab" // another tab holds the container; goes away when that tab does
  | "unsupported" // the browser lacks something Sotto is built on
  | "no-storage" // the browser gives no lasting storage: a private window, a full disk
  | "newer-data" // the container was written by a later version
  | "damaged"; // bytes that were durable are gone or changed

export type DeviceView =
  | { readonly kind: "starting" }
  | { readonly kind: "blocked"; readonly why: Obstacle }
  /** A bug of ours. `detail` says where, in our own words: no identifier, no content. */
  | { readonly kind: "crashed"; readonly detail: string }
  /** No container yet: join. `isWiped`: there was one a moment ago. */
  | { readonly kind: "new"; readonly isWiped?: boolean }
  /** `lock` is undefined until the container was looked at. */
  | { readonly kind: "locked"; readonly lock: LockView | undefined }
  /** `done` is 0 to 1 where it is known. */
  | { readonly kind: "joining"; readonly done: number | undefined }
  | { readonly kind: "opening"; readonly lock: LockView | undefined }
  /** `vault` is undefined where a passphrase opens. */
  | { readonly kind: "open"; readonly member: MemberView; readonly vault: VaultView | undefined };

export type Joining = {
  readonly code: string;
  readonly name: string;
  readonly secret: NewSecret;
  /** The relay's address, as in an Endpoint. */
  readonly relayUrl: string;
  /** The account of this recovery kit is taken over: its text or its words, as they were typed. */
  readonly kit?: string;
};

/** What somebody who joins may choose between. */
export type UnlockChoice = {
  /** Undefined where no guardian is offered. */
  readonly pins:
    | { readonly guardians: number; readonly threshold: number; readonly isTrial: boolean }
    | undefined;
  readonly isPassphraseAllowed: boolean;
};

export type PinName = "real" | "decoy" | "duress";

/** A second profile: an account of its own. */
export type DecoyMaking = {
  readonly name: string;
  readonly code: string;
  readonly relayUrl: string;
  readonly decoyPin: string;
  readonly duressPin: string;
};

/** Why texts wipe nothing. */
export type WipeMistake = "notAShare" | "damaged" | "newer" | "different";

/** A file, and what goes with it. */
export type Attached = Omit<Attaching, "source"> & { readonly file: Blob };

/** Questions of the page, each answered once. */
export type Questions = {
  readonly join: { readonly asks: Joining; readonly answer: Result<void, Problem> };
  /** Takes the named example profile of a relay that was started with one. False: there is none, or no longer. */
  readonly "take-example": { readonly asks: string; readonly answer: boolean };
  /** Asks the relay. Undefined: it does not answer. */
  readonly "unlock-choice": { readonly asks: string; readonly answer: UnlockChoice | undefined };
  /** With the PIN or the passphrase. */
  readonly unlock: { readonly asks: string; readonly answer: Result<void, Problem> };
  readonly "change-passphrase": {
    readonly asks: { readonly from: string; readonly to: string };
    readonly answer: Result<void, Problem>;
  };
  readonly "change-pin": {
    readonly asks: { readonly name: PinName; readonly pin: string };
    readonly answer: Result<void, Problem>;
  };
  readonly "make-decoy": { readonly asks: DecoyMaking; readonly answer: Result<void, Problem> };
  /** So long without an unlock, and the device wipes itself. Undefined: never. */
  readonly "set-dead-man": { readonly asks: number | undefined; readonly answer: Result<void, Problem> };
  /** Three texts, any two of which wipe this device. */
  readonly "wipe-shares": { readonly asks: undefined; readonly answer: readonly string[] };
  /** This device, at once and for good. */
  readonly wipe: { readonly asks: undefined; readonly answer: undefined };
  /** Another device, by two of its texts. How many of its guardians have forgotten it, of how many. */
  readonly "wipe-other": {
    readonly asks: readonly string[];
    readonly answer: Result<{ readonly done: number; readonly of: number }, WipeMistake>;
  };
  readonly lock: { readonly asks: undefined; readonly answer: undefined };
  readonly ask: { readonly asks: Intent; readonly answer: Result<Answer, Problem> };
  readonly attach: { readonly asks: Attached; readonly answer: Result<Answer, Problem> };
  /** The same file once more. */
  readonly supply: {
    readonly asks: { readonly id: ConversationId; readonly key: MessageKey; readonly file: Blob };
    readonly answer: Result<Answer, Problem>;
  };
  /** `reading` is chosen by the page; pieces come under it before the answer. */
  readonly "read-file": {
    readonly asks: { readonly reading: number; readonly id: ConversationId; readonly key: MessageKey };
    readonly answer: Result<void, Problem>;
  };
  readonly "stop-reading": { readonly asks: number; readonly answer: undefined };
  /** `window` is chosen by the page and names this window in what follows. */
  readonly "open-conversation": {
    readonly asks: { readonly window: number; readonly id: ConversationId };
    readonly answer: boolean;
  };
  readonly "load-older": { readonly asks: number; readonly answer: undefined };
  readonly "load-newer": { readonly asks: number; readonly answer: undefined };
  readonly "go-to": {
    readonly asks: { readonly window: number; readonly spot: Spot };
    readonly answer: MessageKey | undefined;
  };
  readonly "close-conversation": { readonly asks: number; readonly answer: undefined };
  /** The page names it, as it does a window on a conversation. */
  readonly "open-search": { readonly asks: number; readonly answer: undefined };
  readonly find: {
    readonly asks: { readonly search: number; readonly query: Query };
    readonly answer: undefined;
  };
  readonly "find-more": { readonly asks: number; readonly answer: undefined };
  readonly "close-search": { readonly asks: number; readonly answer: undefined };
  readonly "safety-number": {
    readonly asks: ConversationId;
    readonly answer: SafetyNumberView | undefined;
  };
};
export type QuestionKind = keyof Questions;

export type ToWorker = {
  readonly [K in QuestionKind]: {
    readonly kind: K;
    readonly number: number;
    readonly asks: Questions[K]["asks"];
  };
}[QuestionKind];

export type ToPage =
  | { readonly kind: "view"; readonly view: DeviceView }
  | { readonly kind: "conversation"; readonly window: number; readonly view: ConversationView }
  | { readonly kind: "search"; readonly search: number; readonly view: SearchView }
  | {
      readonly kind: "piece";
      readonly reading: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly part: number;
    }
  | { readonly kind: "answer"; readonly number: number; readonly answer: unknown };

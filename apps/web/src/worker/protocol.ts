/**
 * What page and worker say to each other: the worker holds everything secret, the page shows views and asks.
 * Spec: spec/handset.md, "Page and worker".
 */
import type {
  Answer,
  ConversationId,
  ConversationView,
  Intent,
  MemberView,
  Problem,
  SafetyNumberView,
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
  /** No container yet: join. */
  | { readonly kind: "new" }
  | { readonly kind: "locked" }
  /** `done` is 0 to 1 where it is known. */
  | { readonly kind: "joining"; readonly done: number | undefined }
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly member: MemberView };

export type Joining = {
  readonly code: string;
  readonly name: string;
  readonly passphrase: string;
  /** The relay's address, as in an Endpoint. */
  readonly relayUrl: string;
};

/** Questions of the page, each answered once. */
export type Questions = {
  readonly join: { readonly asks: Joining; readonly answer: Result<void, Problem> };
  /** Takes the named example profile of a relay that was started with one. False: there is none, or no longer. */
  readonly "take-example": { readonly asks: string; readonly answer: boolean };
  readonly unlock: { readonly asks: string; readonly answer: Result<void, Problem> };
  readonly "change-passphrase": {
    readonly asks: { readonly from: string; readonly to: string };
    readonly answer: Result<void, Problem>;
  };
  readonly lock: { readonly asks: undefined; readonly answer: undefined };
  readonly ask: { readonly asks: Intent; readonly answer: Result<Answer, Problem> };
  /** `window` is chosen by the page and names this window in what follows. */
  readonly "open-conversation": {
    readonly asks: { readonly window: number; readonly id: ConversationId };
    readonly answer: boolean;
  };
  readonly "load-older": { readonly asks: number; readonly answer: undefined };
  readonly "close-conversation": { readonly asks: number; readonly answer: undefined };
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
  | { readonly kind: "answer"; readonly number: number; readonly answer: unknown };

/** The public face of a member's client. */
import type { Result } from "@sotto/protocol";
import type { Problem } from "./problems.ts";
import type { TakePiece } from "./file/read-file.ts";
import type { FileSource } from "./ports.ts";
import type {
  Answer,
  Attaching,
  ConversationId,
  ConversationView,
  Intent,
  MemberView,
  MessageKey,
  Query,
  SafetyNumberView,
  SearchView,
  Spot,
} from "./views.ts";

/**
 * A member's client over an opened profile: it dials, keeps in step with its relays, and shows views.
 * Views change only after what they show is durable.
 */
export interface Member {
  view(): MemberView;
  /** Calls back after every change of `view`, at most once per event handled. Returns the way to stop. */
  onView(show: (view: MemberView) => void): () => void;
  ask(intent: Intent): Promise<Result<Answer, Problem>>;
  /** Sends a file: the answer names its message, and the conversation shows how far it is. */
  attach(file: Attaching): Promise<Result<Answer, Problem>>;
  /** The same file once more, for a message whose problem is `file-needed`. */
  supply(id: ConversationId, key: MessageKey, source: FileSource): Promise<Result<Answer, Problem>>;
  /**
   * Reads a message's file from its first byte on, from this device or from the relay. Each piece is known to be what was
   * sent before `take` is given it; `false` from `take` ends the reading, which is then `ok`. `from`: a multiple of
   * CHUNK_BYTES, for whoever has the rest.
   */
  readFile(
    id: ConversationId,
    key: MessageKey,
    take: TakePiece,
    from?: number,
  ): Promise<Result<void, Problem>>;
  /** Opens a window on a conversation's newest messages and keeps it current until `close`. */
  openConversation(
    id: ConversationId,
    show: (view: ConversationView) => void,
  ): Promise<OpenConversation | undefined>;
  /** Searches what is kept, and keeps what it shows current until `close`. Undefined once the member was closed. */
  openSearch(show: (view: SearchView) => void): Promise<OpenSearch | undefined>;
  safetyNumber(id: ConversationId): SafetyNumberView | undefined;
  /**
   * Resolves once nothing is left to do: everything the relays have was read here, and everything written here is with
   * them. Not before every relay that is needed can be reached.
   */
  inStep(): Promise<void>;
  /** Resolves when no event is being handled and no crypto is under way: what a simulator awaits. */
  idle(): Promise<void>;
  /** Ends every line and forgets every key in memory. Nothing is lost: everything durable stays. */
  close(): Promise<void>;
}
export interface OpenConversation {
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  /**
   * Moves the window. Answers with what stands there, once it is shown: the key of a message or of a notice. Undefined:
   * it is gone, or there is nothing; then the window is on the newest.
   */
  goTo(spot: Spot): Promise<MessageKey | undefined>;
  close(): void;
}
export interface OpenSearch {
  /** Resolves once its answer is shown. */
  find(query: Query): Promise<void>;
  /** A page more of the same. */
  more(): Promise<void>;
  close(): void;
}

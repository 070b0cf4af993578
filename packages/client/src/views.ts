/**
 * Everything a screen shows, as plain data, and everything a person can ask for. The handset, the terminal client and
 * the tests read the same views. No view holds a key; identifiers are opaque to whoever shows them.
 */
import type { GroupRole, Picture, Policy } from "@sotto/protocol";
import type { FileSource } from "./ports.ts";
import type { Problem } from "./problems.ts";

/** Names a conversation in views and intents: the contact's account, or a group's own id, hexadecimal. */
export type ConversationId = string;
/** Names a person in views and intents: their account, hexadecimal. That of a contact is their conversation's id, too. */
export type PersonId = string;
/** Names a message in views and intents: its messageId, hexadecimal. */
export type MessageKey = string;

export type Reachability =
  | { readonly kind: "online" }
  | { readonly kind: "connecting" }
  | { readonly kind: "offline"; readonly since: number; readonly problem: Problem | undefined };

/** waiting: here only. sent: on the relay's disk. delivered: every device has acknowledged it (the relay says so). */
export type Mark = "waiting" | "sent" | "delivered" | "failed";

export type MessagePreview = {
  readonly text: string;
  /** Who wrote it, by name: in a group, of others. */
  readonly author: string | undefined;
  readonly time: number;
  readonly mine: boolean;
  readonly mark: Mark | undefined;
  readonly file?: FileView;
};

export type ConversationRow = {
  readonly id: ConversationId;
  /** The contact's own name, or the one this member gave. Never empty: falls back to a short form of the account. */
  readonly name: string;
  readonly isVerified: boolean;
  /** How many people are in the group; undefined in a conversation of two. */
  readonly members: number | undefined;
  readonly unread: number;
  readonly draft: string;
  readonly preview: MessagePreview | undefined;
  /**
   * setting-up: the contact has not been reached yet. broken: being made anew. over: this member has left the group, or
   * was removed; nothing more comes.
   */
  readonly state: "setting-up" | "ready" | "broken" | "over";
  /** Why the contact could not be reached: their link is refused, no token is left. */
  readonly problem: Problem | undefined;
  readonly changedAt: number;
};

/** Burn countdown: at `burnAt` (own clock, ms) the message is gone everywhere; `burnMs` is the whole time. */
export type Burn = {
  readonly burnAt: number;
  readonly burnMs: number;
  /** It burns so long after it is read, and until that is known at `burnAt` at the latest. Undefined where it does not. */
  readonly reading: { readonly afterMs: number; readonly at: number | undefined } | undefined;
};
/** For one message. reading: the contact's device tells the own one when that was. */
export type ChosenBurn = { readonly ms: number; readonly from: "sending" | "reading" };

export type Version = { readonly text: string; readonly time: number };
/** `author`: by name, in a group, of others. */
export type Reaction = {
  readonly emoji: string;
  readonly mine: boolean;
  readonly author: string | undefined;
};
/** Made anew from its original whenever it is shown: `text` is missing once that is gone. */
export type Quote = {
  readonly key: MessageKey;
  readonly mine: boolean;
  readonly author: string | undefined;
  readonly text: string | undefined;
  readonly file?: FileView;
};

/** A file that a message names. What its sender says of it is made harmless, and no more than that. */
export type FileView = {
  readonly bytes: number;
  readonly mediaType: string;
  /** Where its sender shows it. */
  readonly name: string | undefined;
  /** `thumbnail`: a small picture, or nothing. */
  readonly picture:
    | { readonly width: number; readonly height: number; readonly thumbnail: Uint8Array | undefined }
    | undefined;
  /** While an own one is on its way to the relay: which part of it is there, 0 to 1. */
  readonly sent: number | undefined;
};

/** Made anew from its message whenever it is shown. */
export type Pinned = {
  readonly key: MessageKey;
  readonly mine: boolean;
  readonly author: string | undefined;
  /** Empty for a file without a word. */
  readonly text: string;
};

export type MessageView = {
  readonly key: MessageKey;
  readonly mine: boolean;
  /** Who wrote it, by name: in a group, of others. */
  readonly author: string | undefined;
  /** When it was sent, by its sender's clock, never later than now. */
  readonly time: number;
  readonly mark: Mark | undefined;
  readonly problem: Problem | undefined;
  readonly burn: Burn | undefined;
  /** What it answers. */
  readonly quote: Quote | undefined;
  /** One of each person at most, the own one first. */
  readonly reactions: readonly Reaction[];
  /** An own edit, deletion or pin that is not at the relay yet. */
  readonly isChanging: boolean;
  /** Likewise an own reaction, or that it was taken back. */
  readonly isReacting: boolean;
  readonly isPinned: boolean;
  readonly content:
    /** `edits` are the versions before, oldest first. */
    | {
        readonly kind: "text";
        readonly text: string;
        readonly edits: readonly Version[];
        readonly file?: FileView;
        /** It came from another conversation, its author says; from which is not known. */
        readonly isForwarded?: true;
      }
    /** Its author deleted it for everyone. */
    | { readonly kind: "deleted" }
    /** Written by a newer version: kept, and shown after an update. */
    | { readonly kind: "unknown" }
    /** A line of ours in the conversation's flow. */
    | { readonly kind: "notice"; readonly notice: Notice };
};

export type Notice =
  | { readonly kind: "started" } // end-to-end encrypted from here on
  | { readonly kind: "contact-renamed"; readonly from: string; readonly to: string }
  | { readonly kind: "identity-changed" } // devices or keys of the contact changed: compare again
  | { readonly kind: "remade" } // the channel broke and was made anew
  | { readonly kind: "gap" } // entries vanished before this device saw them
  /** `by` stands in what happens in groups: who did it, by name; undefined where it was this member. */
  | {
      readonly kind: "burn-changed";
      readonly mine: boolean;
      readonly by: string | undefined;
      readonly burnMs: number;
    }
  | { readonly kind: "group-created"; readonly by: string | undefined } // this member is in it from here on
  | {
      readonly kind: "member-added" | "member-removed";
      readonly by: string | undefined;
      readonly name: string;
    }
  | { readonly kind: "member-left"; readonly name: string }
  | {
      readonly kind: "group-renamed";
      readonly by: string | undefined;
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: "role-changed";
      readonly by: string | undefined;
      /** Undefined where it is this member's. */
      readonly name: string | undefined;
      readonly role: GroupRole;
    }
  | { readonly kind: "removed"; readonly by: string | undefined } // this member is in the group no longer
  | { readonly kind: "left" } // likewise, by their own wish
  | {
      readonly kind: "pin-changed";
      readonly mine: boolean;
      readonly by: string | undefined;
      readonly isPinned: boolean;
    }
  | { readonly kind: "log-conflict" }; // the relay showed two histories

export type GroupMember = {
  readonly id: PersonId;
  /** Never empty. */
  readonly name: string;
  readonly isSelf: boolean;
  readonly role: GroupRole;
  /** Who brought them in, by name; undefined for this member and where nobody knows. */
  readonly addedBy: string | undefined;
  /** A contact whose safety number was compared. */
  readonly isVerified: boolean;
  /** joining: on their way in. leaving: on their way out. */
  readonly state: "in" | "joining" | "leaving";
  /** Why they cannot be reached, while they are joining. */
  readonly problem: Problem | undefined;
};

export type GroupView = {
  /** The own one. */
  readonly role: GroupRole;
  /** The own one first, then by name. */
  readonly members: readonly GroupMember[];
};

/** Where in a conversation to look. at: the first message that came then or later. */
export type Spot =
  | { readonly kind: "newest" }
  | { readonly kind: "message"; readonly key: MessageKey }
  | { readonly kind: "at"; readonly time: number };

export type ConversationView = {
  readonly id: ConversationId;
  readonly name: string;
  readonly isVerified: boolean;
  /** Undefined in a conversation of two. */
  readonly group: GroupView | undefined;
  readonly state: ConversationRow["state"];
  readonly problem: Problem | undefined;
  /** Of the relay this conversation lives on. */
  readonly reachability: Reachability;
  readonly relayHost: string;
  readonly burnMs: number;
  /** Small files may be fetched unasked: this person has begun the conversation, or written in it. */
  readonly isAccepted: boolean;
  readonly draft: string;
  /** What stands above it for both, pinned last first: the newest twenty. */
  readonly pinned: readonly Pinned[];
  /** Oldest first. A window on the newest, or around where somebody went; whether there are more at either end. */
  readonly messages: readonly MessageView[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Key of the first message not yet read when the conversation was opened. */
  readonly firstUnread: MessageKey | undefined;
};

/** What somebody looks for: every word of `text`, in messages or in names. Nothing asked finds nothing. */
export type Query = {
  readonly text: string;
  /** Only in this conversation. */
  readonly in?: ConversationId;
  /** Only what was sent from `since` on and before `until`, in milliseconds. */
  readonly since?: number;
  readonly until?: number;
};

/** A piece of a text, and whether it is what was looked for. */
export type Piece = { readonly text: string; readonly isMatch: boolean };

export type FoundMessage = {
  readonly in: ConversationId;
  readonly name: string;
  readonly key: MessageKey;
  readonly mine: boolean;
  /** Who wrote it, by name: in a group, of others. */
  readonly author: string | undefined;
  readonly time: number;
  readonly burn: Burn | undefined;
  /** The part of it around what was found, on one line. */
  readonly pieces: readonly Piece[];
};

export type SearchView = {
  /** What this answers. */
  readonly query: Query;
  /** empty: nothing to look for. too-long: more than QUERY_CHARS_MAX, or QUERY_WORDS_MAX words. */
  readonly state: "empty" | "too-long" | "found";
  readonly people: readonly { readonly id: ConversationId; readonly pieces: readonly Piece[] }[];
  /** Newest first. */
  readonly messages: readonly FoundMessage[];
  /** Whether `more` gives more. */
  readonly hasMore: boolean;
  /** Messages that are kept are still being read: there may be more. */
  readonly isReading: boolean;
  /** There is no room in memory for what is older than this: it is not searched. */
  readonly onlySince: number | undefined;
};

export type SafetyNumberView = {
  /** Twelve groups of five digits, equal on both sides. */
  readonly groups: readonly string[];
  /** What the QR code holds; scanning the other side's compares without reading digits. */
  readonly qrText: string;
};

/** The paper that brings the account back. Made: this device can show it no more, and keeps a backup with a relay. */
export type KitView =
  | { readonly kind: "none" }
  /** `keptAt`: when the relay last confirmed the backup as it is now; undefined while that is under way. */
  | { readonly kind: "made"; readonly withContacts: boolean; readonly keptAt: number | undefined };

export type MeView = {
  readonly name: string;
  readonly link: string | undefined; // not before the inbox exists
  readonly relayHost: string;
  /** Of the newest activation code. refused: ask for another with add-code. */
  readonly activation: "asking" | "granted" | "refused";
  readonly conversationsLeft: number; // create tokens that remain of the contract
  readonly contractUntil: number | undefined;
  readonly policy: Policy;
  readonly storage: { readonly usedBytes: number; readonly totalBytes: number };
  /** When every message was last looked at for one that should be gone; undefined before the first time. */
  readonly sweptAt: number | undefined;
  readonly kit: KitView;
};

/** What the whole application shows while a profile is open. */
export type MemberView = {
  readonly me: MeView;
  readonly reachability: Reachability; // of the own relay
  readonly conversations: readonly ConversationRow[]; // newest first
  /** How far this device's clock is from the relay's, when that is too much to be believed. */
  readonly clockOffMs: number | undefined;
  readonly storageProblem: Problem | undefined;
};

/** What a person asks for while a profile is open. Each is answered with a value or a Problem. */
export type Intent =
  | { readonly kind: "add-contact"; readonly link: string }
  | {
      readonly kind: "send";
      readonly to: ConversationId;
      readonly text: string;
      readonly replyTo?: MessageKey;
      /** Otherwise as the conversation has it. */
      readonly burn?: ChosenBurn;
    }
  /** An emoji; an empty text takes it back. */
  | {
      readonly kind: "react";
      readonly in: ConversationId;
      readonly key: MessageKey;
      readonly emoji: string;
    }
  /** For both: it stands above the conversation, or does so no more. */
  | { readonly kind: "pin" | "unpin"; readonly in: ConversationId; readonly key: MessageKey }
  /** Of one's own message, for everyone. */
  | { readonly kind: "edit"; readonly in: ConversationId; readonly key: MessageKey; readonly text: string }
  | { readonly kind: "delete"; readonly in: ConversationId; readonly key: MessageKey }
  /** Its text, into another conversation, without a trace of where it was. */
  | {
      readonly kind: "forward";
      readonly in: ConversationId;
      readonly key: MessageKey;
      readonly to: ConversationId;
    }
  | { readonly kind: "retry" | "discard"; readonly in: ConversationId; readonly key: MessageKey }
  | { readonly kind: "draft"; readonly in: ConversationId; readonly text: string }
  /** Up to and including `through`, or everything there is. */
  | { readonly kind: "mark-read"; readonly in: ConversationId; readonly through?: MessageKey }
  | { readonly kind: "set-burn"; readonly in: ConversationId; readonly burnMs: number }
  | { readonly kind: "verify"; readonly in: ConversationId; readonly matches: boolean }
  /** With these contacts. Answered with the conversation. */
  | { readonly kind: "create-group"; readonly name: string; readonly members: readonly PersonId[] }
  /** For admins and the owner. */
  | { readonly kind: "add-members"; readonly in: ConversationId; readonly members: readonly PersonId[] }
  | { readonly kind: "remove-member"; readonly in: ConversationId; readonly member: PersonId }
  | { readonly kind: "rename-group"; readonly in: ConversationId; readonly name: string }
  /** For the owner. Whoever makes somebody else the owner is an admin from then on. */
  | {
      readonly kind: "set-role";
      readonly in: ConversationId;
      readonly member: PersonId;
      readonly role: GroupRole;
    }
  | { readonly kind: "leave-group"; readonly in: ConversationId }
  | { readonly kind: "rename"; readonly name: string }
  | { readonly kind: "new-link" } // revokes the old one
  | { readonly kind: "add-code"; readonly code: string }
  /** The recovery kit, while this device still has what is on it. */
  | { readonly kind: "show-kit" }
  /** It is on paper: its seed leaves this device for good, and the backup begins. */
  | { readonly kind: "finish-kit"; readonly withContacts: boolean };
/** A file on its way into a conversation. */
export type Attaching = {
  readonly to: ConversationId;
  readonly source: FileSource;
  /** What is said with it; may be empty. */
  readonly text: string;
  readonly replyTo?: MessageKey;
  readonly mediaType: string;
  /** Undefined: it stays here. */
  readonly name: string | undefined;
  readonly picture: Picture | undefined;
};

export type Answer =
  | { readonly kind: "done" }
  /** To add-contact and create-group. */
  | { readonly kind: "conversation"; readonly id: ConversationId }
  /** To show-kit: the text of its QR code, and its 24 words. Whoever has either is the account. */
  | { readonly kind: "kit"; readonly text: string; readonly words: readonly string[] }
  /** To send, forward and attach: names the message from now on. */
  | { readonly kind: "message"; readonly key: MessageKey };

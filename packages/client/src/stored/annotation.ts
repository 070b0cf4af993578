/**
 * What was said about a message after it: kept under the message, so that it goes with it. Spec: spec/client.md,
 * "About a message".
 */
import {
  bool,
  fixed,
  optional,
  REACTION_BYTES_MAX,
  struct,
  tagged,
  TEXT_BYTES_MAX,
  text,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import { migration, omit, table } from "./record.ts";

const annotation = {
  messageId: fixed(16),
  mine: bool,
  /** The account that said it: in a group, of others. */
  author: optional(fixed(32)),
  sentAt: uint,
  burnMs: uint,
  /** Of an own one: where it stands in a log. Should that channel break, it may have to be sent again. */
  sent: optional(struct({ cid: fixed(32), seq: uint })),
  about: tagged({
    reaction: [1, { emoji: text(REACTION_BYTES_MAX) }],
    edit: [2, { text: text(TEXT_BYTES_MAX) }],
    deletion: [3, {}],
    /** `sentAt` is when it was read. */
    read: [4, {}],
    pin: [5, { isPinned: bool }],
  }),
};
const current = struct(annotation);
export type Annotation = TypeOf<typeof current>;
export type About = Annotation["about"];
/** Ids are the message's `idKey`, as in seenIds, a slash, and a slot of annotations.ts. */
export const annotations = table("a/", 2, current, [
  // Before there were groups.
  migration(1, struct(omit(annotation, "author")), (before) => ({ ...before, author: undefined })),
]);

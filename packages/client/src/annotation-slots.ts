/** Where what was said about a message is kept: one slot for each thing that can be so at a time. Spec: CL87, CL93. */
import { toHex } from "@sotto/protocol";
import { annotations, type Annotation } from "./stored/annotation.ts";
import type { Turn } from "./turn.ts";

export const DELETION_SLOT = "d";
export const EDIT_SLOTS = "e";
export const READ_SLOT = "s";
export const PIN_SLOT = "p";
/** One of each person: an author's slot bears so much of their account that nobody comes by another's. */
export const reactionSlot = ({ mine, author }: Pick<Annotation, "mine" | "author">): string => {
  if (mine) return "rm";
  return author === undefined ? "rt" : `r${toHex(author.subarray(0, 16))}`;
};

export const isDeleted = async (turn: Turn, idKey: string): Promise<boolean> =>
  (await turn.load(annotations, `${idKey}/${DELETION_SLOT}`)) !== undefined;

/** When the message was read, where that was told. */
export const readTimeOf = async (turn: Turn, idKey: string): Promise<number | undefined> =>
  (await turn.load(annotations, `${idKey}/${READ_SLOT}`))?.sentAt;

/** Everything that was said about a message. */
export function forgetAnnotations(turn: Turn, idKey: string): void {
  for (const key of turn.keys(`${annotations.prefix}${idKey}/`)) turn.write(key, null);
}

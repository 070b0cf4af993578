/** What an organisation asks of its members' clients, as data that members can see. */
import { bool, struct, uint, type TypeOf } from "./codec.ts";

export const policy = struct({
  /** Burn time of a new message, milliseconds. */
  burnDefaultMs: uint,
  /** Longest burn time a member may choose, milliseconds. */
  burnMaxMs: uint,
  /** Whether a message may be kept without a burn time. */
  burnOffAllowed: bool,
});
export type Policy = TypeOf<typeof policy>;

const DAY_MS = 86_400_000;
export const DEFAULT_POLICY: Policy = {
  burnDefaultMs: 7 * DAY_MS,
  burnMaxMs: 30 * DAY_MS,
  burnOffAllowed: false,
};

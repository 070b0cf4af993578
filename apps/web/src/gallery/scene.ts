/** What one screen of the gallery is drawn from. */
import type { ConversationView, MemberView, Problem, SearchView, VaultView } from "@sotto/client";
import type { Wanted } from "../finding/wanted.ts";
import type { Place } from "../navigation.ts";
import type { DeviceView, UnlockChoice } from "../worker/protocol.ts";
import { me, rows } from "./people.ts";

export type Scene = {
  readonly view: DeviceView;
  readonly place?: Place;
  readonly conversation?: ConversationView;
  /** What a search is answered with, and what was typed. */
  readonly search?: SearchView;
  readonly wanted?: Partial<Wanted>;
  /** What every question is answered with. */
  readonly problem?: Problem;
  /** The page was opened for an example profile. */
  readonly isForExample?: true;
  /** What somebody who joins may choose between, if not a trial's. */
  readonly choice?: UnlockChoice;
  /** Whether the safety number exists already. */
  readonly hasNoNumber?: true;
  /** What is pressed once the screen is drawn, one after another, each by its selector; what opens then is drawn, too. */
  readonly pressed?: readonly string[];
};

/** An opened profile. */
export const open = (rest: Partial<MemberView> = {}, vault?: VaultView): DeviceView => ({
  kind: "open",
  vault,
  member: {
    me,
    reachability: { kind: "online" },
    conversations: rows,
    clockOffMs: undefined,
    storageProblem: undefined,
    ...rest,
  },
});

/** Everything a person sees of groups. */
import type { ConversationView } from "@sotto/client";
import type { Place } from "../navigation.ts";
import {
  alone,
  asMember,
  groupRow,
  groupRows,
  groupTalk,
  insideOf,
  leftTalk,
  ninetyNine,
  noticesTalk,
  reactedTalk,
  strangeNames,
  strangeTalk,
} from "./groups.ts";
import { manyRows, rows } from "./people.ts";
import { open, type Scene } from "./scene.ts";

const { id } = groupRow;
const talk: Place = { kind: "conversation", id };
const details: Place = { kind: "details", id };

const group = (
  place: Place,
  conversation: Partial<ConversationView> = {},
  rest: Partial<Scene> = {},
): Scene => ({
  view: open({
    conversations: groupRows.map((row) =>
      row.id === id
        ? {
            ...row,
            name: conversation.name ?? row.name,
            members: conversation.group === undefined ? row.members : insideOf(conversation.group).length,
            state: conversation.state ?? row.state,
          }
        : row,
    ),
  }),
  place,
  conversation: groupTalk(conversation),
  ...rest,
});
const member = (at: number): string => `.main .members li:nth-child(${at}) .member`;
/** Among what one member's dialog offers. */
const offered = (at: number): string => `dialog .options .button:nth-child(${at})`;
const LEAVE = ".main .section:last-child > .button";

export const GROUP_SCENES: Readonly<Record<string, Scene>> = {
  "chats-groups": { view: open({ conversations: groupRows }) },
  group: group(talk),
  "group-empty": group(talk, { group: alone, messages: [], state: "setting-up" }),
  "group-notices": group(talk, { group: asMember, messages: noticesTalk, state: "over" }),
  "group-left": group(talk, { group: asMember, messages: leftTalk, state: "over" }),
  "group-strange-names": group(talk, {
    name: strangeNames[1]?.name ?? "",
    group: { role: "owner", members: strangeNames },
    messages: strangeTalk,
  }),
  "group-who-reacted": group(talk, { messages: reactedTalk }, { pressed: [".reactions button"] }),
  "group-details": group(details),
  "group-details-member": group(details, { group: asMember }),
  "group-details-alone": group(details, { group: alone }),
  "group-details-99": group(details, { group: { role: "admin", members: ninetyNine } }),
  "group-details-over": group(details, { group: asMember, state: "over" }),
  "group-details-strange-names": group(details, {
    name: "قناة the ferry",
    group: { role: "owner", members: strangeNames },
  }),
  "group-details-error": group(
    details,
    {},
    { problem: { kind: "group-role" }, pressed: [LEAVE, "dialog .member", "dialog .button--danger"] },
  ),
  "group-member": group(details, {}, { pressed: [member(2)] }),
  "group-member-stranger": group(details, {}, { pressed: [member(5)] }),
  "group-member-not-reached": group(details, {}, { pressed: [member(8)] }),
  "group-member-strange-name": group(
    details,
    { group: { role: "owner", members: strangeNames } },
    { pressed: [member(2), offered(3)] },
  ),
  "group-make-owner": group(details, {}, { pressed: [member(2), offered(4)] }),
  "group-remove": group(details, {}, { pressed: [member(2), offered(5)] }),
  "group-leave": group(details, { group: asMember }, { pressed: [LEAVE] }),
  "group-leave-owner": group(details, {}, { pressed: [LEAVE] }),
  "new-group": { view: open(), place: { kind: "new-group" }, pressed: [".picker__one input"] },
  "new-group-many": {
    view: open({ conversations: manyRows(300) }),
    place: { kind: "new-group" },
  },
  "new-group-nobody": { view: open({ conversations: [] }), place: { kind: "new-group" } },
  "new-group-refused": {
    view: open({ conversations: groupRows }),
    place: { kind: "new-group" },
    problem: { kind: "member-unreachable" },
    pressed: [".picker__one input"],
  },
  "add-people": {
    ...group({ kind: "add-people", id }, { group: asMember }),
    view: open({ conversations: [groupRow, ...rows] }),
  },
};

/** The lines that Sotto itself writes into a conversation. */
import type { Notice } from "@sotto/client";
import { unreachable } from "@sotto/protocol";
import * as m from "../paraglide/messages.js";
import { durationWords, nameWords } from "../words.ts";

type Of<K extends Notice["kind"]> = Extract<Notice, { kind: K }>;

/** `isOfGroup`: there is no one contact whom it could be about. */
export function noticeWords(notice: Notice, isOfGroup = false): string {
  switch (notice.kind) {
    case "started":
      return m.notice_started();
    case "contact-renamed":
      return m.notice_renamed({ from: nameWords(notice.from), to: nameWords(notice.to) });
    case "identity-changed":
      return isOfGroup ? m.notice_identity_changed_group() : m.notice_identity_changed();
    case "remade":
      return m.notice_remade();
    case "gap":
      return m.notice_gap();
    case "burn-changed":
      return burnWords(notice);
    case "pin-changed":
      return pinWords(notice);
    case "log-conflict":
      return isOfGroup ? m.notice_log_conflict_group() : m.notice_log_conflict();
    case "group-created":
      return byWords(notice.by, m.notice_group_created, m.notice_group_created_mine);
    case "member-added":
      return memberWords(notice, m.notice_member_added, m.notice_member_added_mine);
    case "member-removed":
      return memberWords(notice, m.notice_member_removed, m.notice_member_removed_mine);
    case "member-left":
      return m.notice_member_left({ name: nameWords(notice.name) });
    case "group-renamed":
      return renamedWords(notice);
    case "role-changed":
      return roleWords(notice);
    case "removed":
      return byWords(notice.by, m.notice_removed, m.notice_removed_unknown);
    case "left":
      return m.notice_left();
    default:
      return unreachable(notice);
  }
}

const byWords = (
  by: string | undefined,
  ofOthers: (inputs: { by: string }) => string,
  mine: () => string,
): string => (by === undefined ? mine() : ofOthers({ by: nameWords(by) }));

function memberWords(
  { by, name }: Of<"member-added" | "member-removed">,
  ofOthers: (inputs: { by: string; name: string }) => string,
  mine: (inputs: { name: string }) => string,
): string {
  const whom = nameWords(name);
  return by === undefined ? mine({ name: whom }) : ofOthers({ by: nameWords(by), name: whom });
}

function renamedWords({ by, from, to }: Of<"group-renamed">): string {
  const names = { from: nameWords(from), to: nameWords(to) };
  return by === undefined
    ? m.notice_group_renamed_mine(names)
    : m.notice_group_renamed({ by: nameWords(by), ...names });
}

/** For each role: by oneself to another, by another to oneself, by another to another, and to oneself by oneself. */
const ROLE_WORDS = {
  member: [m.notice_member_mine, m.notice_member_you, m.notice_member_other, m.notice_member_self],
  admin: [m.notice_admin_mine, m.notice_admin_you, m.notice_admin_other, m.notice_admin_self],
  owner: [m.notice_owner_mine, m.notice_owner_you, m.notice_owner_other, m.notice_owner_self],
} as const;

function roleWords({ by, name, role }: Of<"role-changed">): string {
  const [mine, you, other, self] = ROLE_WORDS[role];
  if (by === undefined) return name === undefined ? self() : mine({ name: nameWords(name) });
  if (name === undefined) return you({ by: nameWords(by) });
  return other({ by: nameWords(by), name: nameWords(name) });
}

function pinWords({ mine, by, isPinned }: Of<"pin-changed">): string {
  if (mine) return isPinned ? m.notice_pin_mine() : m.notice_unpin_mine();
  if (by === undefined) return isPinned ? m.notice_pin_theirs() : m.notice_unpin_theirs();
  return isPinned ? m.notice_pin_by({ by: nameWords(by) }) : m.notice_unpin_by({ by: nameWords(by) });
}

function burnWords({ mine, by, burnMs }: Of<"burn-changed">): string {
  const time = durationWords(burnMs);
  if (mine) return burnMs === 0 ? m.notice_burn_mine_off() : m.notice_burn_mine({ time });
  if (by === undefined) return burnMs === 0 ? m.notice_burn_theirs_off() : m.notice_burn_theirs({ time });
  const who = nameWords(by);
  return burnMs === 0 ? m.notice_burn_by_off({ by: who }) : m.notice_burn_by({ by: who, time });
}

/** Whether it asks the reader to compare safety numbers. */
export const asksToCompare = (notice: Notice): boolean =>
  notice.kind === "identity-changed" || notice.kind === "log-conflict";

/** The lines that Sotto itself writes into a conversation. */
import type { Notice } from "@sotto/client";
import { unreachable } from "@sotto/protocol";
import * as m from "../paraglide/messages.js";
import { durationWords } from "../words.ts";

export function noticeWords(notice: Notice): string {
  switch (notice.kind) {
    case "started":
      return m.notice_started();
    case "contact-renamed":
      return m.notice_renamed({ from: notice.from, to: notice.to });
    case "identity-changed":
      return m.notice_identity_changed();
    case "remade":
      return m.notice_remade();
    case "gap":
      return m.notice_gap();
    case "burn-changed":
      return burnWords(notice);
    case "log-conflict":
      return m.notice_log_conflict();
    default:
      return unreachable(notice);
  }
}

function burnWords({ mine, burnMs }: Extract<Notice, { kind: "burn-changed" }>): string {
  if (burnMs === 0) return mine ? m.notice_burn_mine_off() : m.notice_burn_theirs_off();
  const time = durationWords(burnMs);
  return mine ? m.notice_burn_mine({ time }) : m.notice_burn_theirs({ time });
}

/** Whether it asks the reader to compare safety numbers. */
export const asksToCompare = (notice: Notice): boolean =>
  notice.kind === "identity-changed" || notice.kind === "log-conflict";

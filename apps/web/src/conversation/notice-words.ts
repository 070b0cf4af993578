/** The lines that Sotto itself writes into a conversation. */
import type { Notice } from "@sotto/client";
import { unreachable } from "@sotto/protocol";
import * as m from "../paraglide/messages.js";

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
    case "log-conflict":
      return m.notice_log_conflict();
    default:
      return unreachable(notice);
  }
}

/** Whether it asks the reader to compare safety numbers. */
export const asksToCompare = (notice: Notice): boolean =>
  notice.kind === "identity-changed" || notice.kind === "log-conflict";

/** Every problem as a sentence or three: what happened, what it means, what to do. */
import type { Problem } from "@sotto/client";
import { GROUP_MEMBERS_MAX, unreachable } from "@sotto/protocol";
import * as m from "./paraglide/messages.js";
import { durationWords } from "./words.ts";

export function problemWords(problem: Problem): string {
  switch (problem.kind) {
    case "code-malformed":
      return m.problem_code_malformed();
    case "code-refused":
      return m.problem_code_refused();
    case "link-not-a-link":
      return m.problem_link_not_a_link();
    case "link-damaged":
      return m.problem_link_damaged();
    case "link-newer":
      return m.problem_link_newer();
    case "link-own":
      return m.problem_link_own();
    case "link-refused":
      return m.problem_link_refused();
    case "contact-known":
      return m.problem_contact_known();
    case "name-invalid":
      return m.problem_name_invalid();
    case "name-too-long":
      return m.problem_name_too_long();
    case "passphrase-wrong":
      return m.problem_passphrase_wrong();
    case "passphrase-short":
      return m.problem_passphrase_short();
    case "pin-wrong":
      return m.problem_pin_wrong();
    case "pin-short":
      return m.problem_pin_short();
    case "pin-common":
      return m.problem_pin_common();
    case "pin-used":
      return m.problem_pin_used();
    case "pin-different":
      return m.problem_pin_different();
    case "guardians-unreached":
      return m.problem_guardians_unreached();
    case "guardians-wait":
      return m.problem_guardians_wait({ wait: durationWords(problem.retryAfterMs) });
    case "guardians-false":
      return m.problem_guardians_false();
    case "guardians-unfinished":
      return m.problem_guardians_unfinished();
    case "guardians-refused":
      return m.problem_guardians_refused();
    case "text-empty":
      return m.problem_text_empty();
    case "text-too-long":
      return m.problem_text_too_long();
    case "relay-unreachable":
      return m.problem_relay_unreachable();
    case "relay-stopping":
      return m.problem_relay_stopping();
    case "relay-full":
      return m.problem_relay_full();
    case "relay-key-wrong":
      return m.problem_relay_key_wrong();
    case "relay-incompatible":
      return m.problem_relay_incompatible();
    case "quota-full":
      return m.problem_quota_full();
    case "tokens-spent":
      return m.problem_tokens_spent();
    case "rate-limited":
      return m.problem_rate_limited({ wait: durationWords(problem.retryAfterMs) });
    case "device-full":
      return m.problem_device_full();
    case "device-failing":
      return m.problem_device_failing();
    case "identity-invalid":
      return m.problem_identity_invalid();
    case "kit-made":
      return m.problem_kit_made();
    case "kit-not-a-kit":
      return m.problem_kit_not_a_kit();
    case "kit-damaged":
      return m.problem_kit_damaged();
    case "kit-newer":
      return m.problem_kit_newer();
    case "kit-word-count":
      return m.problem_kit_word_count({ found: problem.found });
    case "kit-word-unknown":
      return m.problem_kit_word_unknown({ at: problem.at });
    case "kit-word-wrong":
      return m.problem_kit_word_wrong();
    case "kit-words-mixed":
      return m.problem_kit_words_mixed();
    case "backup-missing":
      return m.problem_backup_missing();
    case "backup-invalid":
      return m.problem_backup_invalid();
    case "backup-newer":
      return m.problem_backup_newer();
    case "group-role":
      return m.problem_group_role();
    case "group-owner-leaves":
      return m.problem_group_owner_leaves();
    case "group-full":
      return m.problem_group_full({ most: GROUP_MEMBERS_MAX });
    case "group-over":
      return m.problem_group_over();
    case "member-unreachable":
      return m.problem_member_unreachable();
    case "file-empty":
      return m.problem_file_empty();
    case "file-too-large":
      return m.problem_file_too_large();
    case "file-needed":
      return m.problem_file_needed();
    case "file-changed":
      return m.problem_file_changed();
    case "file-gone":
      return m.problem_file_gone();
    case "file-damaged":
      return m.problem_file_damaged();
    case "file-elsewhere":
      return m.problem_file_elsewhere();
    case "message-gone":
      return m.problem_message_gone();
    case "expired":
      return m.problem_expired();
    default:
      return unreachable(problem);
  }
}

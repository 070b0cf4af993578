/** What a person asks for. Each is durable before it is answered. Spec: spec/client.md, "Intents". */
import {
  CONTENT_REPLY,
  CONTENT_TEXT,
  encode,
  equalBytes,
  err,
  linkToCard,
  ok,
  replyContent,
  TEXT_BYTES_MAX,
  textContent,
  textToBytes,
  textToCode,
  toHex,
  unreachable,
  type ContactCard,
  type Result,
} from "@sotto/protocol";
import { accept } from "./file/accepted.ts";
import { cancelUpload, retryUpload } from "./file/upload.ts";
import { forgetFile } from "./file/forget.ts";
import { addActivation } from "./activation.ts";
import { forgetAnnotations } from "./annotation-slots.ts";
import { sayAbout } from "./annotations.ts";
import { setBurnTime } from "./burn-time.ts";
import { chooseChannel, channelsOf } from "./channel/choice.ts";
import {
  changeConversation,
  conversationOf,
  outboxOf,
  queueMessage,
  queueProfile,
  startConversation,
  addNotice,
  theirsAfter,
  touchChannels,
} from "./conversation.ts";
import type { Core } from "./core.ts";
import { isAdminIn } from "./group/roster.ts";
import { changeGroup, createGroup } from "./group/intents.ts";
import { isGroup } from "./group/members.ts";
import { keepDraft } from "./drafts.ts";
import { forward } from "./forward.ts";
import { approach } from "./introduction/approach.ts";
import { ownName } from "./names.ts";
import type { Problem } from "./problems.ts";
import { burningAs, unreadBurning } from "./read-burn.ts";
import { finishKit, showKit } from "./recovery/kit.ts";
import { burnOf } from "./rows.ts";
import type { About } from "./stored/annotation.ts";
import { conversations, outboxEntries } from "./stored/conversation.ts";
import { groups } from "./stored/group.ts";
import { seenIds } from "./stored/message.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { inboxes, profiles } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";
import type { Answer, Intent } from "./views.ts";

export type Answered = Result<Answer, Problem>;

const DONE: Answered = ok({ kind: "done" });

export async function decideIntent(core: Core, turn: Turn, intent: Intent): Promise<Answered> {
  switch (intent.kind) {
    case "add-contact":
      return addContact(core, turn, intent.link);
    case "send":
      return inConversation(
        turn,
        intent.to,
        (number) => refusal(core, turn, number) ?? send(core, turn, number, intent),
      );
    case "react":
    case "pin":
    case "unpin":
    case "edit":
    case "delete":
      return inConversation(
        turn,
        intent.in,
        (number) => refusal(core, turn, number) ?? say(core, turn, number, intent),
      );
    case "forward":
      return inConversation(turn, intent.in, (number) =>
        inConversation(
          turn,
          intent.to,
          (to) => refusal(core, turn, to) ?? forward(core, turn, { number, key: intent.key }, to),
        ),
      );
    case "retry":
    case "discard":
      return inConversation(turn, intent.in, (number) => settle(core, turn, number, intent.key, intent.kind));
    case "draft":
      return inConversation(turn, intent.in, (number) => draft(turn, number, intent.text));
    case "mark-read":
      return inConversation(turn, intent.in, (number) => markRead(core, turn, number, intent.through));
    case "set-burn":
      return inConversation(turn, intent.in, (number) => {
        const refused = refusal(core, turn, number, "admin");
        if (refused === undefined) setBurnTime(core, turn, number, intent.burnMs);
        return refused ?? DONE;
      });
    case "verify":
      return inConversation(turn, intent.in, (number) => {
        if (!isGroup(turn, number)) changeConversation(turn, number, { isVerified: intent.matches });
        return DONE;
      });
    case "rename":
      return rename(core, turn, intent.name);
    case "new-link":
      return newLink(core, turn);
    case "add-code":
      return addCode(core, turn, intent.code);
    case "show-kit":
      return showKit(core, turn);
    case "finish-kit":
      return finishKit(turn, intent.withContacts);
    case "create-group":
      return createGroup(core, turn, intent);
    case "add-members":
    case "remove-member":
    case "rename-group":
    case "set-role":
    case "leave-group":
      return inConversation(turn, intent.in, (number) => changeGroup(core, turn, number, intent));
    default:
      return unreachable(intent);
  }
}

/** A conversation that is gone is as good as done: views may be a moment behind. */
export function inConversation(
  turn: Turn,
  id: string,
  act: (number: ConversationNumber) => Answered | Promise<Answered>,
): Answered | Promise<Answered> {
  const isId = /^[0-9a-f]{64}$/.test(id);
  const number = isId ? conversationOf(turn, Uint8Array.fromHex(id)) : undefined;
  return number === undefined ? DONE : act(number);
}

/** Why nothing may be said in this group, or not this. */
export function refusal(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  needs: "member" | "admin" = "member",
): Answered | undefined {
  const group = turn.get(groups, number);
  if (group === undefined) return undefined;
  if (group.state !== "in") return err({ kind: "group-over" });
  const isAllowed = needs === "member" || isAdminIn(group.roster, core.self.verified.accountId);
  return isAllowed ? undefined : err({ kind: "group-role" });
}

const LINK_PROBLEM = {
  "not-a-link": "link-not-a-link",
  damaged: "link-damaged",
  newer: "link-newer",
} as const;

function addContact(core: Core, turn: Turn, link: string): Answered {
  const card = linkToCard(link);
  if (!card.ok) return err({ kind: LINK_PROBLEM[card.error] });
  const { accountId } = card.value;
  if (equalBytes(accountId, core.self.verified.accountId)) return err({ kind: "link-own" });
  const known = conversationOf(turn, accountId);
  if (known !== undefined && chooseChannel(turn, known) !== undefined) return err({ kind: "contact-known" });
  begin(turn, card.value, known);
  return ok({ kind: "conversation", id: toHex(accountId) });
}

/** Pasting a link again tries again, with what this link says. */
function begin(turn: Turn, card: ContactCard, known: ConversationNumber | undefined): void {
  const number = known ?? startConversation(turn, card.accountId, "");
  if (known === undefined) addNotice(turn, number, { kind: "started" });
  accept(turn, number);
  const isUnderWay = channelsOf(turn, number).some(({ channel }) => channel.state === "creating");
  if (!isUnderWay) approach(turn, number, card);
}

function checkText(text: string): Result<string, Problem> {
  const wellFormed = text.toWellFormed();
  if (wellFormed.trim() === "") return err({ kind: "text-empty" });
  return textToBytes(wellFormed).length > TEXT_BYTES_MAX ? err({ kind: "text-too-long" }) : ok(wellFormed);
}

export const messageIdOf = (key: string): Uint8Array | undefined =>
  /^[0-9a-f]{32}$/.test(key) ? Uint8Array.fromHex(key) : undefined;

function send(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { text, replyTo, burn }: Extract<Intent, { kind: "send" }>,
): Answered {
  const checked = checkText(text);
  if (!checked.ok) return checked;
  const to = replyTo === undefined ? undefined : messageIdOf(replyTo);
  const { policy } = turn.need(profiles, "");
  keepDraft(turn, number, "");
  accept(turn, number);
  const conversation = changeConversation(turn, number, { changedAt: turn.now });
  const messageId = core.randomBytes(16);
  const content =
    to === undefined
      ? { contentKind: CONTENT_TEXT, content: encode(textContent, { text: checked.value }) }
      : { contentKind: CONTENT_REPLY, content: encode(replyContent, { to, text: checked.value }) };
  const burning = burningAs(policy, burnOf(conversation, policy), burn, content);
  queueMessage(turn, number, { messageId, sentAt: turn.now, ...burning });
  turn.touch("burn");
  return ok({ kind: "message", key: toHex(messageId) });
}

/** About a message that is there. One of one's own that nobody can have seen yet is simply taken back. */
async function say(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  intent: Extract<Intent, { kind: "react" | "pin" | "unpin" | "edit" | "delete" }>,
): Promise<Answered> {
  const messageId = messageIdOf(intent.key);
  const about = aboutOf(intent);
  if (!about.ok) return about;
  if (messageId === undefined) return err({ kind: "message-gone" });
  if (intent.kind === "delete" && takeBack(turn, number, messageId)) return DONE;
  if (intent.kind === "delete" && cancelUpload(core, turn, number, intent.key)) return DONE;
  const isSaid = await sayAbout(core, turn, number, messageId, about.value);
  return isSaid ? DONE : err({ kind: "message-gone" });
}

function aboutOf(
  intent: Extract<Intent, { kind: "react" | "pin" | "unpin" | "edit" | "delete" }>,
): Result<About, Problem> {
  switch (intent.kind) {
    case "react":
      return ok({ kind: "reaction", emoji: intent.emoji });
    case "pin":
    case "unpin":
      return ok({ kind: "pin", isPinned: intent.kind === "pin" });
    case "delete":
      return ok({ kind: "deletion" });
    case "edit": {
      const text = checkText(intent.text);
      return text.ok ? ok({ kind: "edit", text: text.value }) : text;
    }
    default:
      return unreachable(intent);
  }
}

function takeBack(turn: Turn, number: ConversationNumber, messageId: Uint8Array): boolean {
  const id = outboxOf(turn, number).find((one) =>
    equalBytes(turn.need(outboxEntries, one).messageId, messageId),
  );
  if (id === undefined || turn.need(outboxEntries, id).sealed !== undefined) return false;
  turn.remove(outboxEntries, id);
  forgetAnnotations(turn, `${number}/${toHex(messageId)}`);
  forgetFile(turn, `${number}/${toHex(messageId)}`);
  turn.changedItems.add(number);
  return true;
}

function settle(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  key: string,
  kind: "retry" | "discard",
): Answered {
  const isUpload =
    kind === "discard" ? cancelUpload(core, turn, number, key) : retryUpload(core, turn, number, key);
  if (isUpload) return DONE;
  const id = outboxOf(turn, number).find((one) => toHex(turn.need(outboxEntries, one).messageId) === key);
  if (id === undefined) return DONE;
  if (kind === "discard") {
    turn.remove(outboxEntries, id);
    forgetAnnotations(turn, `${number}/${key}`);
    forgetFile(turn, `${number}/${key}`);
    turn.changedItems.add(number);
  } else if (turn.need(outboxEntries, id).state === "expired") {
    return err({ kind: "expired" });
  }
  touchChannels(turn, number);
  return DONE;
}

function draft(turn: Turn, number: ConversationNumber, text: string): Answered {
  const wellFormed = text.toWellFormed();
  if (textToBytes(wellFormed).length > TEXT_BYTES_MAX) return err({ kind: "text-too-long" });
  keepDraft(turn, number, wellFormed);
  turn.touch("burn");
  return DONE;
}

async function markRead(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  through?: string,
): Promise<Answered> {
  const { unread, firstUnread } = turn.need(conversations, number);
  if (unread === 0) return DONE;
  const seen = through === undefined ? undefined : await turn.load(seenIds, `${number}/${through}`);
  if (through !== undefined && (seen === undefined || seen.itemKey < (firstUnread ?? ""))) return DONE;
  const left = seen === undefined ? [] : theirsAfter(turn, number, seen.itemKey);
  changeConversation(turn, number, { unread: left.length, firstUnread: left[0] });
  if (firstUnread === undefined) return DONE;
  for (const { messageId } of await unreadBurning(core, number, firstUnread, seen?.itemKey))
    await sayAbout(core, turn, number, messageId, { kind: "read" });
  return DONE;
}

function rename(core: Core, turn: Turn, name: string): Answered {
  const own = ownName(name);
  if (!own.ok) return own;
  turn.put(profiles, "", { ...turn.need(profiles, ""), name: own.value });
  for (const number of turn.ids(conversations))
    if (refusal(core, turn, number) === undefined) queueProfile(core, turn, number);
  return DONE;
}

/** The link that was given away is refused from now on; contacts that are there hold cards of another token. */
function newLink(core: Core, turn: Turn): Answered {
  const inbox = turn.get(inboxes, "");
  if (inbox === undefined) return err({ kind: "relay-unreachable" });
  const linkToken = core.randomBytes(32);
  if (inbox.toAllow.length >= 16) return err({ kind: "relay-unreachable" });
  turn.put(inboxes, "", {
    ...inbox,
    linkToken,
    toAllow: [...inbox.toAllow, linkToken],
    toRevoke: [...inbox.toRevoke, inbox.linkToken],
  });
  turn.touch("inbox");
  return DONE;
}

function addCode(core: Core, turn: Turn, text: string): Answered {
  const code = textToCode(text);
  if (!code.ok) return err({ kind: "code-malformed" });
  addActivation(core, turn, code.value);
  return DONE;
}

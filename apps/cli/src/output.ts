/** What the terminal prints: lines for people, one JSON value a line for programs. Spec: spec/terminal.md, TC2, TC3. */
import type {
  ConversationRow,
  ConversationView,
  FileView,
  FoundMessage,
  GroupMember,
  MessageView,
  Notice,
  Piece,
  SafetyNumberView,
  SearchView,
} from "@sotto/client";
import { unreachable } from "@sotto/protocol";
import { renderUnicodeCompact } from "uqr";
import { problemSentence } from "./sentences.ts";

const MARKS = { waiting: "…", sent: "✓", delivered: "✓✓", failed: "!" } as const;
const STATES: Readonly<Record<ConversationRow["state"], string>> = {
  ready: "",
  "setting-up": " [not reached yet]",
  broken: " [being made anew]",
  over: " [over: you are in it no longer]",
};
const CONTINUED = "\n      ";
const ID_CHARS = 8;
const TIME_CHARS = "2026-11-22 14:02".length;
/** What stands before a message, and names it. */
const KEY_CHARS = 6;
const GROUPS_A_LINE = 4;

/** Text from others may hold terminal control sequences: only line breaks and visible characters pass. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (one) =>
    one === "\n" ? CONTINUED : "\ufffd",
  );

/** By this machine's clock and zone: 2026-11-22 14:02. */
function localTime(time: number): string {
  const at = new Date(time);
  const [month, day, hour, minute] = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()].map(
    (part) => String(part).padStart(2, "0"),
  );
  return `${at.getFullYear()}-${month}-${day} ${hour}:${minute}`;
}

/** For paper: words in numbered lines, four to a line. */
export function kitText({
  text,
  words,
  relayHost,
}: {
  readonly text: string;
  readonly words: readonly string[];
  readonly relayHost: string;
}): string {
  const numbered = words.map((word, at) => `${String(at + 1).padStart(2)} ${word.padEnd(9)}`);
  const lines = Array.from({ length: words.length / 4 }, (_, at) =>
    numbered.slice(4 * at, 4 * at + 4).join("  "),
  );
  return [
    "Recovery kit. Whoever has these words is you: write them on paper, and keep them where you keep your passport.",
    "",
    ...lines,
    "",
    `Relay: ${relayHost}`,
    `As one text: ${text}`,
    "",
    "When it is on paper: ./sotto kit --done. This device then forgets it.",
  ].join("\n");
}

export const linkText = (link: string): string => `${renderUnicodeCompact(link, { ecc: "L" })}\n${link}`;

/** Among messages of other conversations: in a group, the author alone does not say where it was said. */
export function followedLine(conversation: ConversationView, message: MessageView): string {
  const line = messageLine(conversation, message);
  return conversation.group === undefined
    ? line
    : `${line.slice(0, TIME_CHARS)} [${printable(conversation.name)}]${line.slice(TIME_CHARS)}`;
}

export function messageLine({ name }: Pick<ConversationView, "name">, message: MessageView): string {
  if (message.content.kind === "notice")
    return `${localTime(message.time)} — ${noticeText(message.content.notice)}`;
  const author = message.mine ? "you" : (message.author ?? name);
  const mark = message.mark === undefined ? "" : ` ${MARKS[message.mark]}`;
  const reactions = message.reactions.map(reactionText).join("");
  const said = printable(`${quoteText(message.quote)}${contentText(message)}${reactions}`);
  const reading = readingText(message);
  return `${localTime(message.time)} ${message.key.slice(0, KEY_CHARS)} ${printable(author)}: ${said}${mark}${message.isPinned ? " (pinned)" : ""}${reading}`;
}

/** Both are told that the writer learns when it was read. */
function readingText({ mine, burn }: MessageView): string {
  if (burn?.reading === undefined) return "";
  const { afterMs, at } = burn.reading;
  const learns = mine ? "you learn when" : "its writer learns when";
  if (at === undefined) return ` (burns ${durationText(afterMs)} after reading; ${learns})`;
  return ` (read ${localTime(at)}${mine ? "" : "; its writer was told"}; burns ${localTime(burn.burnAt)})`;
}

const reactionText = ({ emoji, author }: MessageView["reactions"][number]): string =>
  author === undefined ? ` ${emoji}` : ` ${emoji} (${author})`;

function quoteText(quote: MessageView["quote"]): string {
  if (quote === undefined) return "";
  const author = quote.author === undefined ? "" : ` ${quote.author}`;
  return `[re${author}: ${quote.text ?? "a message that is gone"}] `;
}

function contentText({ key, content }: MessageView): string {
  switch (content.kind) {
    case "text": {
      const said = `${content.isForwarded === true ? "[forwarded] " : ""}${content.text}`;
      const text = content.edits.length > 0 ? `${said} (edited)` : said;
      return content.file === undefined
        ? text
        : `[${fileText(content.file)}, ${key.slice(0, ID_CHARS)}] ${text}`;
    }
    case "notice":
      return noticeText(content.notice);
    case "deleted":
      return "(deleted)";
    case "unknown":
      return "(written by a newer version: update to read it)";
    default:
      return unreachable(content);
  }
}

/** What it is, how large, and its name where that is shown. */
function fileText({ mediaType, name, picture, bytes }: FileView): string {
  const kind = picture === undefined ? mediaType : "picture";
  return [kind, bytesText(bytes), ...(name === undefined ? [] : [name])].join(", ");
}

function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Bytes as base64: a line is text. */
function contentJson(content: MessageView["content"]): unknown {
  if (content.kind !== "text" || content.file?.picture === undefined) return content;
  const { picture } = content.file;
  const thumbnail = picture.thumbnail?.toBase64();
  return { ...content, file: { ...content.file, picture: { ...picture, thumbnail } } };
}

const SECOND_MS = 1_000;
const UNITS = [
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
] as const;

/** The largest unit that leaves nothing over. */
function durationText(ms: number): string {
  const unit = UNITS.find(([one]) => ms >= one && ms % one === 0);
  if (ms === 0) return "off";
  return unit === undefined ? `${Math.ceil(ms / SECOND_MS)} seconds` : `${ms / unit[0]} ${unit[1]}`;
}

function roleText({ by, name, role }: Extract<Notice, { kind: "role-changed" }>): string {
  const who = by === undefined ? "you" : printable(by);
  const whom = name === undefined ? "you" : printable(name);
  return role === "member"
    ? `${who} took the admin role back from ${whom}`
    : `${who} made ${whom} the ${role} of this group`.replace("the admin", "an admin");
}

function noticeText(notice: Notice): string {
  const by = "by" in notice && notice.by !== undefined ? printable(notice.by) : undefined;
  switch (notice.kind) {
    case "started":
      return "end-to-end encrypted from here on";
    case "contact-renamed":
      return `${printable(notice.from)} is now called ${printable(notice.to)}`;
    case "identity-changed":
      return "the contact's keys changed: compare safety numbers again";
    case "remade":
      return "the connection broke and was made anew";
    case "gap":
      return "messages vanished before this device saw them";
    case "burn-changed":
      return `${notice.mine ? "you" : (by ?? "the contact")} set the burn time to ${durationText(notice.burnMs)}`;
    case "pin-changed":
      return `${notice.mine ? "you" : (by ?? "the contact")} ${notice.isPinned ? "pinned" : "unpinned"} a message`;
    case "log-conflict":
      return "the relay showed two histories: ask its operator";
    case "group-created":
      return by === undefined ? "you created this group" : `${by} added you to this group`;
    case "member-added":
      return `${by ?? "you"} added ${printable(notice.name)}`;
    case "member-removed":
      return `${by ?? "you"} removed ${printable(notice.name)}, who cannot read what comes`;
    case "member-left":
      return `${printable(notice.name)} left`;
    case "group-renamed":
      return `${by ?? "you"} renamed the group from "${printable(notice.from)}" to "${printable(notice.to)}"`;
    case "role-changed":
      return roleText(notice);
    case "removed":
      return `${by === undefined ? "you were removed" : `${by} removed you`}: nothing more comes`;
    case "left":
      return "you left: nothing more comes";
    default:
      return unreachable(notice);
  }
}

export const messageJson = (
  { id, name }: Pick<ConversationView, "id" | "name">,
  { key, mine, author, time, mark, burn, quote, reactions, isPinned, content }: MessageView,
): string =>
  JSON.stringify({
    conversation: id,
    name,
    key,
    mine,
    author,
    time,
    mark,
    burnAt: burn?.burnAt,
    reading: burn?.reading,
    quote,
    reactions,
    isPinned,
    content: contentJson(content),
  });

type FoundPerson = SearchView["people"][number];

/** What was looked for stands between « and ». */
const piecesText = (pieces: readonly Piece[]): string =>
  printable(pieces.map(({ text, isMatch }) => (isMatch ? `«${text}»` : text)).join(""));
const plainText = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join("");

/** In a group the author stands before its name. */
export function foundLine({ name, mine, author, time, pieces }: FoundMessage): string {
  const who = mine ? `you to ${name}` : author === undefined ? name : `${author} to ${name}`;
  return `${localTime(time)} ${printable(who)}: ${piecesText(pieces)}`;
}
export const foundJson = ({ in: id, name, key, mine, author, time, burn, pieces }: FoundMessage): string =>
  JSON.stringify({
    conversation: id,
    name,
    key,
    mine,
    author,
    time,
    burnAt: burn?.burnAt,
    text: plainText(pieces),
    pieces,
  });

export const foundPersonLine = ({ id, pieces }: FoundPerson): string =>
  `${id.slice(0, ID_CHARS)}  ${piecesText(pieces)}`;
export const foundPersonJson = ({ id, pieces }: FoundPerson): string =>
  JSON.stringify({ conversation: id, name: plainText(pieces) });

export function rowLine(row: ConversationRow): string {
  const unread = row.unread > 0 ? ` (${row.unread} new)` : "";
  const verified = row.isVerified ? " [verified]" : "";
  const members = row.members === undefined ? "" : ` (${peopleText(row.members)})`;
  const author = row.preview?.author === undefined ? "" : `${row.preview.author}: `;
  const preview =
    row.preview === undefined ? "" : `  ${localTime(row.preview.time)} ${author}${previewText(row.preview)}`;
  const rest = printable(preview.replaceAll(/\s+/g, " "));
  return `${row.id.slice(0, ID_CHARS)}  ${printable(row.name)}${members}${verified}${STATES[row.state]}${unread}${rest && ` ${rest}`}`;
}

const peopleText = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

export const rowJson = ({ id, name, isVerified, members, unread, state }: ConversationRow): string =>
  JSON.stringify({ id, name, verified: isVerified, members, unread, state });

const MEMBER_STATES: Readonly<Record<GroupMember["state"], string>> = {
  in: "",
  joining: " [joining]",
  leaving: " [leaving]",
};

export function memberLine(member: GroupMember): string {
  const { id, name, isSelf, role, addedBy, isVerified, state, problem } = member;
  const self = isSelf ? " (you)" : "";
  const verified = isVerified ? " [verified]" : "";
  const by = addedBy === undefined ? "" : `, added by ${printable(addedBy)}`;
  const trouble = problem === undefined ? "" : `\n          ${problemSentence(problem)}`;
  return `${id.slice(0, ID_CHARS)}  ${printable(name)}${self}: ${role}${by}${verified}${MEMBER_STATES[state]}${trouble}`;
}

export const memberJson = ({
  id,
  name,
  isSelf,
  role,
  addedBy,
  isVerified,
  state,
  problem,
}: GroupMember): string =>
  JSON.stringify({
    id,
    name,
    self: isSelf,
    role,
    addedBy,
    verified: isVerified,
    state,
    problem: problem?.kind,
  });

const previewText = ({ text, file }: NonNullable<ConversationRow["preview"]>): string =>
  file === undefined ? text : `[${fileText(file)}] ${text}`;

export function safetyLines(row: ConversationRow, { groups, qrText }: SafetyNumberView): string {
  const lines = Array.from({ length: Math.ceil(groups.length / GROUPS_A_LINE) }, (_, line) =>
    groups.slice(line * GROUPS_A_LINE, (line + 1) * GROUPS_A_LINE).join(" "),
  );
  const short = row.id.slice(0, ID_CHARS);
  const next = row.isVerified
    ? "You have verified this contact."
    : `Compare these digits in person or aloud, then: ./sotto verify ${short} --matches (or --differs)`;
  return [
    renderUnicodeCompact(qrText, { ecc: "L" }),
    `${short}  ${printable(row.name)}`,
    "",
    ...lines,
    "",
    next,
  ].join("\n");
}

export const safetyJson = ({ id, name, isVerified }: ConversationRow, { groups }: SafetyNumberView): string =>
  JSON.stringify({ id, name, verified: isVerified, groups });

/** Believable groups for the gallery. */
import type {
  ConversationRow,
  ConversationView,
  GroupMember,
  GroupView,
  MessageView,
  Notice,
} from "@sotto/client";
import type { GroupRole } from "@sotto/protocol";
import { conversation, DAY_MS, HOUR_MS, message, MINUTE_MS, preview, row, rows } from "./people.ts";

const WEEK_MS = 7 * DAY_MS;
const LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Süd";

const member = (id: string, name: string, rest: Partial<GroupMember> = {}): GroupMember => ({
  id,
  name,
  isSelf: false,
  role: "member",
  addedBy: "Mara",
  isVerified: false,
  state: "in",
  problem: undefined,
  ...rest,
});
const self = (role: GroupRole): GroupMember =>
  member("jonas", "Jonas", { isSelf: true, role, addedBy: undefined });

const others: readonly GroupMember[] = [
  member("idris", "Idris", { role: "admin", isVerified: true }),
  member("lena", "Lena Østergaard"),
  member("mara", "Mara", { role: "admin", isVerified: true, addedBy: "Jonas" }),
  member("ruth", "Ruth Adeyemi", { addedBy: "Idris" }),
  member("tomas", "Tomás", { state: "joining", addedBy: "Jonas" }),
  member("yuki", "由紀", { state: "leaving", addedBy: "Jonas" }),
  member("noor", "نور الدين", { state: "joining", addedBy: "Idris", problem: { kind: "link-refused" } }),
];

/** Names as peers can choose them: long, from right to left, and with direction controls that were made harmless. */
export const strangeNames: readonly GroupMember[] = [
  self("owner"),
  member("long", LONG_NAME, { role: "admin", addedBy: "نور الدين" }),
  member("noor", "نور الدين", { addedBy: LONG_NAME }),
  member("dana", "דנה לוי (כ״ץ)", { addedBy: "نور الدين" }),
  member("odd", "gpj.tnirpeulb\ufffdx", { addedBy: "דנה לוי (כ״ץ)" }),
  member("word", "m".repeat(64), { addedBy: "נור, 12" }),
];

export const ninetyNine: readonly GroupMember[] = [
  self("admin"),
  ...Array.from({ length: 98 }, (_, at) =>
    member(`person-${at}`, `Contact ${at + 1}`, {
      role: at === 0 ? "owner" : at % 20 === 7 ? "admin" : "member",
      isVerified: at % 3 === 0,
      addedBy: at === 0 ? undefined : "Contact 1",
      state: at % 30 === 11 ? "joining" : "in",
    }),
  ),
];

export const groupRow: ConversationRow = row("ferry", "Ferry landing", {
  members: 1 + others.filter(({ state }) => state !== "joining").length,
  unread: 3,
  preview: preview("I can bring the van.", MINUTE_MS, { author: "Ruth Adeyemi" }),
});
export const groupRows: readonly ConversationRow[] = [
  groupRow,
  row("night", "Night desk", {
    members: 12,
    preview: preview("Front page is closed.", 20 * MINUTE_MS, { mine: true, mark: "delivered" }),
  }),
  row("long-group", LONG_NAME, {
    members: 99,
    preview: preview("أراك غدًا عند المدخل", 2 * HOUR_MS, { author: "نور الدين" }),
  }),
  row("new-one", "Clinic rota", { members: 4, state: "setting-up" }),
  row("old", "Harbour watch", { members: 5, state: "over", preview: preview("Bye.", DAY_MS) }),
  ...rows,
];

const said = (author: string, text: string, agoMs: number, rest: Partial<MessageView> = {}): MessageView =>
  message(text, agoMs, { author, ...rest });
const told = (notice: Notice, agoMs: number): MessageView =>
  message("", agoMs, { content: { kind: "notice", notice }, burn: undefined });

const talk: readonly MessageView[] = [
  told({ kind: "group-created", by: undefined }, DAY_MS),
  told({ kind: "member-added", by: "Mara", name: "Ruth Adeyemi" }, DAY_MS - MINUTE_MS),
  said("Mara", "The second source agrees to meet on Friday.", 40 * MINUTE_MS),
  said("Mara", "At four, by the old ferry landing.", 40 * MINUTE_MS - 9000, {
    reactions: [
      { emoji: "👍", mine: true, author: undefined },
      { emoji: "👍", mine: false, author: "Idris" },
      { emoji: "👍", mine: false, author: "Ruth Adeyemi" },
      { emoji: "🙏", mine: false, author: "Lena Østergaard" },
    ],
  }),
  said("Mara", "Bring nothing with a battery.", 36 * MINUTE_MS),
  said("Lena Østergaard", "Who drives?", 30 * MINUTE_MS),
  message("I have the small car. Two of us fit.", 28 * MINUTE_MS, {
    mine: true,
    quote: { key: "q", mine: false, author: "Lena Østergaard", text: "Who drives?" },
  }),
  said("نور الدين", "أراك غدًا عند المدخل", 20 * MINUTE_MS),
  told({ kind: "burn-changed", mine: false, by: "Idris", burnMs: WEEK_MS }, 10 * MINUTE_MS),
  said("Ruth Adeyemi", "I can bring the van.", MINUTE_MS, {
    quote: { key: "r", mine: true, author: undefined, text: "I have the small car. Two of us fit." },
  }),
];

const NOTICES: readonly Notice[] = [
  { kind: "group-created", by: "Mara" },
  { kind: "member-added", by: undefined, name: "Idris" },
  { kind: "member-added", by: "نور الدين", name: "דנה לוי (כ״ץ)" },
  { kind: "member-removed", by: undefined, name: "Tomás" },
  { kind: "member-removed", by: "Mara", name: LONG_NAME },
  { kind: "member-left", name: "Lena Østergaard" },
  { kind: "group-renamed", by: "Mara", from: "Ferry", to: "Ferry landing" },
  { kind: "group-renamed", by: undefined, from: "Ferry landing", to: "نور الدين" },
  { kind: "role-changed", by: undefined, name: "Idris", role: "admin" },
  { kind: "role-changed", by: "Mara", name: undefined, role: "admin" },
  { kind: "role-changed", by: "Mara", name: "Idris", role: "member" },
  { kind: "role-changed", by: "Mara", name: "Idris", role: "owner" },
  { kind: "role-changed", by: undefined, name: undefined, role: "member" },
  { kind: "burn-changed", mine: false, by: "Idris", burnMs: 0 },
  { kind: "identity-changed" },
  { kind: "log-conflict" },
  { kind: "removed", by: "Mara" },
];
export const noticesTalk: readonly MessageView[] = NOTICES.map((notice, at) =>
  told(notice, (NOTICES.length - at) * MINUTE_MS),
);
/** Short, so that it is drawn on the smallest screen, too. */
export const reactedTalk: readonly MessageView[] = talk.slice(3, 4);
export const leftTalk: readonly MessageView[] = [...talk, told({ kind: "left" }, MINUTE_MS / 2)];

export const strangeTalk: readonly MessageView[] = strangeNames.slice(1).flatMap(({ name }, at) => [
  said(name, "Here is what I meant to say.", (9 - at) * MINUTE_MS, {
    reactions: [{ emoji: "❤️", mine: false, author: name }],
    quote: { key: `s-${at}`, mine: false, author: name, text: "Somebody's words" },
  }),
]);

/** Without whom is on their way in. */
export const insideOf = ({ members }: GroupView): readonly GroupMember[] =>
  members.filter(({ state }) => state !== "joining");

export const groupTalk = (rest: Partial<ConversationView> = {}): ConversationView =>
  conversation({
    id: groupRow.id,
    name: groupRow.name,
    isVerified: false,
    group: { role: "owner", members: [self("owner"), ...others] },
    messages: talk,
    ...rest,
  });
export const asMember = { role: "member" as const, members: [self("member"), ...others.slice(0, 3)] };
export const alone = { role: "owner" as const, members: [self("owner")] };

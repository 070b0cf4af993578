/** Believable content for the gallery: fixed, so that pictures of it can be compared. */
import type { ConversationRow, ConversationView, FileView, MessageView, MeView } from "@sotto/client";
import { DEFAULT_POLICY } from "@sotto/protocol";

/** A Thursday, shortly after two in the afternoon. */
export const NOW = new Date(2026, 4, 14, 14, 5, 20).getTime();

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const LINK = `https://relay.example/#c${"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w".repeat(3)}x7Qk`;

export const me: MeView = {
  name: "Jonas",
  link: LINK,
  relayHost: "relay.example",
  activation: "granted",
  conversationsLeft: 28,
  contractUntil: NOW + 212 * DAY_MS,
  policy: DEFAULT_POLICY,
  storage: { usedBytes: 3_400_000, totalBytes: 31_000_000 },
  sweptAt: NOW - 12 * MINUTE_MS,
  kit: { kind: "none" },
};

/** Of nobody: the words of thirty-two zeros. */
export const kit = {
  kind: "kit",
  text: `sotto-kit:${"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w".repeat(2)}`,
  words: [...Array.from({ length: 23 }, () => "abandon"), "art"],
} as const;

export const row = (id: string, name: string, rest: Partial<ConversationRow> = {}): ConversationRow => ({
  id,
  name,
  isVerified: false,
  members: undefined,
  unread: 0,
  draft: "",
  preview: undefined,
  state: "ready",
  problem: undefined,
  changedAt: NOW - HOUR_MS,
  ...rest,
});

export const preview = (
  text: string,
  agoMs: number,
  rest: Partial<NonNullable<ConversationRow["preview"]>> = {},
) => ({
  text,
  author: undefined,
  time: NOW - agoMs,
  mine: false,
  mark: undefined,
  ...rest,
});

export const rows: readonly ConversationRow[] = [
  row("mara", "Mara", {
    isVerified: true,
    unread: 2,
    preview: preview("The second source agrees to meet on Friday.", 3 * MINUTE_MS),
  }),
  row("desk", "Night desk", {
    draft: "Please hold the front page until",
    preview: preview("Ready when you are.", 25 * MINUTE_MS),
  }),
  row("idris", "Idris", {
    isVerified: true,
    preview: preview("On my way", 3 * HOUR_MS, { mine: true, mark: "delivered" }),
  }),
  row("lena", "Lena Østergaard", {
    preview: preview("I have sent the draft to the lawyer.", 5 * HOUR_MS, { mine: true, mark: "sent" }),
  }),
  row("tomas", "Tomás", {
    state: "setting-up",
    preview: preview("Hello, this is Jonas.", 6 * HOUR_MS, { mine: true, mark: "waiting" }),
  }),
  row("clinic", "Clinic reception", {
    isVerified: true,
    preview: preview("Your results are here. Come by any morning.", DAY_MS),
  }),
  row("noor", "نور الدين", { preview: preview("أراك غدًا عند المدخل", 2 * DAY_MS) }),
  row("yuki", "由紀", { state: "broken", preview: preview("了解しました", 3 * DAY_MS) }),
];

export const longRows: readonly ConversationRow[] = [
  row("long", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Süd", {
    isVerified: true,
    unread: 128,
    preview: preview("x".repeat(300), MINUTE_MS),
  }),
  ...rows,
];

export const manyRows = (count: number): readonly ConversationRow[] =>
  Array.from({ length: count }, (_, at) =>
    row(`person-${at}`, `Contact ${at + 1}`, {
      isVerified: at % 3 === 0,
      unread: at % 7 === 0 ? 1 + (at % 5) : 0,
      preview: preview(`Line ${at + 1} of a long list`, at * 11 * MINUTE_MS, {
        mine: at % 4 === 0,
        mark: at % 4 === 0 ? "delivered" : undefined,
      }),
    }),
  );

let keys = 0;
export const message = (text: string, agoMs: number, rest: Partial<MessageView> = {}): MessageView => ({
  key: `message-${++keys}`,
  mine: false,
  author: undefined,
  time: NOW - agoMs,
  mark: rest.mine === true ? "delivered" : undefined,
  problem: undefined,
  burn: { burnAt: NOW - agoMs + WEEK_MS, burnMs: WEEK_MS, reading: undefined },
  quote: undefined,
  reactions: [],
  isChanging: false,
  isReacting: false,
  isPinned: false,
  content: { kind: "text", text, edits: [] },
  ...rest,
});

/** Replies, reactions, edits and what is gone. */
export const answeredTalk: readonly MessageView[] = [
  message("", 2 * HOUR_MS, {
    content: {
      kind: "notice",
      notice: { kind: "burn-changed", mine: false, by: undefined, burnMs: WEEK_MS },
    },
    burn: undefined,
  }),
  message("", 2 * HOUR_MS, {
    content: { kind: "notice", notice: { kind: "pin-changed", mine: false, by: undefined, isPinned: true } },
    burn: undefined,
  }),
  message("Can you bring the second set of keys on Friday, and the list of names?", 40 * MINUTE_MS, {
    reactions: [{ emoji: "👍", mine: true, author: undefined }],
  }),
  message("Keys yes. The list stays where it is.", 38 * MINUTE_MS, {
    mine: true,
    quote: {
      key: "message-1",
      mine: false,
      author: undefined,
      text: "Can you bring the second set of keys on Friday, and the list of names?",
    },
    reactions: [
      { emoji: "🙏", mine: true, author: undefined },
      { emoji: "❤️", mine: false, author: undefined },
    ],
  }),
  message("We meet at the side door at half past ten.", 30 * MINUTE_MS, {
    content: {
      kind: "text",
      text: "We meet at the side door at half past ten.",
      edits: [{ text: "We meet at the side door at ten.", time: NOW - 30 * MINUTE_MS }],
    },
  }),
  message("", 20 * MINUTE_MS, { mine: true, content: { kind: "deleted" } }),
  message("", 18 * MINUTE_MS, { content: { kind: "deleted" } }),
  message("Forget what I asked.", 12 * MINUTE_MS, {
    quote: { key: "gone", mine: true, author: undefined, text: undefined },
  }),
  message("Then half past ten it is, at the side door.", 4 * MINUTE_MS, {
    mine: true,
    mark: "sent",
    isChanging: true,
    quote: { key: "message-3", mine: true, author: undefined, text: "Keys yes. The list stays where it is." },
    content: {
      kind: "text",
      text: "Then half past ten it is, at the side door.",
      edits: [{ text: "Then ten it is.", time: NOW - 4 * MINUTE_MS }],
    },
  }),
];

/** Sixteen by eight pixels of two colours. */
const SMALL_PICTURE = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAKklEQVR4AeyQMQ0AAAzCCJbwLwUtzAHPjj1r0rdHaSlNyWkSSz4A3D8YAAAA//+YSvaOAAAABklEQVQDANVsJDFGE/EdAAAAAElFTkSuQmCC",
);
const fileMessage = (
  text: string,
  agoMs: number,
  file: Partial<FileView>,
  rest: Partial<MessageView> = {},
): MessageView => {
  const whole: FileView = {
    bytes: 2_400_000,
    mediaType: "image/png",
    name: undefined,
    picture: { width: 1600, height: 800, thumbnail: SMALL_PICTURE },
    sent: undefined,
    ...file,
  };
  return message(text, agoMs, { content: { kind: "text", text, edits: [], file: whole }, ...rest });
};
const LONG_NAME = `minutes-of-the-meeting-${"which-went-on-".repeat(8)}final.pdf`;

/** Pictures and files: fetched, not fetched, on their way, and stopped. */
export const fileTalk: readonly MessageView[] = [
  fileMessage("The side door, from the street.", 50 * MINUTE_MS, { bytes: 300_000 }),
  fileMessage("", 45 * MINUTE_MS, { picture: { width: 900, height: 1600, thumbnail: undefined } }),
  fileMessage("", 40 * MINUTE_MS, {
    mediaType: "application/pdf",
    picture: undefined,
    name: LONG_NAME,
    bytes: 84_000_000,
  }),
  message("I will read it tonight.", 30 * MINUTE_MS, {
    mine: true,
    quote: {
      key: "gone",
      mine: false,
      author: undefined,
      text: "",
      file: { bytes: 1, mediaType: "application/pdf", name: undefined, picture: undefined, sent: undefined },
    },
  }),
  fileMessage("And this is the list.", 20 * MINUTE_MS, { picture: undefined }, { mine: true }),
  fileMessage("", 2 * MINUTE_MS, { sent: 0.4 }, { mine: true, mark: "waiting" }),
  fileMessage(
    "",
    MINUTE_MS,
    { sent: 0.7, picture: undefined, name: "film.mp4" },
    { mine: true, mark: "failed", problem: { kind: "file-needed" } },
  ),
];
/** What loading the first of them gives. */
export const loadedPicture = SMALL_PICTURE;

const hourLong = (leftMs: number) => ({
  burn: { burnAt: NOW + leftMs, burnMs: HOUR_MS, reading: undefined },
});

const talk: readonly MessageView[] = [
  message("", 2 * DAY_MS, { content: { kind: "notice", notice: { kind: "started" } }, burn: undefined }),
  message("Is this line good for what we talked about?", 2 * DAY_MS - 2 * MINUTE_MS),
  message("Yes. Compare the number with me first, then go ahead.", 2 * DAY_MS - 6 * MINUTE_MS, {
    mine: true,
  }),
  message("Done, all twelve groups match.", 2 * DAY_MS - 40 * MINUTE_MS),
  message(
    "I spoke to the accountant yesterday. She has kept copies of the invoices since March, and she will show them to us, not hand them over.",
    DAY_MS + 2 * HOUR_MS,
  ),
  message("Can she meet before the weekend?", DAY_MS + HOUR_MS, { mine: true }),
  message("I will ask.", DAY_MS + HOUR_MS - MINUTE_MS),
  message("Any word from her?", 2 * HOUR_MS, { mine: true }),
  message("She agrees to Friday.", 6 * MINUTE_MS),
  message("At four, by the old ferry landing.", 6 * MINUTE_MS - 5000),
  message("Bring nothing with a battery.", 6 * MINUTE_MS - 9000),
  message("Understood. I leave the phone at the desk.", 4 * MINUTE_MS, {
    mine: true,
    ...hourLong(34 * MINUTE_MS),
  }),
  message("On my way", 2 * MINUTE_MS, { mine: true, mark: "sent", ...hourLong(40 * 1000) }),
];

/** Messages that burn from reading: not read yet and read, of both. */
export const fleetingTalk: readonly MessageView[] = [
  message("The code of the door is 4711.", 9 * MINUTE_MS, {
    mine: true,
    burn: { burnAt: NOW + DAY_MS, burnMs: DAY_MS, reading: { afterMs: 30_000, at: undefined } },
  }),
  message("And the second one?", 5 * MINUTE_MS, {
    burn: {
      burnAt: NOW + 4 * MINUTE_MS,
      burnMs: 5 * MINUTE_MS,
      reading: { afterMs: 300_000, at: NOW - 60_000 },
    },
  }),
  message("0815", 3 * MINUTE_MS, {
    mine: true,
    burn: { burnAt: NOW + 12_000, burnMs: 30_000, reading: { afterMs: 30_000, at: NOW - 18_000 } },
  }),
  message("Burn this one as well.", MINUTE_MS, {
    burn: { burnAt: NOW + DAY_MS, burnMs: DAY_MS, reading: { afterMs: 5_000, at: undefined } },
  }),
];

/** Light markup, and addresses that are not what they seem. */
export const markedTalk: readonly MessageView[] = [
  message("**Friday**, *not* Saturday. ~~At ten~~ at `10:30`.", 30 * MINUTE_MS),
  message(
    "What we need:\n- keys\n- **both** lists\n- 2 * 3 * 4 chairs\n\n1. arrive\n2. wait",
    20 * MINUTE_MS,
    {
      mine: true,
    },
  ),
  message("> Bring nothing with a battery.\nNot even a watch?", 12 * MINUTE_MS),
  message(
    '```\nif (late) {\n  wait("at the side door, the one beside the old ferry landing");\n}\n```',
    8 * MINUTE_MS,
    {
      mine: true,
    },
  ),
  message("The plan: https://example.org/plan?day=5, and https://аррӏе.example/login", 4 * MINUTE_MS),
  message("", 3 * MINUTE_MS, {
    content: { kind: "text", text: "The ferry goes at *four*.", edits: [], isForwarded: true },
  }),
  message("Or http://bank.example@login.evil.example:8080/a_b_c", 2 * MINUTE_MS, { mine: true }),
];

export const offlineTalk: readonly MessageView[] = [
  ...talk.slice(0, -2),
  message("Understood. I leave the phone at the desk.", 4 * MINUTE_MS, { mine: true, mark: "waiting" }),
  message("On my way", 2 * MINUTE_MS, { mine: true, mark: "waiting" }),
];

export const conversation = (rest: Partial<ConversationView> = {}): ConversationView => ({
  id: "mara",
  name: "Mara",
  isVerified: true,
  group: undefined,
  state: "ready",
  problem: undefined,
  reachability: { kind: "online" },
  relayHost: "relay.example",
  burnMs: WEEK_MS,
  isAccepted: true,
  draft: "",
  pinned: [],
  messages: talk,
  hasOlder: false,
  hasNewer: false,
  firstUnread: undefined,
  ...rest,
});

export const longTalk = (count: number): readonly MessageView[] =>
  Array.from({ length: count }, (_, at) =>
    message(
      at % 9 === 0
        ? `Message ${at + 1}. ${"It goes on for a while, as some do. ".repeat(6)}`
        : `Message ${at + 1}`,
      (count - at) * 7 * MINUTE_MS,
      { mine: at % 3 === 0 },
    ),
  );

export const troubledTalk: readonly MessageView[] = [
  message("", DAY_MS, {
    content: { kind: "notice", notice: { kind: "contact-renamed", from: "M.", to: "Mara" } },
    burn: undefined,
  }),
  message("", DAY_MS, { content: { kind: "notice", notice: { kind: "identity-changed" } }, burn: undefined }),
  message("", DAY_MS, { content: { kind: "notice", notice: { kind: "gap" } }, burn: undefined }),
  message("", 5 * HOUR_MS, {
    content: { kind: "notice", notice: { kind: "log-conflict" } },
    burn: undefined,
  }),
  message("", 4 * HOUR_MS, { content: { kind: "notice", notice: { kind: "remade" } }, burn: undefined }),
  message("", 3 * HOUR_MS, { content: { kind: "unknown" } }),
  message("An address: https://example.org/a/b?c=d, and a very long word: " + "m".repeat(120), 2 * HOUR_MS),
  message("هذه رسالة بالعربية مع some English inside", HOUR_MS),
  message("This one is late.", 20 * MINUTE_MS, { mine: true, mark: "failed", problem: { kind: "expired" } }),
  message("This one waits.", 2 * MINUTE_MS, { mine: true, mark: "waiting" }),
];

export const safetyNumber = {
  groups: [
    "04817",
    "55920",
    "31746",
    "90263",
    "78105",
    "42389",
    "16654",
    "83071",
    "29518",
    "67342",
    "50896",
    "11427",
  ],
  qrText: "sotto-safety:1:048175592031746902637810542389166548307129518673425089611427",
};

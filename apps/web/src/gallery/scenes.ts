/** Every screen, each from fixed views. The tests draw all of them; `gallery.html` lists them. */
import type { LockView, Problem, Reachability, VaultView } from "@sotto/client";
import type { Place } from "../navigation.ts";
import type { Obstacle } from "../worker/protocol.ts";
import { foundLong, foundNothing, foundSome } from "./found.ts";
import {
  answeredTalk,
  conversation,
  fileTalk,
  fleetingTalk,
  markedTalk,
  longRows,
  longTalk,
  manyRows,
  me,
  NOW,
  offlineTalk,
  rows,
  troubledTalk,
} from "./people.ts";
import { open, type Scene } from "./scene.ts";
import { GROUP_SCENES } from "./group-scenes.ts";

const VAULT: VaultView = {
  isTrial: false,
  guardians: 3,
  threshold: 2,
  hasDecoy: false,
  alarms: [],
  wipesAfterMs: undefined,
  wipesAt: undefined,
  lockIdleMs: 120_000,
  lockHiddenMs: 30_000,
};
const trial: VaultView = { ...VAULT, isTrial: true, guardians: 1, threshold: 1 };
const pinLock: LockView = {
  kind: "pin",
  isTrial: false,
  guardians: 3,
  threshold: 2,
  wipesAt: undefined,
  lockIdleMs: 120_000,
  lockHiddenMs: 30_000,
};
const passphrase: LockView = { kind: "passphrase" };
const offline: Reachability = {
  kind: "offline",
  since: NOW - 600_000,
  problem: { kind: "relay-unreachable" },
};
const longTalk40 = longTalk(40);
const talk: Place = { kind: "conversation", id: "mara" };

const OBSTACLES: readonly Obstacle[] = [
  "insecure-origin",
  "second-tab",
  "unsupported",
  "no-storage",
  "newer-data",
  "damaged",
];
const blocked = OBSTACLES.map((why) => [`blocked-${why}`, { view: { kind: "blocked", why } }] as const);

/** One of each: the sentences are the test. */
const PROBLEMS: readonly Problem[] = [
  { kind: "code-malformed" },
  { kind: "code-refused" },
  { kind: "link-not-a-link" },
  { kind: "link-damaged" },
  { kind: "link-newer" },
  { kind: "link-own" },
  { kind: "link-refused" },
  { kind: "contact-known" },
  { kind: "name-invalid" },
  { kind: "name-too-long" },
  { kind: "passphrase-wrong" },
  { kind: "passphrase-short" },
  { kind: "pin-wrong" },
  { kind: "pin-short" },
  { kind: "pin-common" },
  { kind: "pin-used" },
  { kind: "pin-different" },
  { kind: "guardians-unreached" },
  { kind: "guardians-wait", retryAfterMs: 300_000 },
  { kind: "guardians-false" },
  { kind: "guardians-unfinished" },
  { kind: "guardians-refused" },
  { kind: "text-empty" },
  { kind: "text-too-long" },
  { kind: "message-gone" },
  { kind: "group-role" },
  { kind: "group-owner-leaves" },
  { kind: "group-full" },
  { kind: "group-over" },
  { kind: "member-unreachable" },
  { kind: "relay-unreachable" },
  { kind: "relay-stopping" },
  { kind: "relay-full" },
  { kind: "relay-key-wrong" },
  { kind: "relay-incompatible" },
  { kind: "quota-full" },
  { kind: "tokens-spent" },
  { kind: "rate-limited", retryAfterMs: 90_000 },
  { kind: "device-full" },
  { kind: "device-failing" },
  { kind: "identity-invalid" },
  { kind: "kit-made" },
  { kind: "kit-not-a-kit" },
  { kind: "kit-damaged" },
  { kind: "kit-newer" },
  { kind: "kit-word-count", found: 23 },
  { kind: "kit-word-unknown", at: 7 },
  { kind: "kit-word-wrong" },
  { kind: "kit-words-mixed" },
  { kind: "backup-missing" },
  { kind: "backup-invalid" },
  { kind: "backup-newer" },
  { kind: "expired" },
];
const failures = PROBLEMS.map((problem, at) => ({
  key: `failure-${at}`,
  mine: true,
  author: undefined,
  time: NOW - (PROBLEMS.length - at) * 60_000,
  mark: "failed" as const,
  problem,
  burn: undefined,
  quote: undefined,
  reactions: [],
  isChanging: false,
  isReacting: false,
  isPinned: false,
  content: { kind: "text" as const, text: problem.kind, edits: [] },
}));

export const SCENES: Readonly<Record<string, Scene>> = {
  starting: { view: { kind: "starting" } },
  ...Object.fromEntries(blocked),
  crashed: {
    view: {
      kind: "crashed",
      detail: "InvariantError: a block file does not grow\n    at write (keeper-2f1c.js:1:20411)",
    },
  },
  join: { view: { kind: "new" } },
  "join-refused": { view: { kind: "new" }, problem: { kind: "code-refused" } },
  "example-offered": { view: { kind: "new" }, isForExample: true },
  "join-wiped": { view: { kind: "new", isWiped: true } },
  "example-refused": { view: { kind: "locked", lock: passphrase }, isForExample: true },
  "lock-unknown": { view: { kind: "locked", lock: undefined } },
  lock: { view: { kind: "locked", lock: pinLock } },
  "lock-wrong": { view: { kind: "locked", lock: pinLock }, problem: { kind: "pin-wrong" } },
  "lock-trial": { view: { kind: "locked", lock: { ...pinLock, isTrial: true, wipesAt: NOW + 604_800_000 } } },
  "lock-opening": { view: { kind: "opening", lock: pinLock } },
  "lock-passphrase": { view: { kind: "locked", lock: passphrase } },
  "lock-passphrase-wrong": {
    view: { kind: "locked", lock: passphrase },
    problem: { kind: "passphrase-wrong" },
  },
  chats: { view: open() },
  "chats-empty": { view: open({ conversations: [] }) },
  "chats-read": { view: open({ conversations: rows.map((one) => ({ ...one, unread: 0 })) }) },
  "chats-one": { view: open({ conversations: rows.slice(0, 1) }) },
  "chats-many": { view: open({ conversations: manyRows(1000) }) },
  "chats-long": { view: open({ conversations: longRows }) },
  "chats-offline": { view: open({ reachability: offline }) },
  "chats-warnings": {
    view: open({ clockOffMs: -86_400_000, storageProblem: { kind: "device-full" } }),
  },
  conversation: { view: open(), place: talk, conversation: conversation() },
  "conversation-empty": {
    view: open(),
    place: talk,
    conversation: conversation({ messages: [], isVerified: false, state: "setting-up" }),
  },
  "conversation-many": {
    view: open(),
    place: talk,
    conversation: conversation({ messages: longTalk(1000), hasOlder: true }),
  },
  "conversation-trouble": {
    view: open(),
    place: talk,
    conversation: conversation({
      messages: troubledTalk,
      isVerified: false,
      state: "broken",
      reachability: offline,
    }),
  },
  "conversation-offline": {
    view: open({ reachability: offline }),
    place: talk,
    conversation: conversation({ messages: offlineTalk, reachability: offline }),
  },
  "conversation-problems": { view: open(), place: talk, conversation: conversation({ messages: failures }) },
  "conversation-answers": {
    view: open(),
    place: talk,
    conversation: conversation({
      messages: answeredTalk,
      pinned: [
        {
          key: "message-4",
          mine: false,
          author: undefined,
          text: "We meet at the **side door** at half past ten, and not a minute later.",
        },
        { key: "message-3", mine: true, author: undefined, text: "Keys yes." },
      ],
    }),
  },
  "conversation-files": {
    view: open(),
    place: talk,
    conversation: conversation({ messages: fileTalk }),
  },
  "conversation-fleeting": {
    view: open(),
    place: talk,
    conversation: conversation({ messages: fleetingTalk }),
  },
  "conversation-marked": { view: open(), place: talk, conversation: conversation({ messages: markedTalk }) },
  "conversation-draft": {
    view: open(),
    place: talk,
    conversation: conversation({ draft: "A few lines\nthat are not sent yet\nand wait here" }),
  },
  "conversation-too-long": {
    view: open(),
    place: talk,
    conversation: conversation({ draft: "Too much to say. ".repeat(2000) }),
  },
  "conversation-long-name": {
    view: open({ conversations: longRows }),
    place: { kind: "conversation", id: "long" },
    conversation: conversation({ id: "long", name: longRows[0]?.name ?? "", burnMs: 30_000 }),
  },
  "conversation-around": {
    view: open(),
    place: { ...talk, at: { kind: "message", key: longTalk40[20]?.key ?? "" } },
    conversation: conversation({ messages: longTalk40, hasOlder: true, hasNewer: true }),
  },
  search: { view: open(), place: { kind: "search" }, search: foundNothing },
  "search-found": {
    view: open(),
    place: { kind: "search" },
    wanted: { text: "friday" },
    search: foundSome,
  },
  "search-dates": {
    view: open({ conversations: longRows }),
    place: { kind: "search" },
    wanted: { text: "friday", in: "long", from: "2026-05-01", to: "2026-05-14" },
    search: foundLong,
  },
  "search-none": {
    view: open(),
    place: { kind: "search" },
    wanted: { text: "nowhere" },
    search: { ...foundNothing, state: "found" },
  },
  "search-reading": {
    view: open(),
    place: { kind: "search" },
    wanted: { text: "friday" },
    search: { ...foundSome, isReading: true, hasMore: true, onlySince: NOW - 86_400_000 },
  },
  "search-too-long": {
    view: open(),
    place: { kind: "search" },
    wanted: { text: "a ".repeat(600) },
    search: { ...foundNothing, state: "too-long" },
  },
  details: { view: open(), place: { kind: "details", id: "mara" }, conversation: conversation() },
  "chats-trial": { view: open({}, trial) },
  "chats-alarm": { view: open({}, { ...VAULT, alarms: [2] }) },
  pins: { view: open({}, VAULT), place: { kind: "pins" } },
  "pins-trial": {
    view: open({}, { ...trial, hasDecoy: true, wipesAfterMs: 604_800_000 }),
    place: { kind: "pins" },
  },
  "pins-passphrase": { view: open(), place: { kind: "pins" } },
  decoy: { view: open({}, VAULT), place: { kind: "decoy" } },
  kit: { view: open(), place: { kind: "kit" } },
  "kit-made": {
    view: open({ me: { ...me, kit: { kind: "made", withContacts: true, keptAt: NOW - 3_600_000 } } }),
    place: { kind: "kit" },
  },
  "kit-keeping": {
    view: open({ me: { ...me, kit: { kind: "made", withContacts: false, keptAt: undefined } } }),
    place: { kind: "kit" },
  },
  verify: { view: open(), place: { kind: "verify", id: "mara" } },
  "verify-not-yet": { view: open(), place: { kind: "verify", id: "tomas" }, hasNoNumber: true },
  add: { view: open(), place: { kind: "add", link: "" } },
  "add-refused": {
    view: open(),
    place: { kind: "add", link: "hello" },
    problem: { kind: "link-not-a-link" },
  },
  "add-no-link": { view: open({ me: { ...me, link: undefined } }), place: { kind: "add", link: "" } },
  me: { view: open(), place: { kind: "me" } },
  help: { view: open(), place: { kind: "help" } },
  ...GROUP_SCENES,
};

/**
 * Plays the conversations: five real members write to each other over the running relay, with a clock that stands
 * where the line says. What is left are five finished devices. Spec: spec/terminal.md, DM1.
 */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createDevice, type Device, type Intent, type MemberView } from "@sotto/client-adapters/node";
import { assert, cardToLink, linkToCard, type Result } from "@sotto/protocol";
import { ANSWERING, NAMES, VISITABLE, type Person } from "./cast.ts";
import { SCENES, type Scene } from "./conversations.ts";

export const PASSPHRASE = "made up for trying";
const REGION_BYTES = 4 * 2 ** 20;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const BURN_MS = 30 * DAY_MS;
const STEP_MS_MAX = 30_000;
/** Names of this ending exist nowhere (RFC 6761): a contact who is never reached. */
const ABSENT_RELAY = "https://relay.harbour.invalid";

export const deviceFile = (folder: string, person: Person): string => join(folder, `${person}.sotto`);

export type Seeding = {
  /** Where the devices are, once all is done; not there before. */
  readonly folder: string;
  readonly relayUrl: string;
  readonly codes: Readonly<Record<Person, string>>;
};

type Cast = Readonly<Record<Person, Device>>;
type Ids = ReadonlyMap<Person, string>;

export async function seed({ folder, relayUrl, codes }: Seeding): Promise<void> {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const clock = createMovingClock(Date.now() - 7 * DAY_MS);
  const everybody = await Promise.all(
    [...VISITABLE, ...ANSWERING].map(async (person) => {
      const made = await createDevice({
        file: deviceFile(unfinished, person),
        passphrase: PASSPHRASE,
        relayUrl,
        code: codes[person],
        name: NAMES[person],
        regionBytes: REGION_BYTES,
        clock: clock.now,
      });
      return [person, valueOf(made)] as const;
    }),
  );
  const cast = Object.fromEntries(everybody) as Cast;
  for (const [, { member }] of everybody) await inTime(member.inStep());
  for (const { between } of SCENES) await introduce(cast, ...between);
  for (const [, { member }] of everybody) await inTime(member.inStep());
  const ids = idsOf(cast);
  for (const { between } of SCENES)
    for (const [one, other] of bothWays(between))
      await ask(cast[one], { kind: "set-burn", in: idOf(ids, other), burnMs: BURN_MS });
  for (const line of linesInOrder(clock.today)) await say(cast, ids, line, clock);
  clock.moveTo(Date.now());
  await finish(cast, ids);
  clock.moveTo(clock.today - 4.5 * DAY_MS);
  await ask(cast.alice, { kind: "add-contact", link: absentLink(cast) });
  for (const [, { close }] of everybody) await close();
  renameSync(unfinished, folder);
}

/** Runs on from wherever it is put. */
function createMovingClock(start: number) {
  const today = Date.now();
  let offset = start - today;
  return {
    today,
    now: () => Date.now() + offset,
    moveTo: (time: number) => void (offset = time - Date.now()),
  };
}

async function introduce(cast: Cast, one: Person, other: Person): Promise<void> {
  const { link } = cast[other].member.view().me;
  assert(link !== undefined, "who is in step has a link");
  await ask(cast[one], { kind: "add-contact", link });
  const knows = (view: MemberView, name: string): boolean =>
    view.conversations.some((row) => row.name === name && row.state === "ready");
  await untilView(cast[one], (view) => knows(view, NAMES[other]));
  await untilView(cast[other], (view) => knows(view, NAMES[one]));
}

/** Accounts by who they are: found by name, which is told in the encryption. */
function idsOf(cast: Cast): Ids {
  const ids = new Map<Person, string>();
  for (const { between } of SCENES)
    for (const [one, other] of bothWays(between)) {
      const row = cast[one].member.view().conversations.find(({ name }) => name === NAMES[other]);
      if (row !== undefined) ids.set(other, row.id);
    }
  return ids;
}

const idOf = (ids: Ids, person: Person): string => {
  const id = ids.get(person);
  assert(id !== undefined, "everybody in a scene was introduced");
  return id;
};

type Line = {
  readonly from: Person;
  readonly to: Person;
  readonly time: number;
  readonly text: string;
  readonly isRead: boolean;
};

const LINE = /^(?:(\d+)d (\d\d):(\d\d)|(\d+)m) ([a-z]+)(!?) (.+)$/;

/** Of all conversations together, oldest first. */
export const linesInOrder = (now: number): readonly Line[] =>
  SCENES.flatMap((scene) => linesOf(scene, now)).toSorted((a, b) => a.time - b.time);

function linesOf({ between, lines }: Scene, now: number): readonly Line[] {
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const parts = LINE.exec(line);
      assert(parts !== null, "a line is a time, a person and a text");
      const [, days, hour, minute, minutesAgo, writer, mark, text = ""] = parts;
      const from = between.find((person) => person === writer);
      const to = between.find((person) => person !== writer);
      assert(from !== undefined && to !== undefined, "who writes is in the scene");
      const time =
        minutesAgo === undefined
          ? new Date(now - Number(days) * DAY_MS).setHours(Number(hour), Number(minute), 0, 0)
          : now - Number(minutesAgo) * MINUTE_MS;
      return { from, to, time, text, isRead: mark === "" };
    });
}

async function say(cast: Cast, ids: Ids, line: Line, clock: { moveTo(time: number): void }): Promise<void> {
  const { from, to, text } = line;
  clock.moveTo(line.time);
  await ask(cast[from], { kind: "send", to: idOf(ids, to), text });
  const isHere = (view: MemberView): boolean =>
    view.conversations.some(({ id, preview }) => id === idOf(ids, from) && preview?.text === text);
  await untilView(cast[to], isHere);
  if (line.isRead) await ask(cast[to], { kind: "mark-read", in: idOf(ids, from) });
}

async function finish(cast: Cast, ids: Ids): Promise<void> {
  for (const { between, isVerified, drafts = {} } of SCENES)
    for (const [one, other] of bothWays(between)) {
      const id = idOf(ids, other);
      if (isVerified) await ask(cast[one], { kind: "verify", in: id, matches: true });
      const draft = drafts[one];
      if (draft !== undefined) await ask(cast[one], { kind: "draft", in: id, text: draft });
    }
}

/** Whole and well-formed, to an account and a relay that do not exist. */
function absentLink(cast: Cast): string {
  const card = linkToCard(cast.mara.member.view().me.link ?? "");
  assert(card.ok, "one's own link is whole");
  const accountId = card.value.accountId.map((byte) => byte ^ 0xff);
  const endpoint = { ...card.value.endpoint, url: ABSENT_RELAY };
  return cardToLink({ ...card.value, accountId, endpoint }, ABSENT_RELAY);
}

const bothWays = ([one, other]: readonly [Person, Person]): readonly (readonly [Person, Person])[] => [
  [one, other],
  [other, one],
];

const ask = async ({ member }: Device, intent: Intent): Promise<void> =>
  void valueOf(await member.ask(intent));

async function untilView({ member }: Device, isWanted: (view: MemberView) => boolean): Promise<void> {
  if (isWanted(member.view())) return;
  const wanted = Promise.withResolvers<void>();
  const forget = member.onView((view) => {
    if (isWanted(view)) wanted.resolve();
  });
  await inTime(wanted.promise).finally(forget);
}

/** A step that takes longer means that the relay is gone: whoever started this decides. */
async function inTime(step: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("a step took too long")), STEP_MS_MAX);
  await Promise.race([step, late.promise]).finally(() => clearTimeout(timer));
}

function valueOf<T>(result: Result<T, { readonly kind: string }>): T {
  if (!result.ok) throw new Error(result.error.kind);
  return result.value;
}

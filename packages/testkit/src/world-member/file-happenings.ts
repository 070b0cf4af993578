/** What people do with files, and what must be true of them once all is well again. Spec: spec/simulation.md, SM45. */
import type { Problem } from "@sotto/client";
import { concat, equalBytes, type Result } from "@sotto/protocol";
import type { Violation } from "../world-channel/ledger.ts";
import { groupIds, letterToGroup } from "./group-happenings.ts";
import type { Letter } from "./letters.ts";
import type { Seat } from "./seat.ts";
import { fileOf, sourceOf } from "./sources.ts";
import type { World } from "./world.ts";

/** One byte, exactly one chunk, one byte more, and some chunks. */
const FILE_BYTES = [1, 65_536, 65_537, 200_000];
const MINUTE_MS = 60_000;
const REFUSALS: readonly Problem["kind"][] = ["file-damaged", "file-gone"];

/** Into a conversation of two, or into a group. */
async function sendFile(world: World): Promise<void> {
  const { rng, seats, letters, timeline, note } = world;
  const from = rng.pick(seats);
  const places = [...seats.filter((seat) => seat !== from).map(({ name }) => name), ...groupIds(world)];
  const to = rng.pick(places);
  const isGroup = !seats.some(({ name }) => name === to);
  const id = isGroup ? to : from.conversationWith(to);
  if (id === undefined || from.member() === undefined) return;
  const letter = isGroup
    ? letterToGroup(world, from, to)
    : letters.write(from.name, to, timeline.now(), from.witness(to).burnMs());
  if (letter === undefined) return;
  letter.file = fileOf(letter.text, rng.pick(FILE_BYTES));
  note(`${from.name} writes "${letter.text}", with a file of ${letter.file.length} bytes`);
  const source = sourceOf(letter.file, rng.chance(0.5) ? letter.text : undefined);
  const attaching = { to: id, source, text: letter.text, mediaType: "text/plain" };
  const answer = await from.attempt((member) =>
    member.attach({ ...attaching, name: undefined, picture: undefined }),
  );
  letters.answered(letter, answer);
}

type Place = {
  readonly seat: Seat;
  /** Of the conversation. */
  readonly id: string;
  readonly letter: Letter & { readonly key: string; readonly file: Uint8Array };
};

/** Files that somebody has before them, and where. */
const placesOf = ({ seats, letters }: World): readonly Place[] =>
  letters.all().flatMap((letter) => {
    const { key, file, from, to } = letter;
    if (key === undefined || file === undefined) return [];
    return seats.flatMap((seat) => {
      const isTwo = seats.some(({ name }) => name === to);
      const other = seat.name === from ? to : from;
      const witness = isTwo ? seat.name !== other && seat.witness(other) : seat.groupWitness(to);
      const id = isTwo ? seat.conversationWith(other) : to;
      const isInvolved = !isTwo || seat.name === from || seat.name === to;
      if (!isInvolved || !witness || id === undefined || witness.saidOf(key) === undefined) return [];
      return [{ seat, id, letter: Object.assign(letter, { key, file }) }];
    });
  });

/** Undefined: the device died meanwhile. Given piece by piece, each must be what was sent. */
async function read({ seat, id, letter }: Place, world: World): Promise<Result<void, Problem> | undefined> {
  const pieces: Uint8Array[] = [];
  const done = await seat.attempt((member) =>
    member.readFile(id, letter.key, (piece, { from }) => {
      const sent = letter.file.subarray(from, from + piece.length);
      if (!equalBytes(piece, sent))
        world.letters.violate("SM45", `${seat.name} is given something else of the file of "${letter.text}"`);
      pieces.push(piece);
      return true;
    }),
  );
  if (done?.ok === false) letter.isFileRefused = REFUSALS.includes(done.error.kind);
  if (done?.ok !== true) return done;
  letter.isFileRead = true;
  if (!equalBytes(concat(...pieces), letter.file))
    world.letters.violate(
      "SM45",
      `${seat.name} is given a part of the file of "${letter.text}" as the whole`,
    );
  return done;
}

/** Beside everything else that happens. */
function readOne(world: World): void {
  const places = placesOf(world);
  if (places.length === 0) return;
  const place = world.rng.pick(places);
  world.note(`${place.seat.name} opens the file of "${place.letter.text}"`);
  void read(place, world);
}

/** While it is on its way. */
async function cancel(world: World): Promise<void> {
  const own = placesOf(world).filter(({ seat, letter }) => seat.name === letter.from);
  const waiting = own.filter(({ seat, letter }) => markOf(seat, letter) === "waiting");
  if (waiting.length === 0) return;
  const { seat, id, letter } = world.rng.pick(waiting);
  world.note(`${seat.name} does not want to send the file of "${letter.text}"`);
  letter.isGivenUp = true;
  await seat.ask({ kind: "discard", in: id, key: letter.key });
}

const markOf = (seat: Seat, { to, text }: Letter) => (seat.groupWitness(to) ?? seat.witness(to)).markOf(text);

/** Everybody chooses once more what their device did not find again. Whether anybody did. */
export async function supplyFiles(world: World): Promise<boolean> {
  let isAny = false;
  for (const { seat, id, letter } of placesOf(world)) {
    const mark = markOf(seat, letter);
    if (seat.name !== letter.from || (mark !== "waiting" && mark !== "failed")) continue;
    const answer = await seat.attempt((member) => member.supply(id, letter.key, sourceOf(letter.file)));
    if (answer?.ok === true) letter.isGivenUp = false;
    isAny ||= answer?.ok === true;
  }
  return isAny;
}

/** Everybody reads all files that they have before them. What they cannot read. */
export async function readFiles(world: World): Promise<readonly Violation[]> {
  const { letters, timeline } = world;
  const found: Violation[] = [];
  const reading = placesOf(world)
    .filter(({ letter }) => !letters.mayHaveBurnt(letter, timeline.now() + 10 * MINUTE_MS))
    .filter(({ letter }) => !letter.isDeleted && !letter.isGivenUp)
    .filter(({ seat, letter }) => seat.name !== letter.from || markOf(seat, letter) !== "waiting")
    .map(async (place) => {
      const done = await read(place, world);
      if (done?.ok === true) return;
      const what = done === undefined ? "the device died" : done.error.kind;
      found.push({
        rule: "SM45",
        what: `${place.seat.name} cannot read the file of "${place.letter.text}": ${what}`,
      });
    });
  if (reading.length === 0) return [];
  await world.settle();
  await world.runFor(2 * MINUTE_MS);
  await Promise.race([Promise.all(reading), world.settle()]);
  return found;
}

/** Each as often as it stands here. */
export const FILE_HAPPENINGS = [sendFile, sendFile, readOne, cancel];

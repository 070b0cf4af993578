/** Files in a conversation of two. Spec: spec/files.md. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Attaching, FileSource, FileView, MessageView, Problem } from "@sotto/client";
import { CHUNK_BYTES, sealedFileBytes } from "@sotto/crypto";
import {
  CONTENT_FILE,
  encode,
  fileContent,
  FILE_BYTES_MAX,
  TEXT_BYTES_MAX,
  type FileContent,
} from "@sotto/protocol";
import { outboxEntries } from "../src/stored/conversation.ts";
import { acquaintances, random, type Person } from "./world.ts";

const MIB = 1_048_576;

/** Given for `origin`s by whoever reads a disk. */
const sourceOf = (file: Uint8Array, origin?: string): FileSource => ({
  bytes: file.length,
  ...(origin === undefined ? {} : { origin }),
  read: (from, length) => Promise.resolve(file.slice(from, from + length)),
});

async function attach(
  from: Person,
  to: Person,
  file: Uint8Array | FileSource,
  more: Partial<Attaching> = {},
) {
  assert.ok(from.member);
  const source = file instanceof Uint8Array ? sourceOf(file) : file;
  const answer = await from.member.attach({
    to: to.id,
    source,
    text: "",
    mediaType: "application/pdf",
    name: undefined,
    picture: undefined,
    ...more,
  });
  await from.world.pass();
  return answer;
}
async function attached(...given: Parameters<typeof attach>): Promise<string> {
  const answer = await attach(...given);
  assert.ok(answer.ok && answer.value.kind === "message", JSON.stringify(answer));
  return answer.value.key;
}

async function messageOf(who: Person, of: Person, key: string): Promise<MessageView | undefined> {
  return (await who.conversation(of.id)).messages.find((message) => message.key === key);
}
async function fileOf(who: Person, of: Person, key: string): Promise<FileView> {
  const content = (await messageOf(who, of, key))?.content;
  return (content?.kind === "text" ? content.file : undefined) ?? assert.fail("a file is shown");
}

/** What reading gives, with time passing for as long as it takes. */
async function read(who: Person, of: Person, key: string): Promise<Buffer | Problem["kind"]> {
  assert.ok(who.member);
  const pieces: Uint8Array[] = [];
  let end: Awaited<ReturnType<typeof who.member.readFile>> | undefined;
  void who.member
    .readFile(of.id, key, (piece, { from }) => {
      assert.equal(
        from,
        pieces.reduce((sum, { length }) => sum + length, 0),
      );
      pieces.push(piece.slice());
      return true;
    })
    .then((result) => (end = result));
  for (let tries = 0; end === undefined && tries < 400; tries++) await who.world.pass(500);
  assert.ok(end, "reading ends");
  return end.ok ? Buffer.concat(pieces) : end.error.kind;
}

const keptOf = (who: Person): number => who.records.list("fc/").length;
const gets = ({ blobRequests }: { blobRequests: string[] }): number =>
  blobRequests.filter((one) => one.startsWith("GET")).length;
const puts = ({ blobRequests }: { blobRequests: string[] }): string[] =>
  blobRequests.filter((one) => one.startsWith("PUT"));

test("[FT1] [FT10] a file arrives as it was, with what was said, and its name only where it is shown", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(300_000);
  const hidden = await attached(alice, bob, file, { text: "the plan" });
  const named = await attached(alice, bob, file, { name: "plan.pdf" });
  await world.pass(5_000);
  assert.deepEqual(await read(bob, alice, hidden), Buffer.from(file));
  const message = await messageOf(bob, alice, hidden);
  assert.ok(message?.content.kind === "text");
  assert.equal(message.content.text, "the plan");
  assert.equal((await fileOf(bob, alice, hidden)).name, undefined);
  assert.equal((await fileOf(bob, alice, hidden)).bytes, 300_000);
  assert.equal((await fileOf(bob, alice, named)).name, "plan.pdf");
  assert.equal((await messageOf(alice, bob, named))?.mark, "delivered");
  assert.equal(here.blobStore.countedBytes(), 2 * sealedFileBytes(300_000), "padded, and sealed");
  assert.equal(bob.view.conversations[0]?.preview?.file?.name, "plan.pdf");
});

test("[FT2] a file of nothing, one that is too large and a text that is too long are refused", async () => {
  const { alice, bob } = await acquaintances();
  const huge = { bytes: FILE_BYTES_MAX + 1, read: () => Promise.resolve(undefined) };
  for (const [file, more, kind] of [
    [new Uint8Array(), {}, "file-empty"],
    [huge, {}, "file-too-large"],
    [random(1), { text: "t".repeat(TEXT_BYTES_MAX + 1) }, "text-too-long"],
  ] as const)
    assert.deepEqual(await attach(alice, bob, file, more), { ok: false, error: { kind } });
  assert.equal((await alice.conversation(bob.id)).messages.filter(({ mine }) => mine).length, 0);
});

test("[FT1] the longest text, the largest thumbnail and the longest name fit one message", async () => {
  const { world, alice, bob } = await acquaintances();
  const picture = { width: 10, height: 10, thumbnail: random(16_384) };
  const more = { text: "t".repeat(TEXT_BYTES_MAX), name: "n".repeat(256), picture };
  const key = await attached(alice, bob, random(10), { ...more, mediaType: "m".repeat(127) });
  await world.pass(2_000);
  assert.equal((await fileOf(bob, alice, key)).name?.length, 256);
});

test("[FT11] how far it is is shown, and a line that breaks costs no more than what was under way", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(3 * MIB);
  let isCut = true;
  let count = 0;
  here.disturb = (method) => (method === "PUT" && isCut && ++count > 2 ? "half" : undefined);
  const key = await attached(alice, bob, file);
  await world.pass(2_000);
  const { sent } = await fileOf(alice, bob, key);
  assert.ok(sent !== undefined && sent > 0 && sent < 1, `${sent} is there`);
  assert.equal((await messageOf(alice, bob, key))?.mark, "waiting");
  assert.equal(await messageOf(bob, alice, key), undefined, "nobody is shown what is not there");
  isCut = false;
  await world.pass(120_000);
  assert.deepEqual(await read(bob, alice, key), Buffer.from(file));
  const offsets = puts(here).map((one) => Number(one.split(" ")[1]));
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b),
    "it never began again",
  );
});

test("[FT12] a small file goes on after the process died; its chunks are kept here until then", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(2 * MIB);
  here.disturb = (method) => (method === "PUT" && puts(here).length > 1 ? "away" : undefined);
  const key = await attached(alice, bob, file);
  await world.pass(3_000);
  const before = (await fileOf(alice, bob, key)).sent;
  assert.ok(before !== undefined && before > 0);
  alice.crash();
  here.disturb = () => undefined;
  await alice.start();
  await world.pass(60_000);
  assert.deepEqual(await read(bob, alice, key), Buffer.from(file));
  assert.ok(!puts(here).slice(2).includes("PUT 0 262144"), "what was there was not sent again");
});

test("[FT12] a large file is found again by its name, or chosen again, and goes on where it was", async () => {
  for (const way of ["by its name", "chosen again"] as const) {
    const { world, here, alice, bob } = await acquaintances();
    const file = random(MIB);
    alice.records.capacityBytes = MIB; // no room for files
    here.disturb = (method) => (method === "PUT" && puts(here).length > 1 ? "away" : undefined);
    const key = await attached(alice, bob, sourceOf(file, "/media/card/film"));
    await world.pass(3_000);
    assert.equal(keptOf(alice), 0, "nothing of it is in the container");
    alice.crash();
    here.disturb = () => undefined;
    const asked: string[] = [];
    if (way === "by its name")
      alice.openSource = (origin) => {
        asked.push(origin);
        return Promise.resolve(sourceOf(file, origin));
      };
    await alice.start();
    await world.pass(2_000);
    if (way === "chosen again") {
      const waiting = await messageOf(alice, bob, key);
      assert.deepEqual([waiting?.mark, waiting?.problem], ["failed", { kind: "file-needed" }]);
      assert.ok(alice.member);
      const other = await alice.member.supply(bob.id, key, sourceOf(random(5)));
      assert.deepEqual(other, { ok: false, error: { kind: "file-changed" } });
      assert.ok((await alice.member.supply(bob.id, key, sourceOf(file))).ok);
    } else assert.deepEqual(asked, ["/media/card/film"]);
    await world.pass(60_000);
    assert.deepEqual(await read(bob, alice, key), Buffer.from(file), way);
    assert.equal(puts(here).filter((one) => one.startsWith("PUT 0 ")).length, 1, way);
  }
});

test("[FT13] a file that is another one now is not sent under the key of the first", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(MIB);
  alice.records.capacityBytes = MIB;
  let now = file;
  const changing: FileSource = {
    bytes: file.length,
    read: (from, length) => Promise.resolve(now.slice(from, from + length)),
  };
  here.disturb = (method) => {
    if (method === "PUT" && puts(here).length > 1) now = random(MIB);
    return undefined;
  };
  const key = await attached(alice, bob, changing);
  await world.pass(10_000);
  const message = await messageOf(alice, bob, key);
  assert.deepEqual([message?.mark, message?.problem], ["failed", { kind: "file-changed" }]);
  // After a restart, the same: it is compared with what was chosen, as a whole.
  alice.crash();
  alice.openSource = () => Promise.resolve(sourceOf(random(MIB)));
  await alice.start();
  await world.pass(10_000);
  assert.equal(await messageOf(bob, alice, key), undefined);
  assert.ok((await alice.ask({ kind: "discard", in: bob.id, key })).ok);
  await world.pass(5_000);
  assert.equal(here.blobStore.countedBytes(), 0);
});

test("[FT14] a sending that is cancelled leaves nothing here and nothing at the relay", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.disturb = (method) => (method === "PUT" && puts(here).length > 2 ? "away" : undefined);
  const key = await attached(alice, bob, random(2 * MIB));
  await world.pass(3_000);
  assert.ok(keptOf(alice) > 0 && here.blobStore.countedBytes() > 0);
  assert.ok((await alice.ask({ kind: "discard", in: bob.id, key })).ok);
  await world.pass(20_000);
  assert.equal(await messageOf(alice, bob, key), undefined);
  assert.equal(keptOf(alice), 0);
  assert.equal(here.blobStore.countedBytes(), 0);
  for (const prefix of ["fu/", "fr/", "fe/"]) assert.deepEqual(alice.records.list(prefix), [], prefix);
});

test("[FT15] what cannot be sent before it burns is gone, and said to be", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 60_000 });
  here.disturb = () => "away";
  const key = await attached(alice, bob, random(MIB));
  await world.pass(61_000);
  const message = await messageOf(alice, bob, key);
  assert.deepEqual([message?.mark, message?.problem], ["failed", { kind: "expired" }]);
  assert.equal(keptOf(alice), 0);
  assert.deepEqual(alice.records.list("fu/"), []);
});

test("[FT16] a relay that lost the blob, or lets its grant end, is given another one under another key", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(2 * MIB);
  let isLost = false;
  here.disturb = (method) => (method === "PUT" && puts(here).length > 2 && !isLost ? "away" : undefined);
  const key = await attached(alice, bob, file);
  await world.pass(3_000);
  for (const [name] of await here.blobStore.due(Infinity)) await here.blobStore.erase(name, undefined);
  isLost = true;
  world.now += 25 * 3_600_000; // the grant is over, too
  await world.pass(120_000);
  assert.deepEqual(await read(bob, alice, key), Buffer.from(file));
});

test("[FT21] what was fetched once is read from the device, and a large file is never kept", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const small = await attached(alice, bob, random(200_000));
  const large = await attached(alice, bob, random(4 * MIB + 1));
  await world.pass(20_000);
  assert.ok((await read(bob, alice, small)) instanceof Buffer);
  const before = gets(here);
  assert.ok((await read(bob, alice, small)) instanceof Buffer);
  assert.equal(gets(here), before, "it was kept");
  assert.equal(keptOf(bob), 4);
  assert.ok((await read(bob, alice, large)) instanceof Buffer);
  assert.equal(keptOf(bob), 4, "and of the large one nothing is");
  assert.ok((await read(alice, bob, large)) instanceof Buffer, "its sender reads it, too");
});

test("[FT21] files take at most half of the device; from there on they are read where they lie", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.records.capacityBytes = 2 * MIB + 1;
  const keys: string[] = [];
  for (let count = 0; count < 4; count++) keys.push(await attached(alice, bob, random(400_000)));
  await world.pass(20_000);
  for (const key of keys) assert.ok((await read(bob, alice, key)) instanceof Buffer);
  assert.ok(keptOf(bob) > 0);
  assert.ok(bob.records.usage().liveBytes <= MIB + 65_536);
});

test("[FT22] fetching goes on after the line broke, also in the middle", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(2 * MIB);
  const key = await attached(alice, bob, file);
  await world.pass(20_000);
  let count = 0;
  here.disturb = (method) => (method === "GET" && ++count % 2 === 0 ? "away" : undefined);
  assert.deepEqual(await read(bob, alice, key), Buffer.from(file));
  const from = here.blobRequests
    .filter((one) => one.startsWith("GET"))
    .map((one) => Number(one.split(" ")[1]));
  assert.equal(from.filter((at) => at === 0).length, 1, "it never began again");
});

test("[FT22] after the process died what was fetched of a small file is not fetched again", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const file = random(2 * MIB);
  const key = await attached(alice, bob, file);
  await world.pass(20_000);
  assert.ok(bob.member);
  void bob.member.readFile(alice.id, key, (_, { from }) => from < MIB);
  await world.pass(3_000);
  bob.crash();
  await bob.start();
  const before = here.blobRequests.length;
  assert.deepEqual(await read(bob, alice, key), Buffer.from(file));
  const again = here.blobRequests.slice(before).map((one) => Number(one.split(" ")[1]));
  assert.ok(
    again.every((at) => at >= MIB),
    "the first half was here",
  );
});

test("[CL7] [FT22] a member that is closed ends what is being fetched, with a problem", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await attached(alice, bob, random(200_000));
  await world.pass(5_000);
  here.disturb = (method) => (method === "GET" ? "away" : undefined);
  assert.ok(bob.member);
  const reading = bob.member.readFile(alice.id, key, () => true);
  await world.pass(2_000);
  await bob.member.close();
  assert.deepEqual(await reading, { ok: false, error: { kind: "device-failing" } });
});

test("[FT23] altered, cut and exchanged bytes are refused, and nothing of them is kept", async () => {
  for (const alter of [
    (bytes: Uint8Array) => bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1),
    (bytes: Uint8Array) => Buffer.concat([bytes.subarray(65_552), bytes.subarray(0, 65_552)]),
  ]) {
    const { world, here, alice, bob } = await acquaintances();
    const key = await attached(alice, bob, random(200_000));
    await world.pass(5_000);
    here.alter = alter;
    assert.equal(await read(bob, alice, key), "file-damaged");
    assert.equal(keptOf(bob), 0);
  }
  const { world, here, alice, bob } = await acquaintances();
  const key = await attached(alice, bob, random(200_000));
  await world.pass(5_000);
  here.alter = (bytes) => bytes.subarray(0, -1);
  assert.equal(await read(bob, alice, key), "relay-unreachable", "a short answer is asked for again");
});

test("[FT27] the ranges that are asked for are those of the padded blob", async () => {
  const { world, here, alice, bob } = await acquaintances();
  // Of both the relay has the same: the second is a chunk longer than what is padded to it.
  const ranges: string[][] = [];
  for (const bytes of [4_194_305, 4_325_376]) {
    assert.equal(sealedFileBytes(bytes), sealedFileBytes(4_325_376));
    const key = await attached(alice, bob, random(bytes));
    await world.pass(20_000);
    const before = here.blobRequests.length;
    assert.ok((await read(bob, alice, key)) instanceof Buffer);
    ranges.push(here.blobRequests.slice(before));
  }
  assert.deepEqual(ranges[0], ranges[1]);
});

test("[FT24] a blob that is gone is said to be gone", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await attached(alice, bob, random(200_000));
  await world.pass(5_000);
  for (const [name] of await here.blobStore.due(Infinity)) await here.blobStore.erase(name, undefined);
  assert.equal(await read(bob, alice, key), "file-gone");
});

/** A message as a client says it that keeps to nothing. */
async function say(from: Person, to: Person, lie: Partial<FileContent>): Promise<string> {
  const content: FileContent = {
    text: "",
    to: undefined,
    endpoint: { url: from.relay.url, relayId: from.relay.keyRing.relayId },
    blobId: random(32),
    key: random(32),
    bytes: 1_000,
    digest: random(32),
    mediaType: "image/png",
    name: undefined,
    picture: undefined,
    ...lie,
  };
  from.relay.isUp = false;
  from.relay.cutAll();
  const key = await from.send(to, "to be replaced");
  from.crash();
  for (const name of from.records.list(outboxEntries.prefix)) {
    const entry = outboxEntries.fromBytes(from.records.kept.get(name) ?? assert.fail("it is there"));
    assert.ok(entry.ok);
    if (entry.value.messageId.toHex() !== key) continue;
    const sent = { contentKind: CONTENT_FILE, content: encode(fileContent, content), sealed: undefined };
    const lied = { ...entry.value, ...sent };
    from.records.kept.set(name, outboxEntries.toBytes(lied));
  }
  from.relay.isUp = true;
  await from.start();
  await from.world.pass(60_000);
  return key;
}

test("[FT25] nobody is asked for a file but the relays of its conversation", async () => {
  const { world, alice, bob } = await acquaintances();
  const elsewhere = world.relay("https://elsewhere.example");
  const endpoint = { url: elsewhere.url, relayId: elsewhere.keyRing.relayId };
  const key = await say(alice, bob, { endpoint });
  assert.equal(await read(bob, alice, key), "file-elsewhere");
  assert.deepEqual(elsewhere.blobRequests, []);
});

test("[FT26] what a sender says of a file becomes harmless before it is shown", async () => {
  const { alice, bob } = await acquaintances();
  const key = await say(alice, bob, { name: "../../etc/\u202egnp.exe\u0007", mediaType: "text/html; x" });
  assert.deepEqual(await fileOf(bob, alice, key), {
    bytes: 1_000,
    mediaType: "application/octet-stream",
    name: "_.._etc_gnp.exe",
    picture: undefined,
    sent: undefined,
  });
  const bomb = await say(alice, bob, {
    picture: { width: 10, height: 10, thumbnail: pngOf(20_000, 20_000) },
  });
  assert.equal((await fileOf(bob, alice, bomb)).picture?.thumbnail, undefined);
  for (const bytes of [0, FILE_BYTES_MAX + 1]) {
    const impossible = await say(alice, bob, { bytes });
    assert.equal((await messageOf(bob, alice, impossible))?.content.kind, "unknown");
  }
});

/** A header that says so, and nothing behind it. */
function pngOf(width: number, height: number): Uint8Array {
  const png = Buffer.alloc(8 + 25 + 12);
  png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  png.writeUInt32BE(13, 8);
  png.write("IHDR", 12);
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.write("IEND", 37);
  return png;
}

test("[FT20] files load unasked only where this person began the conversation, or has written in it", async () => {
  const { world, alice, bob } = await acquaintances();
  assert.equal((await alice.conversation(bob.id)).isAccepted, true, "she added him");
  assert.equal((await bob.conversation(alice.id)).isAccepted, false, "she is a stranger to him");
  await bob.send(alice.id, "hello");
  await world.pass(1_000);
  assert.equal((await bob.conversation(alice.id)).isAccepted, true);
});

test("[FT30] [FT31] when it burns, nothing of a file is left on either device or at the relay", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 60_000 });
  const file = new Uint8Array(200_000).fill(0x5a);
  const key = await attached(alice, bob, file);
  await world.pass(5_000);
  assert.ok((await read(bob, alice, key)) instanceof Buffer);
  assert.ok(keptOf(alice) > 0 && keptOf(bob) > 0 && here.blobStore.countedBytes() > 0);
  await world.pass(61_000);
  for (const who of [alice, bob]) {
    assert.equal(keptOf(who), 0);
    for (const prefix of ["fu/", "fr/", "fe/", "m/"])
      assert.ok(
        who.records.list(prefix).every((one) => !one.includes(key)),
        prefix,
      );
    for (const value of who.records.kept.values())
      assert.ok(!Buffer.from(value).includes(Buffer.from(file.subarray(0, 64))));
  }
  assert.equal(here.blobStore.countedBytes(), 0, "before its rung is over");
  assert.equal(await read(bob, alice, key), "message-gone");
});

test("[FT31] one that is deleted for everyone is erased at the relay, too, as soon as it can be reached", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await attached(alice, bob, random(200_000));
  await world.pass(5_000);
  assert.ok((await read(bob, alice, key)) instanceof Buffer);
  here.isUp = false;
  here.cutAll();
  assert.ok((await alice.ask({ kind: "delete", in: bob.id, key })).ok);
  await world.pass(5_000);
  alice.crash();
  await alice.start();
  assert.ok(here.blobStore.countedBytes() > 0);
  here.isUp = true;
  await world.pass(120_000);
  assert.equal(here.blobStore.countedBytes(), 0);
  for (const who of [alice, bob]) {
    assert.equal(keptOf(who), 0);
    assert.equal((await messageOf(who, who === alice ? bob : alice, key))?.content.kind, "deleted");
  }
  assert.deepEqual(alice.records.list("fe/"), []);
});

test("[FT32] a file that burns while it is fetched is not given any further", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 60_000 });
  const key = await attached(alice, bob, random(3 * MIB));
  await world.pass(5_000);
  assert.ok(bob.member);
  const go = Promise.withResolvers<boolean>();
  const given: number[] = [];
  const reading = bob.member.readFile(alice.id, key, (_, { from }) => {
    given.push(from);
    return from === 3 * CHUNK_BYTES ? go.promise : true;
  });
  await world.pass(61_000);
  go.resolve(true);
  await world.pass(1_000);
  assert.deepEqual(await reading, { ok: false, error: { kind: "message-gone" } });
  assert.equal(given.length, 4);
  assert.equal(keptOf(bob), 0);
});

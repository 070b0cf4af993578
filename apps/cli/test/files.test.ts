/** Files between two people at their terminals, with a relay of its own: everything is real. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, startRelay, until, type RelayProcess } from "@sotto/testkit/e2e";
import { acquaint, personCalled, type Person } from "./people.ts";

const folder = createFolder();
const at = (name: string): string => join(folder.path, name);
let relay: RelayProcess;
let alice: Person;
let bob: Person;

before(async () => {
  relay = await startRelay({ data: at("relay") });
  alice = personCalled("Alice", folder.path, relay.url);
  bob = personCalled("Bob", folder.path, relay.url);
  await acquaint(alice, bob, [relay.codes[0] ?? "", relay.codes[1] ?? ""]);
});
after(async () => {
  await relay.stop();
  folder.remove();
});

const blobs = (): readonly string[] => readdirSync(at("relay/blobs"), { recursive: true }).map(String);
const blobBytes = (): number =>
  blobs().reduce((sum, name) => sum + statSync(at(`relay/blobs/${name}`)).size, 0);

/** The letters by which the newest file in the conversation is named. */
async function newestKey(who: Person, other: string): Promise<string> {
  type Line = { readonly key: string; readonly content: { readonly file?: unknown } };
  const lines = await who.read<Line>("read", other);
  return (
    lines.findLast(({ content }) => content.file !== undefined)?.key.slice(0, 8) ?? assert.fail("a file")
  );
}

test("[TC32] [TC33] [FT10] a file arrives as it was, and its name only with --show-name", async () => {
  const plan = randomBytes(300_000);
  writeFileSync(at("plan of the harbour.pdf"), plan);
  await alice.ask("send", "bob", "the plan", "--file", at("plan of the harbour.pdf"));
  assert.match(await bob.ask("read", "alice"), /\[application\/pdf, 300 kB, [0-9a-f]{8}\] the plan/);
  const key = await newestKey(bob, "alice");
  assert.match(await bob.ask("save", "alice", key, at("saved.pdf")), /does not burn/);
  assert.deepEqual(readFileSync(at("saved.pdf")), plan);
  assert.equal(statSync(at("saved.pdf")).mode & 0o777, 0o600);

  await alice.ask("send", "bob", "--file", at("plan of the harbour.pdf"), "--show-name");
  assert.match(await bob.ask("list"), /\[application\/pdf, 300 kB, plan of the harbour\.pdf\]/);
  const again = await bob.run("save", "alice", await newestKey(bob, "alice"), at("saved.pdf"));
  assert.equal(again.status, 1);
  assert.match(again.err, /was not touched/);
  assert.equal((await bob.run("save", "alice", "0000", at("other.pdf"))).status, 1);
  const missing = await alice.run("send", "bob", "--file", at("no such file"));
  assert.deepEqual([missing.status, /no file to be read/.test(missing.err)], [1, true]);
});

test("[FT41] a picture is sent without what its camera wrote into it", async () => {
  const header = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunk = (type: string, body: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, Buffer.from(type), body, Buffer.alloc(4)]);
  };
  const size = Buffer.from([0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
  const place = chunk("eXIf", Buffer.from("GPS 52.5200 13.4050"));
  const [ihdr, idat, iend] = [
    chunk("IHDR", size),
    chunk("IDAT", randomBytes(64)),
    chunk("IEND", Buffer.alloc(0)),
  ];
  writeFileSync(
    at("photo.png"),
    Buffer.concat([header, ihdr, place, idat, iend, Buffer.from("GPS behind it")]),
  );
  await alice.ask("send", "bob", "--file", at("photo.png"));
  assert.match(await bob.ask("read", "alice"), /\[picture, \d+ bytes, [0-9a-f]{8}\]/);
  await bob.ask("save", "alice", await newestKey(bob, "alice"), at("saved.png"));
  assert.deepEqual(readFileSync(at("saved.png")), Buffer.concat([header, ihdr, idat, iend]));
});

test("[FT11] [FT12] [TC32] a large file goes on where it was after sender and relay were killed", async () => {
  const film = randomBytes(9 * 1_048_576);
  writeFileSync(at("film"), film);
  const before = blobBytes();
  const sending = alice.start("send", "bob", "--file", at("film"));
  await until("a part of it to be at the relay", () => blobBytes() > before);
  sending.child.kill("SIGKILL");
  await sending.ended;
  await relay.kill();
  const there = blobBytes();
  relay = await startRelay({ data: at("relay"), port: relay.port });
  assert.ok((await alice.run("list", "--timeout", "60")).status === 0);
  await until("the rest of it", async () => {
    await alice.run("list");
    return /9\.4 MB/.test(await bob.ask("read", "alice"));
  });
  assert.ok(there > before, "and not from its beginning");
  await bob.ask("save", "alice", await newestKey(bob, "alice"), at("film saved"));
  assert.ok(readFileSync(at("film saved")).equals(film));
});

test("[TC33] [FT22] saving goes on where it was cut off", async () => {
  const key = await newestKey(bob, "alice");
  const path = at("film once more");
  const saving = bob.start("save", "alice", key, path);
  const part = `${path}.${key}.part`;
  await until("a part of it", () => existsSync(part) && statSync(part).size > 1_000_000);
  saving.child.kill("SIGKILL");
  await saving.ended;
  assert.ok(!existsSync(path));
  if (statSync(part).size > 2_000_000) truncateSync(part, 2_000_001); // within a chunk, as a power cut may leave it
  await bob.ask("save", "alice", key, path);
  assert.ok(readFileSync(path).equals(readFileSync(at("film"))));
  assert.ok(!existsSync(part));
});

test("[FT23] [FT24] what the relay altered is refused; what it does not have is said to be gone", async () => {
  writeFileSync(at("note"), randomBytes(5_000_000));
  await alice.ask("send", "bob", "--file", at("note"));
  const key = await newestKey(bob, "alice");
  await relay.kill();
  const newest = blobs()
    .map((name) => at(`relay/blobs/${name}`))
    .filter((path) => statSync(path).isFile())
    .toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .at(-1);
  assert.ok(newest);
  const bytes = readFileSync(newest);
  bytes.writeUInt8(bytes.readUInt8(3_000_000) ^ 1, 3_000_000);
  writeFileSync(newest, bytes);
  relay = await startRelay({ data: at("relay"), port: relay.port });
  const damaged = await bob.run("save", "alice", key, at("note saved"));
  assert.equal(damaged.status, 1);
  assert.match(damaged.err, /altered or cut/);
  assert.ok(!existsSync(at("note saved")));
  await relay.kill();
  truncateSync(newest, 0);
  relay = await startRelay({ data: at("relay"), port: relay.port });
  const gone = await bob.run("save", "alice", key, at("note saved"));
  assert.equal(gone.status, 1);
});

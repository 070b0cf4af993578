import assert from "node:assert/strict";
import { argon2Sync } from "node:crypto";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import {
  argon2idStretch,
  changePassphrase,
  containerBytes,
  createContainer,
  createPassphraseSource,
  enrolPassphrase,
  openContainer,
  REGION_BYTES_MIN,
  type Container,
} from "@sotto/crypto";
import type { Secret } from "@sotto/protocol";
import { HEADER_BYTES, SECTOR_BYTES } from "../src/container/geometry.ts";
import { createDice, createImage, createSeededRandom, quickStretch, valueOf } from "./container-world.ts";

const random = createSeededRandom(1);
const containerOn = async (bytes: Uint8Array): Promise<Container> =>
  valueOf(await openContainer(createMemoryBlockFile(bytes), { random }));
const unlock = async (bytes: Uint8Array, passphrase: string) =>
  createPassphraseSource(await containerOn(bytes), passphrase, quickStretch).unlock();

test("[CT19] Argon2id with 64 MiB, three passes and one lane, as another implementation computes it", async () => {
  const passphrase = new TextEncoder().encode("open sesame");
  const salt = new Uint8Array(32).fill(5);
  const parameters = { message: passphrase, nonce: salt, parallelism: 1, tagLength: 32 };
  const expected = argon2Sync("argon2id", { ...parameters, memory: 65_536, passes: 3 });
  assert.deepEqual(await argon2idStretch(passphrase, salt), new Uint8Array(expected));
});

test("[CT19] the passphrase opens, another does not, and its Unicode form does not matter", async () => {
  const bytes = new Uint8Array(containerBytes(REGION_BYTES_MIN));
  const container = valueOf(await createContainer(createMemoryBlockFile(bytes), { random }));
  const enrolled = valueOf(await enrolPassphrase(container, "café", { random, stretch: quickStretch }));
  const unlocked = valueOf(await unlock(bytes, "cafe\u0301"));
  assert.equal(unlocked.region, enrolled.region);
  const raw = (key: Secret): string => key.expose((all) => all.toHex());
  assert.equal(raw(unlocked.key), raw(enrolled.key));
  assert.deepEqual(await unlock(bytes, "cafe"), { ok: false, error: { kind: "wrong" } });
});

test("[CT9] a wrong passphrase and a container without a profile answer the same", async () => {
  const bytes = new Uint8Array(containerBytes(REGION_BYTES_MIN));
  const container = valueOf(await createContainer(createMemoryBlockFile(bytes), { random }));
  valueOf(await container.finish());
  assert.deepEqual(await unlock(bytes, "open sesame"), { ok: false, error: { kind: "wrong" } });
});

test("[CT19] a passphrase changes: the new one opens what the old one did, the old one nothing", async () => {
  const { bytes, profile } = await createImage(41);
  const change = { from: "open sesame", to: "close sesame" };
  const wrong = await changePassphrase(await containerOn(bytes), { ...change, from: "x" }, quickStretch);
  assert.deepEqual(wrong, { ok: false, error: { kind: "wrong" } });
  valueOf(await changePassphrase(await containerOn(bytes), change, quickStretch));
  assert.deepEqual(await unlock(bytes, change.from), { ok: false, error: { kind: "wrong" } });
  const unlocked = valueOf(await unlock(bytes, change.to));
  valueOf(await (await containerOn(bytes)).open(unlocked.region, unlocked.key));
  assert.equal(unlocked.region, profile.region);
});

test("[CT19] a change cut off at any point leaves one passphrase that opens, and only that one", async () => {
  const dice = createDice(7);
  const outcomes = new Set<string>();
  for (let round = 0; round < 80; round++) {
    const { bytes } = await createImage(42);
    const file = createFaultyBlockFile(bytes, dice);
    const container = valueOf(await openContainer(file, { random }));
    file.failAt(dice.below(5), "failing");
    await changePassphrase(container, { from: "open sesame", to: "close sesame" }, quickStretch);
    const left = file.crash();
    const [mine, other] =
      dice.below(2) === 0 ? ["open sesame", "close sesame"] : ["close sesame", "open sesame"];
    const opener = (await unlock(left, mine!)).ok ? mine : other;
    valueOf(await unlock(left, opener!));
    assert.equal((await unlock(left, opener === mine ? other! : mine!)).ok, false);
    outcomes.add(opener!);
  }
  assert.equal(outcomes.size, 2);
});

test("[CT19] one bad sector of the header locks nobody out, and is mended", async () => {
  const { bytes, profile } = await createImage(43);
  for (const copy of [0, 1]) {
    bytes.fill(
      0,
      (1 + 2 * profile.region + copy) * SECTOR_BYTES,
      (2 + 2 * profile.region + copy) * SECTOR_BYTES,
    );
    valueOf(await unlock(bytes, "open sesame"));
  }
});

test("[CT18] a container whose creation was cut short is unfinished, whenever that was", async () => {
  for (let operation = 0; operation < 12; operation++) {
    const file = createFaultyBlockFile(
      new Uint8Array(containerBytes(REGION_BYTES_MIN)),
      createDice(operation),
    );
    file.failAt(operation, "full");
    const created = await createContainer(file, { random });
    const enrolled =
      created.ok && (await enrolPassphrase(created.value, "x", { random, stretch: quickStretch }));
    if (enrolled && enrolled.ok) continue;
    const left = createMemoryBlockFile(file.crash());
    const opened = await openContainer(left, { random });
    if (opened.ok) valueOf(await createPassphraseSource(opened.value, "x", quickStretch).unlock());
    else assert.deepEqual(opened.error, { kind: "unfinished" });
  }
});

test("[CT18] a file of another size is foreign", async () => {
  const opened = await openContainer(createMemoryBlockFile(HEADER_BYTES + 12_345), { random });
  assert.deepEqual(opened, { ok: false, error: { kind: "foreign" } });
  const created = await createContainer(createMemoryBlockFile(100), { random });
  assert.deepEqual(created, { ok: false, error: { kind: "foreign" } });
});

test("[CT18] creating tells how far it is, from 0 to 1", async () => {
  const told: number[] = [];
  const file = createMemoryBlockFile(containerBytes(4 * REGION_BYTES_MIN));
  valueOf(await createContainer(file, { random, progress: (part) => told.push(part) }));
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  );
  assert.ok(told.length > 3 && told[0]! < 0.1 && told.at(-1) === 1);
});

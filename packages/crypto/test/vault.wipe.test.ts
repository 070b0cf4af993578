import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import {
  deadManAt,
  joinWipe,
  openContainer,
  postWipe,
  setDeadMan,
  splitWipe,
  textToWipeShare,
  wipeBundle,
  wipeOverdue,
  wipeShareToText,
  type WipeBundle,
} from "@sotto/crypto";
import { GuardianWorld, random, VaultDevice } from "@sotto/testkit/guardian";
import { createDice, valueOf } from "./container-world.ts";

const REAL = "482913";
const DAY_MS = 86_400_000;
const UNFINISHED = { ok: false, error: { kind: "unfinished" } };

async function bundleOf(device: VaultDevice): Promise<WipeBundle> {
  const { held, record, records } = await device.open(REAL);
  const bundle = wipeBundle(held, record);
  await records.close();
  assert.ok(bundle);
  return bundle;
}

test("[VT25] two of three holders wipe a device that nobody can reach, as often as they like", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const shares = splitWipe(await bundleOf(device), random).map(wipeShareToText);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const parts = [shares[a]!, shares[b]!].map((text) => valueOf(textToWipeShare(text)));
    assert.deepEqual(await postWipe(valueOf(joinWipe(parts)), world.carry), ["done", "done", "done"]);
  }
  assert.equal(await device.outcome(REAL), "denied");
});

test("[VT26] one holder alone, and holders of different devices, wipe nothing", async () => {
  const world = await GuardianWorld.create(1);
  const shares = [];
  for (let at = 0; at < 2; at++) {
    const [share] = splitWipe(await bundleOf(await VaultDevice.enrol(world, REAL, 1)), random);
    assert.ok(share);
    shares.push(share);
  }
  const [mine, theirs] = shares;
  assert.ok(mine && theirs);
  for (const parts of [[], [mine], [mine, mine], [mine, { ...theirs, x: 2 }]])
    assert.deepEqual(joinWipe(parts), { ok: false, error: "different" });
});

test("[VT27] a share that was mistyped, cut or is something else is told apart", async () => {
  const device = await VaultDevice.enrol(await GuardianWorld.create(1), REAL, 1);
  const [share] = splitWipe(await bundleOf(device), random);
  assert.ok(share);
  const text = wipeShareToText(share);
  assert.ok(textToWipeShare(` ${text.slice(0, 40)}\n${text.slice(40)} `).ok);
  assert.deepEqual(textToWipeShare("hello"), { ok: false, error: "notAShare" });
  for (const broken of [
    text.slice(0, -3),
    `${text.slice(0, 60)}x${text.slice(61)}`,
    "sotto-wipe:",
    "sotto-wipe:%",
  ])
    assert.equal(textToWipeShare(broken).ok, broken === text);
  assert.deepEqual(textToWipeShare(wipeShareToText({ ...share, version: 2 })), { ok: false, error: "newer" });
});

test("[VT28] a device that was not unlocked for the time chosen wipes itself, and its guardians with it", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const opened = await device.open(REAL);
  valueOf(await setDeadMan(opened.held, opened.record, 3 * DAY_MS));
  await opened.records.close();
  const copy = device.copy();
  world.now += 2 * DAY_MS;
  await (await device.open(REAL)).records.close();
  const held = await device.held();
  assert.equal(deadManAt(held.image), world.now + 3 * DAY_MS);
  valueOf(await wipeOverdue(held));
  assert.deepEqual(await openContainer(createMemoryBlockFile(device.bytes), { random }), UNFINISHED);
  assert.equal(await copy.outcome(REAL), "denied");
});

test("[VT29] a wipe without network, and one cut off anywhere after its first write, leave nothing that opens", async () => {
  for (let operation = 2; operation < 9; operation++) {
    const world = await GuardianWorld.create(1);
    const device = await VaultDevice.enrol(world, REAL, 1);
    world.guardians[0]!.isDown = true;
    const file = createFaultyBlockFile(device.bytes.slice(), createDice(operation));
    const held = await device.held(file);
    file.failAt(operation, "failing");
    await held.container.destroy();
    device.bytes = file.crash();
    world.guardians[0]!.isDown = false;
    const left = await openContainer(createMemoryBlockFile(device.bytes), { random });
    if (left.ok) assert.deepEqual(valueOf(await left.value.readImage()), undefined);
  }
});

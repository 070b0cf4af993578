/**
 * Somebody takes everything: the device, unlocked or not, every guardian's disks with their key files, and the PINs. What was
 * destroyed before they came must be in none of it. Spec: spec/vault.md, spec/guardian.md.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { boxKey, openContainer, openShare, postWipe, readImage, wipeBundle } from "@sotto/crypto";
import { bytesToScalar, combineShares, evaluateInput } from "@sotto/oprf";
import { concat, Secret, textToBytes } from "@sotto/protocol";
import { FileGuardians, random, VaultDevice } from "@sotto/testkit/guardian";
import { sha256 } from "@sotto/verify";

const PINS = { real: "482913", decoy: "731904", duress: "640275" } as const;
const SAID = "The meeting is at the second bridge at four";

async function lived(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sotto-seized-"));
  const world = await FileGuardians.create(folder, 3);
  t.after(() => {
    world.close();
    rmSync(folder, { recursive: true });
  });
  const device = await VaultDevice.withDecoy(world, PINS);
  const { records } = await device.open(PINS.real);
  assert.ok((await records.commit([{ key: "said", value: textToBytes(SAID) }])).ok);
  await records.close();
  return { folder, world, device };
}

/** With every share of k the PIN's output follows at once, and with it whatever any slot still holds for that PIN. */
async function opensWithEverything(world: FileGuardians, device: VaultDevice, pin: string): Promise<boolean> {
  const container = await openContainer(createMemoryBlockFile(device.bytes.slice()), { random });
  if (!container.ok) return false;
  const image = await readImage(container.value);
  if (!image.ok || !image.value) return false;
  const { seats, threshold, deviceSecret } = image.value;
  const seized = await Promise.all(seats.map(({ rid }, at) => world.seize(at, rid)));
  const shares = seized.flatMap((record, at) => {
    const value = record && bytesToScalar(record.registration.share);
    return value?.ok === true ? [{ x: at + 1, value: value.value }] : [];
  });
  if (shares.length < threshold) return false;
  const input = sha256(
    concat(textToBytes("sotto-pin-v1"), Uint8Array.of(0), textToBytes(pin), container.value.salt),
  );
  const output = new Secret(evaluateInput(combineShares(shares.slice(0, threshold)), input));
  const parts = seats.flatMap((seat, at) => {
    const slots = seized[at]?.registration.slots ?? [];
    const [value] = slots
      .map(({ sealedShare }) => openShare(output, seat, sealedShare))
      .filter((one) => one !== undefined);
    return value === undefined ? [] : [{ x: seat.x, value }];
  });
  if (parts.length < threshold) return false;
  const opened = await container.value.unbox(boxKey(combineShares(parts.slice(0, threshold)), deviceSecret));
  return opened.ok;
}

/** Every byte of the device and of every guardian's files. */
function everything(folder: string, device: VaultDevice): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => readFileSync(join(one.parentPath, one.name)));
  return Buffer.concat([device.bytes, ...files]);
}

test("[GD5 VT21] after duress every disk, the device and the real PIN open nothing; before it they open", async (t) => {
  const { world, device } = await lived(t);
  assert.equal(
    await opensWithEverything(world, device, PINS.real),
    true,
    "the attack works while there is something",
  );
  assert.equal(await opensWithEverything(world, device, PINS.decoy), true);
  const before = device.bytes.slice();
  assert.equal(typeof (await device.outcome(PINS.duress)), "number");
  assert.equal(await opensWithEverything(world, device, PINS.real), false);
  assert.equal(await opensWithEverything(world, device, PINS.decoy), true, "and the decoy stays");
  device.bytes = before; // a copy of the device from before does not help
  assert.equal(await opensWithEverything(world, device, PINS.real), false);
});

test("[GD8 VT7] after ten wrong PINs in a row every disk and the PIN open nothing", async (t) => {
  const { world, device } = await lived(t);
  const copy = device.copy();
  for (let time = 0; time < 10; time++) {
    world.now += 25 * 3_600_000;
    await device.type("999999");
  }
  world.now += 25 * 3_600_000;
  await copy.type("999999"); // the eleventh finds no try left
  for (const pin of Object.values(PINS)) {
    assert.equal(await opensWithEverything(world, copy, pin), false);
    assert.equal(await opensWithEverything(world, device, pin), false);
  }
});

test("[VT25 GD15 GD30] after a wipe from elsewhere the guardians' files hold nothing, and no PIN opens a copy", async (t) => {
  const { folder, world, device } = await lived(t);
  const { held, record, records } = await device.open(PINS.real);
  const bundle = wipeBundle(held, record);
  assert.ok(bundle);
  await records.close();
  const secrets = await secretsOf(world, device);
  assert.deepEqual(await postWipe(bundle, world.carry), ["done", "done", "done"]);
  for (const pin of Object.values(PINS)) assert.equal(await opensWithEverything(world, device, pin), false);
  const all = everything(folder, new VaultDevice(world, new Uint8Array()));
  for (const secret of secrets) assert.equal(all.includes(secret), false);
});

test("[VT29 CT30] after a wipe here no key, no text and no stretch of what was is on the device", async (t) => {
  const { device } = await lived(t);
  const { held, record, records, profile } = await device.open(PINS.real);
  const keys = [profile.key, record.own.managerSeed, ...record.own.shares, held.image.deviceSecret];
  const wanted = [textToBytes(SAID), ...keys.map((key) => key.expose((bytes) => bytes.slice()))];
  await records.close();
  const before = device.bytes.slice();
  assert.ok(Buffer.from(before).includes(wanted.at(-1)!), "what is looked for would be found");
  assert.ok((await held.container.destroy()).ok);
  const after = Buffer.from(device.bytes);
  for (const one of wanted) assert.equal(after.includes(one), false);
  for (let at = 0; at + 32 <= before.length; at += 32) {
    const stretch = before.subarray(at, at + 32);
    if (stretch.some((byte) => byte !== 0))
      assert.notDeepEqual(after.subarray(at, at + 32), Buffer.from(stretch));
  }
});

/** What each guardian holds of the device that must not outlive it. */
async function secretsOf(world: FileGuardians, device: VaultDevice): Promise<readonly Uint8Array[]> {
  const { image } = await device.held();
  const records = await Promise.all(image.seats.map(({ rid }, at) => world.seize(at, rid)));
  return records.flatMap((record) => {
    assert.ok(record);
    const { share, slots, deviceKey } = record.registration;
    return [share, deviceKey, ...slots.flatMap(({ element, sealedShare }) => [element, sealedShare])];
  });
}

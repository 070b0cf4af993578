/**
 * Somebody looks over a shoulder, at the wire and at the disks while a PIN is typed: was it real, decoy, duress or wrong?
 * Spec: spec/vault.md, VT11; spec/guardian.md, GD7. The clock stands still, so what differs is not time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { REGION_BYTES_MIN, type BlockFile } from "@sotto/crypto";
import { GuardianWorld, recordAt, VaultDevice } from "@sotto/testkit/guardian";

const PINS = { real: "482913", decoy: "731904", duress: "640275", wrong: "506172" } as const;

const SECTOR_BYTES = 4_096;
const BOX_SECTORS = 4;
const HEADER_SECTORS = 8;
const REGION_SECTORS = REGION_BYTES_MIN / SECTOR_BYTES;

async function deviceWithDecoy(world: GuardianWorld): Promise<VaultDevice> {
  const device = await VaultDevice.withDecoy(world, PINS);
  await (await device.open(PINS.real)).records.close();
  return device;
}

/** A file that notes where it is written, how much, and when it is flushed. */
function noting(bytes: Uint8Array, trace: string[]): BlockFile {
  const file = createMemoryBlockFile(bytes);
  return {
    ...file,
    write(at, written) {
      trace.push(`device writes ${at} ${written.length}`);
      return file.write(at, written);
    },
    flush() {
      trace.push("device flushes");
      return file.flush();
    },
  };
}

test("[VT11 GD7 GD20] the same envelopes, writes, sizes and messages, whatever the PIN was", async () => {
  const traces = new Map<string, string>();
  for (const [name, pin] of Object.entries(PINS)) {
    const world = await GuardianWorld.create();
    const device = await deviceWithDecoy(world);
    const trace: string[] = [];
    world.onCarry = (at, sent, got) => trace.push(`guardian ${at}: ${sent} there, ${got} back`);
    for (const [at, { store }] of world.guardians.entries())
      store.onWrite = (length) => trace.push(`guardian ${at} writes ${length}`);
    const steps: string[] = [];
    await device.type(pin, noting(device.bytes, steps));
    const messages = await world.gossip();
    const counters = world.guardians.map((one) => recordAt(one).counter).join();
    traces.set(
      name,
      [...trace.toSorted(), ...steps, `messages ${messages}`, `counters ${counters}`].join("\n"),
    );
  }
  assert.match(traces.get("real") ?? "", /guardian 2 writes[^]*device flushes/);
  for (const name of ["decoy", "duress", "wrong"]) assert.equal(traces.get(name), traces.get("real"), name);
});

test("[VT12 VT21] what follows an unlock is the same for decoy and duress, and the same at the guardians for all three", async () => {
  const atGuardians = new Map<string, string>();
  const onDevice = new Map<string, string>();
  for (const name of ["real", "decoy", "duress"] as const) {
    const world = await GuardianWorld.create();
    const device = await deviceWithDecoy(world);
    const trace: string[] = [];
    world.onCarry = (at, sent, got) => trace.push(`guardian ${at}: ${sent} ${got}`);
    for (const [at, { store }] of world.guardians.entries())
      store.onWrite = (length) => trace.push(`guardian ${at} writes ${length}`);
    const before = device.bytes.slice();
    await (await device.open(PINS[name])).records.close();
    const sectors = new Set<number>();
    for (const [at, byte] of device.bytes.entries())
      if (byte !== before[at]) sectors.add(Math.floor(at / SECTOR_BYTES));
    atGuardians.set(name, trace.toSorted().join("\n"));
    // Boxes apart, whose places are drawn for each device, the region likewise, and chaff, which is drawn at each close.
    const inRegion = (one: number): number => (one - HEADER_SECTORS) % REGION_SECTORS;
    const where = [...sectors]
      .filter((one) => one > BOX_SECTORS)
      .map((one) => (one < HEADER_SECTORS ? `header ${one}` : `region ${inRegion(one)}`))
      .filter((one) => !/^region (?:[2-9]|\d\d)/.test(one));
    onDevice.set(name, where.join());
  }
  assert.equal(atGuardians.get("decoy"), atGuardians.get("real"));
  assert.equal(atGuardians.get("duress"), atGuardians.get("real"));
  assert.equal(onDevice.get("duress"), onDevice.get("decoy"));
});

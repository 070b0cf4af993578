import assert from "node:assert/strict";
import { test } from "node:test";
import { enrol, type LockPorts } from "@sotto/client";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { containerBytes, createContainer, REGION_BYTES_MIN } from "@sotto/crypto";
import { GuardianWorld, random } from "@sotto/testkit/guardian";
import { sha256 } from "@sotto/verify";

const OFFER = {
  threshold: 2,
  isTrial: false,
  passphrase: "allowed",
  lockIdleMsMax: 120_000,
  lockHiddenMsMax: 30_000,
} as const;

async function deviceIn(world: GuardianWorld) {
  const container = await createContainer(createMemoryBlockFile(containerBytes(REGION_BYTES_MIN)), {
    random,
  });
  assert.ok(container.ok);
  const ports: LockPorts = {
    carryBy: () => (to, envelope) => world.carry(to, envelope),
    randomBytes: random,
    clock: () => world.now,
    stretch: (digits) => Promise.resolve(sha256(digits)),
  };
  const offer = { ...OFFER, guardians: world.guardians };
  const relayUrl = "https://relay.example";
  return enrol(container.value, { kind: "pin", pin: "482913", relayUrl, offer }, ports);
}

test("[VT15] locking waits for no guardian, and the PIN opens afterwards", async () => {
  const world = await GuardianWorld.create();
  const enrolled = await deviceIn(world);
  assert.ok(enrolled.ok);
  const { lock, profile } = enrolled.value;
  const { carry } = world;
  world.carry = () => new Promise(() => undefined); // nobody answers, ever
  const kept = profile.vault?.upkeep();
  await profile.vault?.close();
  await kept;
  await profile.records.close();
  world.carry = carry;
  const opened = await lock.unlock("482913");
  assert.ok(opened.ok);
  await opened.value.vault?.upkeep();
  await opened.value.vault?.close();
  await opened.value.records.close();
  assert.deepEqual(await lock.unlock("640275"), {
    ok: false,
    error: { kind: "problem", problem: { kind: "pin-wrong" } },
  });
});

test("[VT2 GD18] a guardian that takes no more registrations for now: it is said how long to wait", async () => {
  const world = await GuardianWorld.create(3, { registrations: { burst: 1, everyMs: 10_000 } });
  assert.ok((await deviceIn(world)).ok);
  const refused = await deviceIn(world);
  assert.ok(
    !refused.ok && refused.error.kind === "problem" && refused.error.problem.kind === "guardians-wait",
  );
});

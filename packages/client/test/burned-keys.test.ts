import assert from "node:assert/strict";
import { test } from "node:test";
import { createTsMlsEngine, type Authenticate, type MlsEngine } from "@sotto/crypto";
import { secretsKey, treeKey } from "../src/stored/channel.ts";
import { acquaintances, random, type Person } from "./world.ts";

const SAID = "bring the papers";
const HOUR_MS = 3_600_000;
type Kept = ReadonlyMap<string, Uint8Array>;

/** What this person's groups are given to open, from the next start on: what a relay could have recorded. */
function recordCiphertexts(person: Person): readonly Uint8Array[] {
  const recorded: Uint8Array[] = [];
  const ports = person.ports.bind(person);
  person.ports = () => {
    const own = ports();
    return {
      ...own,
      async createEngine(authenticate: Authenticate) {
        const made = await own.createEngine(authenticate);
        if (!made.ok) return made;
        const engine = made.value;
        const open: MlsEngine["open"] = (group, message) => {
          recorded.push(message.slice());
          return engine.open(group, message);
        };
        const tapped = new Proxy(engine, {
          get(target, name) {
            const value = Reflect.get(target, name, target) as unknown;
            return name === "open" ? open : typeof value === "function" ? value.bind(target) : value;
          },
        });
        return { ok: true, value: tapped };
      },
    };
  };
  return recorded;
}

/** Whoever has everything a device keeps, and the ciphertexts, and tries each group's keys on each of them. */
async function opens(kept: Kept, ciphertexts: readonly Uint8Array[]): Promise<boolean> {
  const made = await createTsMlsEngine({
    suite: "x25519",
    authenticate: () => true,
    clock: Date.now,
    randomBytes: random,
  });
  assert.ok(made.ok);
  let groups = 0;
  for (const cid of [...kept.keys()].flatMap((key) => /^g\/(.*)\/tree$/.exec(key)?.[1] ?? [])) {
    const [tree, secrets] = [kept.get(treeKey(cid)), kept.get(secretsKey(cid))];
    assert.ok(tree && secrets);
    groups++;
    for (const ciphertext of ciphertexts) {
      const group = made.value.load({ tree, secrets });
      assert.ok(group.ok);
      const opened = await made.value.open(group.value, ciphertext);
      if (
        opened.ok &&
        opened.value.kind === "application" &&
        Buffer.from(opened.value.plaintext).includes(SAID)
      )
        return true;
    }
  }
  assert.ok(groups > 0);
  return false;
}

test("[CL70 MG6] no key that either device keeps opens a burned message that somebody recorded; before, one did", async () => {
  const { world, alice, bob } = await acquaintances();
  const [row] = bob.view.conversations;
  assert.ok(row);
  bob.crash();
  const recorded = recordCiphertexts(bob);
  await bob.start();
  const before = new Map(bob.records.kept);
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 60_000 });
  await alice.send(bob, SAID);
  await world.pass(1_000);
  assert.ok((await bob.lines(row.id)).includes(`< ${SAID}`));
  assert.ok(await opens(before, recorded), "the search finds what is there");
  await world.pass(HOUR_MS);
  assert.ok(!(await bob.lines(row.id)).includes(`< ${SAID}`));
  for (const { records } of [alice, bob]) assert.equal(await opens(records.kept, recorded), false);
});

/** Groups as each version stored them: states that devices have, which every later version opens. Made once, by that version. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, textToBytes, type Result } from "@sotto/protocol";
import version1 from "../../../vectors/mls-state-v1.json" with { type: "json" };
import version2 from "../../../vectors/mls-state-v2.json" with { type: "json" };
import { groupOf } from "../src/mls/context.ts";
import type { Group, GroupState, MlsEngine, Opened, Suite } from "../src/mls/engine.ts";
import { secretsOf } from "../src/mls/stored-state.ts";
import { createTsMlsEngine } from "../src/mls/ts-mls-engine.ts";

const NEWEST = 2;
type Vector = (typeof version1)[number];

function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok, `refused: ${JSON.stringify(result.ok ? "" : result.error)}`);
  return result.value;
}

async function engineFor(suite: string): Promise<MlsEngine> {
  assert.ok(suite === "x-wing" || suite === "x25519");
  const ports = {
    authenticate: () => true,
    clock: Date.now,
    randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  };
  return valueOf(await createTsMlsEngine({ ...ports, suite: suite satisfies Suite }));
}

const stateOf = ({ tree, secrets }: Vector): GroupState => ({
  tree: fromHex(tree),
  secrets: fromHex(secrets),
});
const versionsOf = ({ tree, secrets }: GroupState): unknown[] => [tree[0], secrets[0]];

/** Until the next Commit only the secrets are written, so both halves stay what they are; `keep` is what a device does. */
async function follow(engine: MlsEngine, one: Vector, version: number): Promise<void> {
  const stored = { ...stateOf(one) };
  let group: Group = valueOf(engine.load(stored));
  const keep = ({ next }: Opened & { readonly next: Group }): void => {
    stored.secrets = engine.save(next).secrets;
    assert.deepEqual(engine.save(next).tree, stored.tree);
    group = valueOf(engine.load(stored));
  };
  for (const { message, plaintext } of one.unopened) {
    const opened = valueOf(await engine.open(group, fromHex(message)));
    assert.ok(opened.kind === "application");
    assert.deepEqual(opened.plaintext, textToBytes(plaintext));
    opened.wipe();
    keep(opened);
    assert.deepEqual(versionsOf(stored), [version, version]);
  }
  const ended = valueOf(await engine.open(group, fromHex(one.commit)));
  assert.ok(ended.kind === "commit");
  const begun = engine.save(ended.next);
  assert.deepEqual(versionsOf(begun), [NEWEST, NEWEST]);
  const next = valueOf(engine.load(begun));
  assert.equal(next.epoch, group.epoch + 1);
  assert.deepEqual(engine.epochAuthenticator(next), engine.epochAuthenticator(ended.next));
}

for (const [version, vectors] of [
  [1, version1],
  [2, version2],
] as const) {
  for (const one of vectors) {
    test(`[MG26] a group stored in version ${version} goes on (${one.suite})`, async () => {
      const engine = await engineFor(one.suite);
      const group = valueOf(engine.load(stateOf(one)));
      assert.deepEqual(engine.save(group), stateOf(one));
      assert.deepEqual(
        group.members().map(({ credential }) => credential),
        ["alice", "bob", "carol"].map(textToBytes),
      );
      const again = await engine.open(group, fromHex(one.opened.message));
      assert.deepEqual(again, { ok: false, error: "replayed" });
      await follow(engine, one, version);
    });
  }
}

test("[MG4] halves of two versions are damaged, and so are ratchets for more or fewer than the members", async () => {
  for (const [at, newer] of version2.entries()) {
    const engine = await engineFor(newer.suite);
    const [older, state] = [stateOf(version1[at] ?? newer), stateOf(newer)];
    const damaged = [
      { tree: older.tree, secrets: state.secrets },
      { tree: state.tree, secrets: older.secrets },
      // The list of ratchets begins after version and hash.
      { tree: state.tree, secrets: state.secrets.with(36, 2) },
      { tree: state.tree, secrets: state.secrets.with(36, 4) },
    ];
    for (const one of damaged) assert.deepEqual(engine.load(one), { ok: false, error: "damaged" });
  }
});

test("[MG3] what a message writes again is the members' application ratchets and nothing else", async () => {
  for (const one of version2) {
    const engine = await engineFor(one.suite);
    const group = valueOf(engine.load(stateOf(one)));
    const { state } = groupOf(group);
    const applications = new Set(
      state.secretTree.flatMap(({ application }) => [
        application.secret,
        ...Object.values(application.unusedGenerations),
      ]),
    );
    for (const secret of secretsOf(state)) {
      if (secret.length === 0) continue;
      assert.equal(one.secrets.includes(secret.toHex()), applications.has(secret));
      assert.equal(one.tree.includes(secret.toHex()), !applications.has(secret));
    }
  }
});

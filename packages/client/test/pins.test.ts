/** Messages that stand above a conversation. Spec: spec/client.md, CL116, CL117. */
import assert from "node:assert/strict";
import test from "node:test";
import { acquaintances, type Person } from "./world.ts";

const pinnedTo = async (who: Person, id: string): Promise<readonly string[]> =>
  (await who.conversation(id)).pinned.map(({ text, mine }) => `${mine ? ">" : "<"} ${text}`);
const noticesOf = async (who: Person, id: string): Promise<readonly string[]> =>
  (await who.conversation(id)).messages.flatMap(({ content }) =>
    content.kind === "notice" && content.notice.kind === "pin-changed"
      ? [`${content.notice.mine ? "mine" : "theirs"} ${content.notice.isPinned}`]
      : [],
  );

test("[CL116] a pin and its end are shown to both, once each, also after a restart", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "at the side door");
  await world.pass(1_000);
  for (let times = 0; times < 2; times++) await bob.ask({ kind: "pin", in: alice.id, key });
  await world.pass(1_000);
  alice.crash();
  await alice.start();
  assert.deepEqual(await pinnedTo(alice, bob.id), ["> at the side door"]);
  assert.deepEqual(await pinnedTo(bob, alice.id), ["< at the side door"]);
  await alice.ask({ kind: "unpin", in: bob.id, key });
  await world.pass(1_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    assert.deepEqual(await pinnedTo(who, of.id), []);
  assert.deepEqual(await noticesOf(alice, bob.id), ["theirs true", "mine false"]);
  assert.deepEqual(await noticesOf(bob, alice.id), ["mine true", "theirs false"]);
});

test("[CL116] of two changes at once the later in the log holds on both sides", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "at ten");
  await world.pass(1_000);
  await alice.ask({ kind: "pin", in: bob.id, key });
  await world.pass(1_000);
  for (const [first, second] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    here.isUp = false;
    here.cutAll();
    await world.pass(1_000);
    await first.ask({ kind: "unpin", in: second.id, key });
    await second.ask({ kind: "pin", in: first.id, key });
    here.isUp = true;
    await world.pass(180_000);
    const [mine, theirs] = [await alice.conversation(bob.id), await bob.conversation(alice.id)];
    assert.deepEqual(
      mine.pinned.map((one) => one.key),
      theirs.pinned.map((one) => one.key),
    );
    assert.equal(mine.messages.find((one) => one.key === key)?.isPinned, mine.pinned.length === 1);
  }
});

test("[CL117] what is pinned is edited, deleted and burnt with its message", async () => {
  const { world, alice, bob } = await acquaintances();
  const [edited, deleted] = [await alice.send(bob, "at ten"), await alice.send(bob, "unwanted")];
  const burning = await alice.ask({
    kind: "send",
    to: bob.id,
    text: "brief",
    burn: { ms: 60_000, from: "sending" },
  });
  assert.ok(burning.ok && burning.value.kind === "message");
  await world.pass(1_000);
  for (const key of [edited, deleted, burning.value.key]) await bob.ask({ kind: "pin", in: alice.id, key });
  await world.pass(1_000);
  assert.equal((await pinnedTo(bob, alice.id)).length, 3);
  await alice.ask({ kind: "edit", in: bob.id, key: edited, text: "at eleven" });
  await alice.ask({ kind: "delete", in: bob.id, key: deleted });
  await world.pass(61_000);
  assert.deepEqual(await pinnedTo(bob, alice.id), ["< at eleven"]);
  assert.deepEqual(await pinnedTo(alice, bob.id), ["> at eleven"]);
});

test("[CL117] of more than twenty the newest are shown", async () => {
  const { world, alice, bob } = await acquaintances();
  for (let count = 0; count <= 20; count++) {
    const key = await alice.send(bob, `number ${count}`);
    await world.pass(500);
    await alice.ask({ kind: "pin", in: bob.id, key });
    await world.pass(500);
  }
  await world.pass(10_000);
  const pinned = await pinnedTo(bob, alice.id);
  assert.equal(pinned.length, 20);
  assert.deepEqual([pinned[0], pinned.at(-1)], ["< number 20", "< number 1"]);
});

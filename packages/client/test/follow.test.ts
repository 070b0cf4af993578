import assert from "node:assert/strict";
import test from "node:test";
import { follow, type MessageView } from "@sotto/client";
import { acquaintances, type Person } from "./world.ts";

const textOf = ({ content }: MessageView): string => (content.kind === "text" ? content.text : content.kind);

function followed(person: Person, taken: string[]): () => void {
  assert.ok(person.member);
  return follow(person.member, (message) => Promise.resolve(void taken.push(textOf(message))));
}

test("[FW1 FW2] what came meanwhile is taken first, oldest first, then each message as it comes, once", async () => {
  const { world, alice, bob } = await acquaintances();
  for (const text of ["one", "two", "three"]) await alice.send(bob, text);
  await bob.send(alice, "mine");
  await world.pass(1_000);
  const taken: string[] = [];
  const stop = followed(bob, taken);
  await world.pass(1_000);
  assert.deepEqual(taken, ["one", "two", "three"]);
  assert.equal(bob.row(alice)?.unread, 0);
  await alice.send(bob, "four");
  await alice.send(bob, "five");
  await world.pass(1_000);
  stop();
  assert.deepEqual(taken, ["one", "two", "three", "four", "five"]);
});

test("[FW3] a message whose taker never ended comes again after a crash, and those before it do not", async () => {
  const { world, alice, bob } = await acquaintances();
  for (const text of ["one", "two", "three"]) await alice.send(bob, text);
  await world.pass(1_000);
  const before: string[] = [];
  assert.ok(bob.member);
  follow(bob.member, (message) => {
    before.push(textOf(message));
    return before.length < 2 ? Promise.resolve() : new Promise(() => undefined);
  });
  await world.pass(1_000);
  assert.deepEqual(before, ["one", "two"]);
  bob.crash();
  await bob.start();
  const after: string[] = [];
  followed(bob, after);
  await world.pass(1_000);
  assert.deepEqual(after, ["two", "three"]);
});

test("[FW2] more unread messages than a window shows are all taken, in order", async () => {
  const { world, alice, bob } = await acquaintances();
  const texts = Array.from({ length: 230 }, (_, index) => `message ${index}`);
  assert.ok(alice.member);
  for (const text of texts) await alice.member.ask({ kind: "send", to: bob.id, text });
  await world.pass(5_000);
  assert.equal(bob.row(alice)?.unread, texts.length);
  const taken: string[] = [];
  followed(bob, taken);
  await world.pass(1_000);
  assert.deepEqual(taken, texts);
});

test("[FW4] after stopping nothing more is taken, and what was not stays unread", async () => {
  const { world, alice, bob } = await acquaintances();
  for (const text of ["one", "two"]) await alice.send(bob, text);
  await world.pass(1_000);
  const taken: string[] = [];
  assert.ok(bob.member);
  const stop = follow(bob.member, (message) => {
    taken.push(textOf(message));
    stop();
    return Promise.resolve();
  });
  await alice.send(bob, "three");
  await world.pass(1_000);
  assert.deepEqual(taken, ["one"]);
  assert.equal(bob.row(alice)?.unread, 2);
});

test("[TC9] a device is in step once all is read and sent, and not while something waits", async () => {
  const { world, here, alice, bob } = await acquaintances();
  let isInStep = false;
  const ask = (person: Person): void => void person.member?.inStep().then(() => (isInStep = true));
  ask(alice);
  await world.pass(1_000);
  assert.equal(isInStep, true);
  here.isUp = false;
  here.cutAll();
  await alice.send(bob, "kept");
  isInStep = false;
  ask(alice);
  await world.pass(1_000);
  assert.equal(isInStep, false);
  here.isUp = true;
  await world.pass(60_000);
  assert.equal(isInStep, true);
});

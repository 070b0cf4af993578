/** Burn times of single messages, from sending and from reading. Spec: spec/client.md, "About a message". */
import assert from "node:assert/strict";
import test from "node:test";
import type { Burn, ChosenBurn, MessageView } from "@sotto/client";
import {
  CONTENT_READ_BURN,
  CONTENT_WAS_READ,
  decodeRequest,
  encode,
  readBurnContent,
  textContent,
  wasReadContent,
} from "@sotto/protocol";
import { burningAs } from "../src/read-burn.ts";
import { sayRaw } from "./hostile-contact.ts";
import { acquaintances, type Person } from "./world.ts";

const DAY_MS = 86_400_000;

async function shown(who: Person, id: string): Promise<readonly MessageView[]> {
  const { messages } = await who.conversation(id);
  return messages.filter(({ content }) => content.kind !== "notice");
}
const burnIn = async (who: Person, id: string): Promise<Burn> =>
  (await shown(who, id)).at(-1)?.burn ?? assert.fail("a message that burns is there");

async function sendBurning(from: Person, to: Person, text: string, burn: ChosenBurn): Promise<string> {
  const answer = await from.ask({ kind: "send", to: to.id, text, burn });
  await from.world.pass(1_000);
  assert.ok(answer.ok && answer.value.kind === "message");
  return answer.value.key;
}
const read = (who: Person, of: Person, through?: string) =>
  who.ask({ kind: "mark-read", in: of.id, ...(through === undefined ? {} : { through }) });

function assertNothingOf(who: Person, text: string): void {
  for (const value of who.records.kept.values())
    assert.ok(!Buffer.from(value).includes(text), `nothing of "${text}" is kept`);
}

/** Rungs of what is appended from now on. */
function rungsAt(relay: Person["relay"]): readonly string[] {
  const rungs: string[] = [];
  relay.filter = (frame) => {
    const decoded = decodeRequest(frame);
    if (decoded.ok && decoded.value.body.kind === "append") rungs.push(decoded.value.body.rung);
    return true;
  };
  return rungs;
}

test("[CL110] a message burns as its writer chose, on both sides, and those beside it as before", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const rungs = rungsAt(here);
  await sendBurning(alice, bob, "for half a minute", { ms: 30_000, from: "sending" });
  await alice.send(bob, "for a week");
  await world.pass(1_000);
  assert.deepEqual(rungs, ["5min", "7days"]);
  await world.pass(30_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    assert.deepEqual(
      (await shown(who, of.id)).map(({ content }) => content.kind === "text" && content.text),
      ["for a week"],
    );
    assertNothingOf(who, "half a minute");
  }
});

test("[CL110] what the policy does not allow, and what nobody can read in time, is brought within limits", () => {
  const inner = { contentKind: 1, content: new Uint8Array() };
  const policy = { burnDefaultMs: 7 * DAY_MS, burnMaxMs: 30 * DAY_MS, burnOffAllowed: false };
  const burnOf = (ms: number, of = policy): number =>
    burningAs(of, DAY_MS, { ms, from: "sending" }, inner).burnMs;
  for (const [ms, expected] of [
    [4_999, 5_000],
    [5_000, 5_000],
    [1, 5_000],
    [30 * DAY_MS + 1, 30 * DAY_MS],
    [0, 30 * DAY_MS],
    [-1, 30 * DAY_MS],
    [Number.NaN, 30 * DAY_MS],
    [5_000.5, 5_001],
  ] as const)
    assert.equal(burnOf(ms), expected, `${ms}`);
  assert.equal(burnOf(0, { ...policy, burnOffAllowed: true }), 0);
  assert.equal(burningAs(policy, DAY_MS, undefined, inner).burnMs, DAY_MS);
});

test("[CL112] waiting and burning together are no longer than the policy allows, and off is bounded too", () => {
  const inner = { contentKind: 1, content: new Uint8Array() };
  const policy = { burnDefaultMs: 7 * DAY_MS, burnMaxMs: 30 * DAY_MS, burnOffAllowed: true };
  const of = (conversationMs: number, ms: number) => {
    const { burnMs, contentKind } = burningAs(policy, conversationMs, { ms, from: "reading" }, inner);
    return [burnMs, contentKind];
  };
  assert.deepEqual(of(DAY_MS, 60_000), [DAY_MS + 60_000, 10]);
  assert.deepEqual(of(29 * DAY_MS, 2 * DAY_MS), [30 * DAY_MS, 10]);
  assert.deepEqual(of(0, 60_000), [30 * DAY_MS, 10]);
  assert.deepEqual(of(DAY_MS, 30 * DAY_MS), [30 * DAY_MS, 1], "reading could shorten nothing");
  assert.deepEqual(of(DAY_MS, 0), [0, 1]);
});

test("[CL111] the clock starts when the message was read, and both forget it then", async () => {
  const { world, alice, bob } = await acquaintances();
  await sendBurning(alice, bob, "once you have read this", { ms: 60_000, from: "reading" });
  await world.pass(600_000);
  for (const burn of [await burnIn(alice, bob.id), await burnIn(bob, alice.id)])
    assert.deepEqual(burn.reading, { afterMs: 60_000, at: undefined }, "nobody has read it");
  const readAt = world.now;
  await read(bob, alice);
  await world.pass(1_000);
  for (const burn of [await burnIn(alice, bob.id), await burnIn(bob, alice.id)]) {
    assert.ok(Math.abs((burn.reading?.at ?? 0) - readAt) < 2_000);
    assert.equal(burn.burnMs, 60_000);
    assert.ok(Math.abs(burn.burnAt - readAt - 60_000) < 2_000);
  }
  await world.pass(50_000);
  assert.equal((await shown(alice, bob.id)).length, 1);
  await world.pass(12_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    assert.deepEqual(await shown(who, of.id), []);
    assertNothingOf(who, "once you have");
    assert.deepEqual(who.records.list("a/"), []);
  }
});

test("[CL111] reading through one message starts its clock and no later one's, also after a restart", async () => {
  const { world, alice, bob } = await acquaintances();
  const first = await sendBurning(alice, bob, "first", { ms: 60_000, from: "reading" });
  await sendBurning(alice, bob, "second", { ms: 60_000, from: "reading" });
  await read(bob, alice, first);
  await world.pass(1_000);
  bob.crash();
  alice.crash();
  await bob.start();
  await alice.start();
  await world.pass(61_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const messages = await shown(who, of.id);
    assert.deepEqual(
      messages.map(({ content, burn }) => [content.kind === "text" && content.text, burn?.reading?.at]),
      [["second", undefined]],
    );
  }
});

test("[CL111] nothing is said of when an ordinary message was read", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.send(bob, "an ordinary one");
  await sendBurning(alice, bob, "for a minute", { ms: 60_000, from: "sending" });
  const rungs = rungsAt(here);
  await read(bob, alice);
  await world.pass(10_000);
  assert.deepEqual(rungs, []);
});

test("[CL111] [CL112] a reader without a relay burns in time, and the writer when told, or at the bound", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 3_600_000 });
  await sendBurning(alice, bob, "read on a train", { ms: 30_000, from: "reading" });
  here.isUp = false;
  here.cutAll();
  await read(bob, alice);
  await world.pass(31_000);
  assert.deepEqual(await shown(bob, alice.id), []);
  assertNothingOf(bob, "on a train");
  assert.equal((await burnIn(alice, bob.id)).reading?.at, undefined);
  here.isUp = true;
  await world.pass(180_000);
  assert.deepEqual(await shown(alice, bob.id), []);

  await sendBurning(alice, bob, "never read", { ms: 30_000, from: "reading" });
  await world.pass(3_600_000 + 31_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    assert.deepEqual(await shown(who, of.id), []);
});

test("[CL112] the relay keeps it for waiting and burning together", async () => {
  const { here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 3_600_000 });
  const rungs = rungsAt(here);
  await sendBurning(alice, bob, "an hour and a little", { ms: 5_000, from: "reading" });
  assert.deepEqual(rungs, ["1day"]);
});

test("[CL112] burn times beyond all reason end nobody's client", async () => {
  const { world, alice, bob } = await acquaintances();
  const afterReadMs = Number.MAX_SAFE_INTEGER;
  const inner = { contentKind: 1, content: encode(textContent, { text: "for ever and ever" }) };
  const content = encode(readBurnContent, { afterReadMs, ...inner });
  for (const burnMs of [0, Number.MAX_SAFE_INTEGER])
    await sayRaw(alice, bob, { contentKind: CONTENT_READ_BURN, content, burnMs });
  await read(bob, alice);
  await world.pass(1_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    who.crash();
    await who.start();
    assert.equal((await shown(who, of.id)).length, 2);
  }
});

test("[CL113] neither its writer nor a second reading moves the clock", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await sendBurning(alice, bob, "mine to write", { ms: 600_000, from: "reading" });
  const content = encode(wasReadContent, { of: Uint8Array.fromHex(key) });
  await sayRaw(alice, bob, { contentKind: CONTENT_WAS_READ, content });
  assert.deepEqual(
    (await shown(bob, alice.id)).map(({ burn }) => burn?.reading),
    [{ afterMs: 600_000, at: undefined }],
  );

  await read(bob, alice);
  await world.pass(1_000);
  const before = (await shown(alice, bob.id)).find((message) => message.key === key)?.burn?.burnAt;
  await world.pass(20_000);
  await sayRaw(bob, alice, { contentKind: CONTENT_WAS_READ, content });
  const after = (await shown(alice, bob.id)).find((message) => message.key === key)?.burn?.burnAt;
  assert.equal(after, before);
});

test("[CL88] [CL93] [CL111] a quote and a reaction go with a message that burnt from reading", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await sendBurning(alice, bob, "for your eyes", { ms: 60_000, from: "reading" });
  await bob.ask({ kind: "react", in: alice.id, key, emoji: "👍" });
  await bob.ask({ kind: "send", to: alice.id, text: "seen", replyTo: key });
  await read(bob, alice);
  await world.pass(1_000);
  assert.equal((await shown(alice, bob.id)).at(-1)?.quote?.text, "for your eyes");
  await world.pass(61_000);
  for (const [who, of] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const [only, ...rest] = await shown(who, of.id);
    assert.deepEqual(rest, []);
    assert.equal(only?.quote?.text, undefined);
    assertNothingOf(who, "for your eyes");
  }
});

test("[CN20] a kind within it that this version does not know is kept and shown as unknown", async () => {
  const { world, alice, bob } = await acquaintances();
  await sendBurning(alice, bob, "from a newer version", { ms: 60_000, from: "reading" });
  const stored = [...bob.records.kept].find(([name]) => name.startsWith("m/") && name.endsWith("t"));
  assert.ok(stored);
  const bytes = stored[1];
  const innerKindAt = bytes.length - 4 - "from a newer version".length - 4 - 1;
  assert.equal(bytes[innerKindAt], 1, "a text stands within");
  bob.records.kept.set(stored[0], bytes.with(innerKindAt, 10)); // one within another
  bob.crash();
  await bob.start();
  assert.equal((await shown(bob, alice.id))[0]?.content.kind, "unknown");
  await read(bob, alice);
  await world.pass(61_000);
  assert.deepEqual(await shown(bob, alice.id), []);
});

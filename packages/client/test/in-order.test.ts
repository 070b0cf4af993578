/** What becomes durable before what, and what comes of frames that are lost, repeated or late. */
import assert from "node:assert/strict";
import test from "node:test";
import { decodeReply, decodeRequest, encodeReply, toHex, type Entry, type Reply } from "@sotto/protocol";
import { acquaintances, random } from "./world.ts";

const texts = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith("*")).map((line) => line.replace(/ \(\w+\)$/, ""));

function replyIn(frame: Uint8Array): Reply {
  const decoded = decodeReply(frame);
  assert.ok(decoded.ok);
  return decoded.value.body;
}
function requestIn(frame: Uint8Array) {
  const decoded = decodeRequest(frame);
  assert.ok(decoded.ok);
  return decoded.value.body;
}
const holds = (records: ReadonlyMap<string, Uint8Array>, prefix: string, bytes: Uint8Array): boolean =>
  [...records].some(([key, value]) => key.startsWith(prefix) && Buffer.from(value).includes(bytes));

test("[CL3] nothing is shown before it is durable", async () => {
  const { alice, bob } = await acquaintances();
  const shown: string[] = [];
  const { member } = bob;
  assert.ok(member);
  member.onView((view) => {
    const text = view.conversations[0]?.preview?.text;
    if (text === undefined) return;
    shown.push(text);
    assert.ok(holds(bob.records.kept, "m/", Buffer.from(text)), "it is on the disk");
  });
  await alice.send(bob, "one");
  await alice.send(bob, "two");
  assert.deepEqual([...new Set(shown)], ["one", "two"]);
});

test("[CL4] [OB2] a message is sealed and durable, with the ratchet's step, before it is transmitted", async () => {
  const { here, alice, bob } = await acquaintances();
  let appends = 0;
  const secretsBefore = secretsOf(alice.records.kept);
  here.filter = (frame) => {
    const request = requestIn(frame);
    if (request.kind !== "append") return true;
    appends++;
    assert.ok(holds(alice.records.kept, "o/", request.body), "the sealed body is on the disk");
    assert.notDeepEqual(secretsOf(alice.records.kept), secretsBefore);
    return true;
  };
  await alice.send(bob, "sealed first");
  assert.equal(appends, 1);
});

const secretsOf = (kept: ReadonlyMap<string, Uint8Array>): string[] =>
  [...kept].filter(([key]) => key.endsWith("/secrets")).map(([, value]) => toHex(value));

test("[CL10] a push that comes after a gap is not believed: the log is read again", async () => {
  const { world, alice, bob } = await acquaintances();
  let lost = 0;
  bob.tamper = (frame) => {
    const reply = replyIn(frame);
    if (reply.kind !== "pushed" || lost > 0) return frame;
    lost++;
    return undefined;
  };
  await alice.send(bob, "lost on the way");
  await alice.send(bob, "and then");
  await world.pass(1_000);
  assert.equal(lost, 1);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< lost on the way", "< and then"]);
});

test("[CL13] a last push that got lost is found within minutes", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.tamper = (frame) => (replyIn(frame).kind === "pushed" ? undefined : frame);
  await alice.send(bob, "nobody writes after this");
  await world.pass(150_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< nobody writes after this"]);
});

test("[CL14] what the relay says of an entry must be what its sender sealed", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.tamper = (frame) => {
    const reply = replyIn(frame);
    if (reply.kind !== "pushed" || reply.entry.kind !== "message") return frame;
    return encodeReply(0, { ...reply, entry: { ...reply.entry, rung: "30days" } });
  };
  await alice.send(bob, "for seven days");
  await world.pass(1_000);
  assert.ok((await bob.lines(alice.id)).includes("* log-conflict"));
});

test("[CL19] [OB3] frames that come twice change nothing", async () => {
  const { world, alice, bob } = await acquaintances();
  alice.hearsTwice = true;
  bob.hearsTwice = true;
  for (let count = 0; count < 5; count++) {
    await alice.send(bob, `a${count}`);
    await bob.send(alice, `b${count}`);
  }
  await world.pass(1_000);
  assert.equal(texts(await alice.lines(bob.id)).length, 10);
  assert.equal(texts(await bob.lines(alice.id)).length, 10);
});

test("[OB4] [CL11] an APPEND whose answer was lost is found in the log and not sent again", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const sent: string[] = [];
  here.filter = (frame) => {
    const request = requestIn(frame);
    if (request.kind === "append") {
      sent.push(toHex(request.body));
      if (sent.length === 1) setImmediate(() => here.cutAll());
    }
    return true;
  };
  alice.tamper = (frame) => (replyIn(frame).kind === "accepted" && sent.length === 1 ? undefined : frame);
  await alice.send(bob, "once");
  alice.crash();
  await alice.start();
  await world.pass(60_000);
  assert.equal(new Set(sent).size, 1, "whatever is sent again is the same bytes");
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< once"]);
  assert.deepEqual(texts(await alice.lines(bob.id)), ["> once"]);
});

test("[CL21] a COMMIT whose answer was lost is repeated byte for byte", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const bodies = new Set<string>();
  let dropped = 0;
  here.filter = (frame) => {
    const request = requestIn(frame);
    if (request.kind !== "commit") return true;
    bodies.add(toHex(request.body));
    if (dropped++ > 0) return true;
    setImmediate(() => here.cutAll());
    return false; // it never arrives
  };
  for (let count = 0; count < 51; count++) await alice.send(bob, `m${count}`);
  await world.pass(200_000);
  assert.ok(dropped >= 2);
  assert.equal(bodies.size, 1);
  await bob.send(alice, "in the next epoch");
  assert.equal(texts(await alice.lines(bob.id)).at(-1), "< in the next epoch");
});

test("[CL12] an epoch that is over is remembered until the relay has had the time to store its acknowledgement", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await world.pass(70_000);
  const askedAt: number[] = [];
  here.filter = (frame) => {
    const request = requestIn(frame);
    if (request.kind === "open" && request.write === undefined) askedAt.push(world.now);
    return true;
  };
  for (let count = 0; count < 51; count++) await alice.send(bob, `m${count}`);
  await world.pass(200_000);
  // Each of the two asks at once, and once more.
  assert.equal(askedAt.length, 4);
  const [first = 0, , , last = 0] = askedAt;
  assert.ok(last - first >= 30_000);
});

test("[OB3] a COMMIT that is refused after it was read in the log breaks nothing", async () => {
  const { world, alice, bob } = await acquaintances();
  let handle = 0;
  let number: number | undefined;
  let step: "commit" | "read" | "refuse" | "over" = "commit";
  alice.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const reply = decoded.value.body;
    if (reply.kind === "delivered") ({ handle } = reply);
    if (step === "commit" && reply.kind === "committed") {
      ({ number } = decoded.value);
      step = "read";
      return encodeReply(0, { kind: "lagging", handle }); // in its place, so that the log is read again
    }
    if (step === "read" && reply.kind === "page") step = "refuse";
    if (step !== "refuse" || reply.kind !== "delivered" || number === undefined) return frame;
    step = "over";
    return encodeReply(number, { kind: "refused", code: "denied", detail: 0 });
  };
  for (let count = 0; count < 51; count++) await alice.send(bob, `m${count}`);
  await world.pass(70_000);
  await alice.send(bob, "in the next epoch");
  await world.pass(10_000);
  assert.equal(step, "over");
  assert.deepEqual(
    (await alice.lines(bob.id)).filter((line) => line.startsWith("*")),
    ["* started"],
  );
  assert.equal(texts(await bob.lines(alice.id)).at(-1), "< in the next epoch");
});

test("[OB6] a message refused because the epoch moved is sealed anew under the id it had", async () => {
  const { world, here, alice, bob } = await acquaintances();
  for (let count = 0; count < 50; count++) await bob.send(alice, `b${count}`);
  // Alice writes while bob's Commit is on its way, and does not hear of it in time.
  const bodiesById = new Map<string, Set<string>>();
  here.filter = (frame) => {
    const request = requestIn(frame);
    if (request.kind === "append") {
      const id = toHex(request.messageId);
      bodiesById.set(id, (bodiesById.get(id) ?? new Set()).add(toHex(request.body)));
    }
    return true;
  };
  alice.tamper = (frame) => {
    const reply = replyIn(frame);
    return reply.kind === "pushed" && reply.entry.kind === "commit" ? undefined : frame;
  };
  await world.pass(70_000);
  const key = await alice.send(bob, "across the epochs");
  await world.pass(1_000);
  assert.equal(bodiesById.get(key)?.size, 2);
  assert.equal(texts(await bob.lines(alice.id)).at(-1), "< across the epochs");
});

test("[CL35] whoever was away so long that the log is gone comes back through the contact's inbox", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.crash();
  await alice.send(bob, "too old to be there still");
  // To a member that was away for half a year the relay knows neither its epoch nor what was in it.
  let isForgetful = true;
  bob.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const { number, body } = decoded.value;
    if (!isForgetful || body.kind !== "opened") return frame;
    isForgetful = false;
    return encodeReply(number, { kind: "refused", code: "denied", detail: 0 });
  };
  await bob.start();
  await world.pass(5_000);
  await bob.send(alice, "I am back");
  await alice.send(bob, "so you are");
  await world.pass(1_000);
  assert.deepEqual(texts(await alice.lines(bob.id)), [
    "> too old to be there still",
    "< I am back",
    "> so you are",
  ]);
  // What nobody had acknowledged was sent again in the new channel.
  assert.deepEqual(
    texts(await bob.lines(alice.id)).map((line) => line.slice(2)),
    ["too old to be there still", "I am back", "so you are"],
  );
});

test("[CL46] [CL48] the shelf holds twenty KeyPackages and a last resort, and is filled again", async () => {
  const { world, alice, bob } = await acquaintances();
  const privates = (person: typeof bob) =>
    [...person.records.kept.keys()].filter((key) => key.startsWith("kp/"));
  assert.equal(privates(alice).length, 21);
  assert.equal(privates(bob).length, 20, "the one that was used is forgotten");
  const before = new Set(privates(bob));
  bob.crash();
  bob.clockOffset = 8 * 86_400_000;
  await bob.start();
  await world.pass(5_000);
  const made = privates(bob).filter((key) => !before.has(key));
  assert.equal(made.length, 1, "the last resort is replaced every week");
  assert.equal(privates(bob).length, 21, "and the one before is kept for what is on its way");
});

test("[CL51] an invitation that comes again replaces nothing", async () => {
  const { world, alice, bob } = await acquaintances();
  const carol = await world.person("Carol", bob.relay);
  let post: Extract<Entry, { kind: "post" }> | undefined;
  let repeated = 0;
  bob.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const { number, body } = decoded.value;
    if (body.kind === "pushed" && body.entry.kind === "post") post = body.entry;
    if (body.kind !== "page" || body.entries.length > 0 || post === undefined) return frame;
    repeated++;
    return encodeReply(number, { ...body, entries: [{ ...post, seq: post.seq + repeated }] });
  };
  await carol.add(bob);
  await world.pass(300_000);
  assert.ok(repeated > 0);
  assert.equal(bob.view.conversations.length, 2);
  await carol.send(bob, "still the one channel");
  await alice.send(bob, "and the other");
  await world.pass(1_000);
  assert.deepEqual(
    bob.view.conversations.map(({ unread }) => unread),
    [1, 1],
  );
});

test("[CL47] the last resort is replaced after use, and its private half kept for what is on its way", async () => {
  const { world, bob } = await acquaintances();
  const carol = await world.person("Carol", bob.relay);
  bob.crash();
  const isPrivate = (key: string): boolean => key.startsWith("kp/");
  for (const [key, value] of bob.records.kept)
    if (isPrivate(key)) bob.records.kept.set(key, asLastResort(value));
  const before = [...bob.records.kept.keys()].filter(isPrivate);
  await bob.start();
  await carol.add(bob);
  await world.pass(2_000);
  const after = [...bob.records.kept.keys()].filter(isPrivate);
  assert.ok(before.every((key) => after.includes(key)));
  assert.equal(after.length, before.length + 1);
});

/** A stored KeyPackage ends with whether it is the last resort, and until when it is kept. */
const asLastResort = (value: Uint8Array): Uint8Array => value.with(value.length - 9, 1);

test("[CL50] what anybody else posts to an inbox is dropped without a word", async () => {
  const { world, alice, bob } = await acquaintances();
  let posted = 0;
  bob.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const { number, body } = decoded.value;
    if (body.kind !== "page" || body.entries.length > 0 || posted > 3) return frame;
    const post = {
      kind: "post",
      seq: 100 + posted,
      time: world.now,
      postId: random(16),
      body: random(300 * posted++),
    } as const;
    return encodeReply(number, { ...body, entries: [post] });
  };
  await world.pass(300_000);
  assert.ok(posted > 0);
  assert.equal(bob.view.conversations.length, 1);
  await alice.send(bob, "as if nothing had happened");
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< as if nothing had happened"]);
});

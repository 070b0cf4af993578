import assert from "node:assert/strict";
import { test } from "node:test";
import { createAir, createMachine, createRng, createTimeline, type AirFaults } from "@sotto/testkit";

const URL = "http://relay.test";
const FRAMES = 200;

/** One line, over which the client sends numbered frames; what each end sees of it. */
function callOnce(seed: number, faults: AirFaults) {
  const rng = createRng(seed);
  const timeline = createTimeline(0);
  const air = createAir(timeline, rng);
  const seen = { received: [] as number[], client: [] as string[], relay: [] as string[] };
  air.listen(URL, () => ({
    receive: (frame) => void seen.received.push(frame[0] ?? -1),
    closed: () => void seen.relay.push("closed"),
  }));
  const line = air.createPort().dial({ url: URL }, "circuit", {
    opened() {
      seen.client.push("opened");
      air.setFaults(faults);
      for (let n = 0; n < FRAMES; n++) line.send(Uint8Array.of(n));
    },
    received: () => {},
    ended: () => void seen.client.push("ended"),
  });
  while (timeline.runNext());
  return seen;
}

const isPrefix = (received: readonly number[]): boolean => received.every((n, at) => n === at);

test("[SM2] a line delivers in order, or breaks and loses a suffix, and both ends learn of it", () => {
  let broken = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const { received, client, relay } = callOnce(seed, { breaks: 0.01, delays: 0.1, hostile: 0 });
    assert.ok(isPrefix(received));
    if (received.length === FRAMES && relay.length === 0) continue;
    broken++;
    assert.deepEqual(client, ["opened", "ended"]);
    assert.deepEqual(relay, ["closed"]);
  }
  assert.ok(broken > 10);
});

test("[SM3] a hostile line drops, repeats and reorders, and stays up", () => {
  const { received, client } = callOnce(1, { breaks: 0, delays: 0, hostile: 0.1 });
  assert.deepEqual(client, ["opened"]);
  assert.ok(new Set(received).size < FRAMES, "some were dropped");
  assert.ok(new Set(received).size < received.length, "some were repeated");
  assert.ok(!isPrefix(received), "some were overtaken");
});

test("[SM2] nobody answers at an address where nobody listens", () => {
  const timeline = createTimeline(0);
  const ended: string[] = [];
  createAir(timeline, createRng(1))
    .createPort()
    .dial({ url: URL }, "circuit", {
      opened: () => void ended.push("opened"),
      received: () => {},
      ended: () => void ended.push("ended"),
    });
  while (timeline.runNext());
  assert.deepEqual(ended, ["ended"]);
});

test("[SM4] a process that died rings no alarm and hears no line", () => {
  const timeline = createTimeline(0);
  const rng = createRng(1);
  const air = createAir(timeline, rng);
  air.listen(URL, (line) => ({ receive: (frame) => line.send(frame), closed: () => {} }));
  const machine = createMachine(timeline, air, rng);
  const process = machine.boot();
  const heard: string[] = [];
  const line = process.dial({ url: URL }, "circuit", {
    opened() {
      line.send(Uint8Array.of(1));
      process.createAlarm().set(process.clock() + 10, () => void heard.push("alarm"));
      machine.boot();
    },
    received: () => void heard.push("frame"),
    ended: () => void heard.push("ended"),
  });
  while (timeline.runNext());
  assert.deepEqual(heard, []);
});

test("[SM5] a clock that jumps rings its alarms by the new time, and never before they are due", () => {
  const timeline = createTimeline(1_000_000);
  const rng = createRng(1);
  const { time } = createMachine(timeline, createAir(timeline, rng), rng);
  const rungAt: number[] = [];
  const alarm = time.createAlarm();
  alarm.set(1_060_000, () => void rungAt.push(time.clock()));
  time.jump(-30_000);
  while (timeline.runNext());
  assert.ok(rungAt[0] !== undefined && rungAt[0] >= 1_060_000);
  assert.ok(timeline.now() >= 1_090_000);
});

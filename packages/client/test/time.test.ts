import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Agenda } from "../src/agenda.ts";
import { believedTime, CLOCK_OFF_MS_MAX, clockOff, newHighest } from "../src/believed-time.ts";
import { burnDeadline } from "../src/burning.ts";
import { itemId, placeOf } from "../src/channel/place.ts";
import { EventQueue } from "../src/queue.ts";
import { keyTime, sequenceKey, timeKey } from "../src/stored/keys.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

test("[CL73] a message burns its time after the earlier of sending and receipt", () => {
  const burnMs = 5 * MINUTE_MS;
  assert.equal(burnDeadline({ burnMs, sentAt: 1_000, receivedAt: 3_000 }), 1_000 + burnMs);
  assert.equal(burnDeadline({ burnMs, sentAt: 3_000, receivedAt: 1_000 }), 1_000 + burnMs);
  assert.equal(burnDeadline({ burnMs: 0, sentAt: 3_000, receivedAt: 1_000 }), undefined);
});

test("[CL73] where the two differ by more than the burn, receipt counts", () => {
  const burnMs = 5 * MINUTE_MS;
  assert.equal(burnDeadline({ burnMs, sentAt: 0, receivedAt: burnMs }), burnMs);
  assert.equal(burnDeadline({ burnMs, sentAt: 0, receivedAt: burnMs + 1 }), 2 * burnMs + 1);
  assert.equal(burnDeadline({ burnMs, sentAt: 10 * DAY_MS, receivedAt: 1_000 }), 1_000 + burnMs);
});

test("[CL73] whatever two clocks say, a message outlives its receipt by no more than its burn", () => {
  const time = fc.nat(2 ** 40);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 * DAY_MS }), time, time, (burnMs, sentAt, receivedAt) => {
      const deadline = burnDeadline({ burnMs, sentAt, receivedAt }) ?? 0;
      assert.ok(deadline <= receivedAt + burnMs);
      assert.ok(deadline >= receivedAt, "and is not gone before it came");
    }),
  );
});

test("[CL71] the greatest time there is reason to believe counts", () => {
  const attested = { relayTime: 500, ownTime: 100 };
  assert.equal(believedTime(100, 0, undefined), 100);
  assert.equal(believedTime(100, 900, undefined), 900);
  assert.equal(believedTime(100, 0, attested), 500);
  assert.equal(believedTime(150, 0, attested), 550, "it goes on with the own clock");
  assert.equal(believedTime(50, 0, attested), 500, "and never back");
});

test("[CL74] a time is kept as the highest only when the own clock and the relay agree on it", () => {
  const now = 100 * DAY_MS;
  assert.equal(newHighest(now, 0, undefined), undefined);
  assert.equal(newHighest(now, 0, { relayTime: now, ownTime: now }), now);
  assert.equal(newHighest(now, now - 1, { relayTime: now, ownTime: now }), undefined, "coarse");
  assert.equal(newHighest(now, now - 1, { relayTime: now, ownTime: now }, 1), now, "unless something burned");
  assert.equal(newHighest(now, 0, { relayTime: now - DAY_MS, ownTime: now }), undefined);
  const jumped = newHighest(now + 365 * DAY_MS, 0, { relayTime: now, ownTime: now });
  assert.ok(jumped === undefined || jumped <= now + 365 * DAY_MS + CLOCK_OFF_MS_MAX);
});

test("[CL72] ten minutes off is believed, more is told", () => {
  assert.equal(clockOff({ relayTime: 0, ownTime: CLOCK_OFF_MS_MAX }), undefined);
  assert.equal(clockOff({ relayTime: 0, ownTime: CLOCK_OFF_MS_MAX + 1 }), CLOCK_OFF_MS_MAX + 1);
  assert.equal(clockOff({ relayTime: CLOCK_OFF_MS_MAX + 1, ownTime: 0 }), -CLOCK_OFF_MS_MAX - 1);
});

test("[CL20] keys are in the order of what they name", () => {
  const entry = fc.record({ time: fc.nat(2 ** 44), seq: fc.nat(2 ** 40), isMine: fc.boolean() });
  const cid = "ab".repeat(32);
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      const [one, other] = [a, b].map(({ time, seq, isMine }) =>
        itemId("00000001", time, { cid, seq, isMine }),
      );
      const isBefore = a.time < b.time || (a.time === b.time && a.seq < b.seq);
      if (a.time !== b.time || a.seq !== b.seq) assert.equal(one! < other!, isBefore);
      assert.equal(keyTime(timeKey(a.time)), a.time);
      assert.ok(sequenceKey(a.seq).length === 12);
    }),
  );
});

test("[CL20] a relay's clock that runs back does not change the order of its log, nor of what one side said", () => {
  const channel = { lastPlace: 100 };
  assert.equal(placeOf(90, channel, { lastPlaceMine: 0, lastPlaceTheirs: 0 }, true), 100);
  assert.equal(placeOf(110, channel, { lastPlaceMine: 120, lastPlaceTheirs: 0 }, true), 120);
  assert.equal(placeOf(110, channel, { lastPlaceMine: 120, lastPlaceTheirs: 0 }, false), 110);
});

test("[CL1] one event is handled at a time, and what a person asks goes first", async () => {
  const handled: string[] = [];
  let running = 0;
  const queue = new EventQueue<string>(async (event) => {
    assert.equal(++running, 1);
    await Promise.resolve();
    handled.push(event);
    running--;
  });
  queue.add("frame 1");
  queue.add("frame 2");
  queue.add("intent", true);
  await queue.idle();
  assert.deepEqual(handled, ["frame 1", "intent", "frame 2"]);
});

test("[CL1] a bug ends the member and nothing else: nothing more is handled", async () => {
  const queue = new EventQueue<string>((event) =>
    event === "bug" ? Promise.reject(new Error("a bug")) : Promise.resolve(),
  );
  queue.add("bug");
  await assert.rejects(queue.idle(), /a bug/);
  queue.add("more");
  await assert.rejects(queue.idle(), /a bug/);
  assert.ok(queue.hasFailed);
});

test("[CL75] the alarm is for the earliest, and what is due comes in the order it was due", () => {
  const agenda = new Agenda();
  agenda.set("b", 20);
  agenda.set("a", 30);
  agenda.want("a", 10);
  agenda.want("b", 40);
  agenda.set("c", 50);
  assert.equal(agenda.earliest(), 10);
  assert.deepEqual(agenda.takeDue(20), ["a", "b"]);
  assert.equal(agenda.earliest(), 50);
  agenda.set("c", undefined);
  assert.equal(agenda.earliest(), undefined);
});

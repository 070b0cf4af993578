import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Reply } from "@sotto/protocol";
import {
  ANSWER_MS_MAX,
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  GREETING_MS_MAX,
  IN_FLIGHT_MAX,
  lineDueAt,
  newLine,
  stepLine,
  type LineEvent,
  type LineState,
} from "../src/line/line.ts";

const NONCE = new Uint8Array(32);
const DONE: Reply = { kind: "done" };

function run(
  line: LineState<string>,
  events: readonly LineEvent<string>[],
  now = 0,
  jitter = 1,
): ReturnType<typeof stepLine<string>> {
  let effects: ReturnType<typeof stepLine<string>>["effects"] = [];
  for (const event of events) {
    const step = stepLine(line, event, now, jitter);
    line = step.line;
    effects = step.effects;
  }
  return { line, effects };
}

const GREETED: readonly LineEvent<string>[] = [
  { kind: "wanted" },
  { kind: "opened", nonce: NONCE },
  { kind: "greeted", nonce: NONCE },
];
const request = (purpose: string): LineEvent<string> => ({
  kind: "request",
  request: { kind: "attest", handle: 1 },
  purpose,
});

test("[CL83] a line is dialled when it is wanted, greeted first, and only then asked", () => {
  const dialled = run(newLine(0), [{ kind: "wanted" }]);
  assert.deepEqual(dialled.effects, [{ kind: "dial" }]);
  assert.deepEqual(run(dialled.line, [{ kind: "wanted" }]).effects, [], "once");
  assert.deepEqual(run(dialled.line, [request("too early")]).effects, []);
  const opened = run(dialled.line, [{ kind: "opened", nonce: NONCE }]);
  assert.deepEqual(opened.effects, [{ kind: "send", number: 1, request: { kind: "hello", nonce: NONCE } }]);
  const asked = run(newLine(0), [...GREETED, request("a")]);
  assert.deepEqual(asked.effects, [{ kind: "send", number: 2, request: { kind: "attest", handle: 1 } }]);
});

test("[CL83] an answer goes to whoever asked, once", () => {
  const { line } = run(newLine(0), [...GREETED, request("a"), request("b")]);
  const answered = run(line, [{ kind: "reply", number: 3, reply: DONE }]);
  assert.deepEqual(answered.effects, [{ kind: "answer", purpose: "b", reply: DONE }]);
  assert.deepEqual(run(answered.line, [{ kind: "reply", number: 3, reply: DONE }]).effects, []);
  assert.deepEqual(run(answered.line, [{ kind: "reply", number: 99, reply: DONE }]).effects, []);
});

test("[CL84] no more requests are out than the limit; the rest follow as answers come", () => {
  const many = Array.from({ length: IN_FLIGHT_MAX + 3 }, (_, index) => request(`r${index}`));
  const { line } = run(newLine(0), [...GREETED, ...many]);
  assert.equal(line.asked.size, IN_FLIGHT_MAX);
  assert.equal(line.queued.length, 3);
  const after = run(line, [{ kind: "reply", number: 2, reply: DONE }]);
  assert.equal(after.line.asked.size, IN_FLIGHT_MAX);
  assert.equal(after.line.queued.length, 2);
});

test("[OB5] waits double from half a second and are capped at a minute, spread over their upper half", () => {
  let line = newLine<string>(0);
  const waits: number[] = [];
  for (let round = 0; round < 12; round++) {
    const failed = run(line, [{ kind: "wanted" }, { kind: "ended" }]);
    assert.equal(failed.line.phase.kind, "waiting");
    waits.push(lineDueAt(failed.line) ?? 0);
    line = { ...failed.line, phase: { kind: "resting" } };
  }
  assert.deepEqual(waits.slice(0, 4), [500, 1_000, 2_000, 4_000]);
  assert.equal(waits.at(-1), BACKOFF_MS_MAX);
  const hasty = run(newLine(0), [{ kind: "wanted" }, { kind: "ended" }], 0, 0);
  assert.equal(lineDueAt(hasty.line), BACKOFF_MS_MIN / 2);
});

test("[OB5] a relay that answers is trusted to be well again", () => {
  const failed = run(newLine(0), [{ kind: "wanted" }, { kind: "ended" }]);
  const again = run(failed.line, [{ kind: "tick" }], BACKOFF_MS_MIN);
  assert.deepEqual(again.effects, [{ kind: "dial" }]);
  const answered = run(again.line, [
    ...GREETED.slice(1),
    request("a"),
    { kind: "reply", number: 2, reply: DONE },
  ]);
  assert.equal(answered.line.failures, 0);
});

test("[CL85] a relay that does not greet or answer in time is given up, and asked again later", () => {
  const silent = run(newLine(0), [{ kind: "wanted" }]);
  const early = run(silent.line, [{ kind: "tick" }], GREETING_MS_MAX - 1);
  assert.deepEqual(early.effects, []);
  const late = run(silent.line, [{ kind: "tick" }], GREETING_MS_MAX);
  assert.deepEqual(late.effects, [{ kind: "end" }, { kind: "lost" }]);
  const { line } = run(newLine(0), [...GREETED, request("a")]);
  assert.equal(lineDueAt(line), ANSWER_MS_MAX);
  assert.deepEqual(run(line, [{ kind: "tick" }], ANSWER_MS_MAX).effects, [{ kind: "end" }, { kind: "lost" }]);
});

test("[CL83] whatever happens in whatever order, a line asks only what was greeted and never two at once of a number", () => {
  const event = fc.oneof<fc.Arbitrary<LineEvent<string>>[]>(
    fc.constant({ kind: "wanted" }),
    fc.constant({ kind: "unwanted" }),
    fc.constant({ kind: "opened", nonce: NONCE }),
    fc.constant({ kind: "greeted", nonce: NONCE }),
    fc.constant({ kind: "abandoned", problem: undefined }),
    fc.constant({ kind: "ended" }),
    fc.constant({ kind: "tick" }),
    fc.constant(request("p")),
    fc.nat(40).map((number): LineEvent<string> => ({ kind: "reply", number, reply: DONE })),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(20_000)), { maxLength: 80 }), (events) => {
      let line = newLine<string>(0);
      let now = 0;
      let isDialled = false;
      let numbers = new Set<number>();
      for (const [one, later] of events) {
        now += later;
        const before = line.phase.kind;
        const step = stepLine(line, one, now, 0.5);
        line = step.line;
        for (const effect of step.effects) {
          if (effect.kind === "dial") [isDialled, numbers] = [true, new Set()];
          if (effect.kind === "end") isDialled = false;
          if (effect.kind !== "send") continue;
          assert.ok(isDialled || one.kind === "ended");
          assert.ok(!numbers.has(effect.number));
          numbers.add(effect.number);
          assert.ok(effect.request.kind === "hello" || before === "ready");
        }
        assert.ok(line.asked.size <= IN_FLIGHT_MAX);
        assert.ok(line.phase.kind === "ready" || line.asked.size === 0);
      }
    }),
  );
});

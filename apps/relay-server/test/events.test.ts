import assert from "node:assert/strict";
import { test } from "node:test";
import { createEvents } from "../src/events.ts";

test("[LG1 LG2] every event has a name and facts that are numbers or our own words", () => {
  const lines: { level: string; event: string; facts: Readonly<Record<string, number | string>> }[] = [];
  const events = createEvents((level, event, facts) => void lines.push({ level, event, facts }));
  events.started(7_400);
  events.stopping(2);
  events.stopped();
  events.refused("denied");
  events.malformed();
  events.cutOff("silent");
  events.storeSlow(700, 12);
  events.storageFull();
  events.guardianDied(2);
  assert.equal(lines.length, 9);
  for (const { event, facts } of lines) {
    assert.match(event, /^[a-z]+(?:\.[a-z-]+)?$/);
    for (const fact of Object.values(facts)) assert.ok(typeof fact === "number" || /^[a-zA-Z-]+$/.test(fact));
  }
});

test("[LG3] a bug is logged by its kind and stack; what its message quotes is not", () => {
  const lines: string[] = [];
  const events = createEvents((...line) => void lines.push(JSON.stringify(line)));
  const quoted = "b2".repeat(32);
  events.bug(new TypeError(`cannot read ${quoted}\nof 192.0.2.7`));
  events.bug(quoted);
  assert.match(lines[0] ?? "", /"error","bug".*TypeError.*events\.test\.ts/);
  for (const line of lines) assert.ok(!line.includes(quoted) && !line.includes("192.0.2.7"));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { runGate, tableOf } from "../check.ts";

test("[FD36] a gate that fails, or does not start, has not passed; the table shows each", async () => {
  const gate = (name: string, ...command: string[]) => runGate(import.meta.dirname, { name, command });
  const outcomes = [
    await gate("good", process.execPath, "-e", ""),
    await gate("bad", process.execPath, "-e", "console.error('why'); process.exit(3)"),
    await gate("absent", "./no-such-program"),
  ];
  assert.deepEqual(
    outcomes.map(({ passed }) => passed),
    [true, false, false],
  );
  assert.match(outcomes[1]?.output ?? "", /why/);
  assert.match(tableOf(outcomes), /^ok {4}good +\d+\.\d s\nFAIL {2}bad +\d+\.\d s\nFAIL {2}absent/);
});

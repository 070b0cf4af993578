import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { drill } from "../drill.ts";

/** The text of a drill. */
const planted = (body: string, title: string): string => `test(${JSON.stringify(title)}, ${body});`;
const HELD = planted("() => {}", "[XX1 XX2] nobody gets in");
const FELL = planted(`() => { throw new Error("it was open"); }`, "[XX3] nor by the window");

/** Runs the drills of a tree that has only these. */
async function drillIn(t: TestContext, drills: Readonly<Record<string, string>>, ...argv: string[]) {
  const root = mkdtempSync(join(tmpdir(), "sotto-drill-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "drills"));
  for (const [name, text] of Object.entries(drills)) {
    writeFileSync(join(root, "drills", `${name}.test.ts`), `import { test } from "node:test";\n${text}`);
  }
  let [out, err] = ["", ""];
  const status = await drill(root, argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { status, out, err };
}

test("[FD15] a drill that fails is one that fell, with its reason, and the exit code tells", async (t) => {
  const { status, out, err } = await drillIn(t, { door: HELD, window: FELL });
  assert.equal(status, 1);
  assert.equal(out, "held  XX1 XX2  nobody gets in\nFELL  XX3      nor by the window\n1 of 2 held\n");
  assert.match(err, /it was open/);
  const whole = await drillIn(t, { door: HELD });
  assert.deepEqual([whole.status, whole.err], [0, ""]);
});

test("[FD15] as JSON it is one object and nothing else", async (t) => {
  const { status, out } = await drillIn(t, { door: HELD, window: FELL }, "--json");
  assert.equal(status, 1);
  assert.deepEqual(JSON.parse(out), {
    drills: [
      { name: "nobody gets in", rule: "XX1 XX2", held: true },
      { name: "nor by the window", rule: "XX3", held: false },
    ],
  });
});

test("[FD15] what was not run did not hold: no drill, one left out, a file that crashes", async (t) => {
  assert.equal((await drillIn(t, {})).status, 1);
  const leftOut = await drillIn(t, { door: planted("(t) => t.skip()", "[XX1] later") });
  assert.deepEqual([leftOut.status, leftOut.out], [1, "FELL  XX1  later\n0 of 1 held\n"]);
  const crashed = await drillIn(t, { door: `throw new Error("crash");` }, "--json");
  assert.equal(crashed.status, 1);
  assert.match(crashed.out, /"name":"drills\/door\.test\.ts","rule":"","held":false/);
  assert.equal((await drillIn(t, { door: HELD }, "--all")).status, 2);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { countLine, countOf, judge, runTestFile, type FileReport } from "../test-file.ts";
import { planOf } from "../test-plan.ts";

const IMPORT = `import { test, describe, before } from "node:test";\n`;

function runText(t: TestContext, text: string, fileMsMax = 20_000): Promise<FileReport> {
  const dir = mkdtempSync(join(tmpdir(), "sotto-test-file-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "x.test.mjs"), text);
  return runTestFile(dir, "x.test.mjs", join(dir, "journal"), { fileMsMax });
}

test("[FD11] tests are counted, suites are not, and what failed says why", async (t) => {
  const { results } = await runText(
    t,
    `${IMPORT}test("one", () => {});
    describe("suite", () => {
      test("two", () => { throw new Error("on purpose"); });
      test("three", (t) => t.skip("no vectors"));
    });`,
  );
  assert.equal(countLine(countOf(results)), "1 passed, 1 failed, 1 skipped");
  const [, failed, skipped] = results;
  assert.ok(failed?.kind === "failed" && skipped?.kind === "skipped");
  assert.equal(failed.name, "suite › two");
  assert.match(failed.why, /on purpose/);
  assert.equal(skipped.why, "no vectors");
});

test("[FD11] the exit code tells and the last line counts", async () => {
  const root = resolve(import.meta.dirname, "../..");
  const child = spawn(process.execPath, [join(root, "scripts/test.ts"), "scripts/test/patch-ts-mls"]);
  let out = "";
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.match(out.trimEnd().split("\n").at(-1) ?? "", /^\d+ passed, 0 failed, 0 skipped$/);
});

test("[FD12] a file fails that crashes, ends early, hangs, or registers no test", async (t) => {
  const cases = [
    ["", /registers no test/],
    [`${IMPORT}test("fine", () => {}); throw new Error("crash");`, /exit code/],
    [
      `${IMPORT}test("fine", () => {}); test("exits", () => process.exit(0));`,
      /registers no test|ended before/,
    ],
    [
      `${IMPORT}describe("s", () => { before(() => { throw new Error("hook"); }); test("x", () => {}); });`,
      /hook/,
    ],
  ] as const;
  for (const [text, why] of cases) {
    const { results } = await runText(t, text);
    const reasons = results.map((result) => (result.kind === "failed" ? result.why : "")).join("\n");
    assert.match(reasons, why, text);
  }
  const hung = await runText(t, `${IMPORT}test("fine", () => {}); setInterval(() => {}, 1000);`, 1_500);
  const last = hung.results.at(-1);
  assert.ok(last?.kind === "failed");
  assert.match(last.why, /did not end within 1\.5 s/);
});

test("[FD12] a failed test explains a bad exit code; nothing else does", () => {
  const failed = { kind: "failed", name: "a", why: "b" } as const;
  const passed = { kind: "passed", name: "a" } as const;
  assert.deepEqual(judge("f", [failed, { kind: "ended" }], "ended with exit code 1"), [failed]);
  assert.equal(judge("f", [passed, { kind: "ended" }], "ended with exit code 1").at(-1)?.kind, "failed");
  assert.equal(judge("f", [failed], "ended with SIGSEGV").length, 2);
});

test("[FD13] what a file leaves behind is ended with it", async (t) => {
  const { output } = await runText(
    t,
    `${IMPORT}import { spawn } from "node:child_process";
    test("forgets a process", () => {
      const child = spawn("sleep", ["60"], { stdio: "ignore" });
      child.unref();
      console.log("pid", child.pid);
    });`,
  );
  const pid = Number(/pid (\d+)/.exec(output)?.[1]);
  assert.ok(pid > 0);
  await delay(50);
  const state = (): string => {
    try {
      return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
    } catch {
      return "gone";
    }
  };
  assert.ok(["gone", "Z"].includes(state()), state());
});

test("[FD14] files that reach a browser, however far, run after all others", () => {
  // Not literals, or this file itself would seem to drive browsers.
  const [chromium, firefox] = ["browser", "firefox"].map((part) => ["@sotto/testkit", part].join("/"));
  const exports = { "./browser": "./src/browser.ts", "./firefox": "./src/firefox.ts" };
  const tree = new Map([
    ["packages/testkit/package.json", JSON.stringify({ name: "@sotto/testkit", exports })],
    ["packages/testkit/src/browser.ts", ""],
    ["packages/testkit/src/firefox.ts", ""],
    ["apps/web/test/people.ts", `import { openWindow } from "${chromium}";`],
    ["apps/web/test/a.test.ts", `import { people } from "./people.ts";`],
    ["apps/web/test/b.test.ts", ""],
    ["apps/web/test/c.test.ts", `import { openFirefox } from "${firefox}";`],
    ["packages/relay/test/z.simulation.test.ts", ""],
  ]);
  const tests = [...tree.keys()].filter((path) => path.endsWith(".test.ts"));
  assert.deepEqual(planOf(tree, tests), {
    plain: ["packages/relay/test/z.simulation.test.ts", "apps/web/test/b.test.ts"],
    chromium: ["apps/web/test/a.test.ts"],
    firefox: ["apps/web/test/c.test.ts"],
  });
});

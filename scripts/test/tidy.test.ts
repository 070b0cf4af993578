/** Each check finds the fault that is planted for it: one that finds nothing anywhere would pass unseen. */
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { layerProblems } from "../tidy/layers.ts";
import { packageProblems } from "../tidy/packages.ts";
import { ruleProblems } from "../tidy/rules.ts";
import { styleProblems } from "../tidy/styles.ts";
import { readTree, type Tree } from "../tidy/tree.ts";
import { wordProblems } from "../tidy/words.ts";
import { problemsOf } from "../tidy.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const manifest = (name: string, fields: object = {}): string =>
  JSON.stringify({ name: `@sotto/${name}`, exports: { ".": "./src/index.ts" }, ...fields });

/** A workspace in order, in which each test changes a file or two. */
const ORDERLY: Readonly<Record<string, string>> = {
  "packages/protocol/package.json": manifest("protocol"),
  "packages/protocol/src/index.ts": "export const one = 1;",
  "packages/verify/package.json": manifest("verify", { dependencies: { "@sotto/protocol": "*" } }),
  "packages/verify/src/index.ts": `export { one } from "@sotto/protocol";`,
  "packages/crypto/package.json": manifest("crypto"),
  "packages/crypto/src/index.ts": "export type Secret = string;",
  "packages/client/package.json": manifest("client", { dependencies: { "@sotto/crypto": "*" } }),
  "packages/client/src/index.ts": `export type { Secret } from "@sotto/crypto";`,
  "packages/relay/package.json": manifest("relay", { dependencies: { "@sotto/verify": "*" } }),
  "packages/relay/src/index.ts": `import { one } from "@sotto/verify"; export const two = one;`,
  "apps/relay-server/package.json": manifest("relay-server", { dependencies: { "@sotto/relay": "*" } }),
  "apps/relay-server/src/main.ts": `import "@sotto/relay";`,
};

const tree = (changes: Readonly<Record<string, string>> = {}): Tree =>
  new Map(Object.entries({ ...ORDERLY, ...changes }));

const RELAY = "packages/relay/src/index.ts";
const VERIFY = "packages/verify/src/index.ts";

test("[FD30] a workspace in order has no problem", () => {
  assert.deepEqual(problemsOf(tree()), []);
  assert.deepEqual(problemsOf(new Map()), ["tidy: looked at nothing"]);
});

test("[FD30] the server is caught reaching what opens messages, however it is written", () => {
  const ways = [
    `import { x } from "@sotto/crypto";`,
    `import type { Secret } from "@sotto/crypto";`,
    `export type { Secret } from '@sotto/client';`,
    `export * from "../../crypto/src/index.ts";`,
    `type Secret = import("@sotto/crypto").Secret;`,
    "const later = await import(`@sotto/crypto`);",
    `const later = await import(\n  "@sotto/crypto"\n);`,
    `const worker = new URL("../../client/src/index.ts", import.meta.url);`,
    `import\n  "@sotto/client";`,
    `import { createGroup } from "ts-mls";`,
    `const name = "@sotto/cry" + "pto"; await import(name);`,
  ];
  for (const way of ways) {
    const problems = layerProblems(tree({ [RELAY]: way }));
    assert.ok(
      problems.some((problem) => problem.startsWith("layers: packages/relay must not reach")),
      way,
    );
    assert.ok(
      problems.some((problem) => problem.startsWith("layers: apps/relay-server must not reach")),
      `through relay: ${way}`,
    );
  }
});

test("[FD30] a chain through packages that are allowed is followed, and shown", () => {
  const planted = tree({
    [VERIFY]: `export * from "./deeper.ts";`,
    "packages/verify/src/deeper.ts": `import type { Secret } from "@sotto/crypto"; export type S = Secret;`,
  });
  const chain = `packages/relay/src/index.ts → ${VERIFY} → packages/verify/src/deeper.ts → packages/crypto/src/index.ts`;
  assert.ok(
    layerProblems(planted).includes(
      `layers: packages/relay must not reach packages/crypto/src/index.ts: ${chain}`,
    ),
  );
});

test("[FD30] declared dependencies are followed too", () => {
  const verify = manifest("verify", { dependencies: { "@sotto/crypto": "*" } });
  assert.deepEqual(
    layerProblems(tree({ "packages/verify/package.json": verify })).filter((line) => line.includes("apps/")),
    ["layers: apps/relay-server must not depend on packages/crypto, by package.json"],
  );
});

test("[FD30] a comment is no import, nothing imports an app, and every package has its layer", () => {
  assert.deepEqual(
    layerProblems(tree({ [RELAY]: `// import "@sotto/crypto"\n/* from "@sotto/client" */` })),
    [],
  );
  const app = { "packages/testkit/src/x.ts": `import "../../../apps/relay-server/src/main.ts";` };
  assert.match(layerProblems(tree(app)).join(), /nothing imports an app/);
  assert.match(
    layerProblems(tree({ "packages/new/package.json": manifest("new") })).join(),
    /does not say what packages\/new may reach/,
  );
});

test("[FD31] a pure package is caught importing Node, and protocol importing anything", () => {
  for (const name of ["node:fs", "fs", "node:crypto"]) {
    assert.match(
      layerProblems(tree({ [RELAY]: `import "${name}";` })).join(),
      /packages\/relay must not reach/,
    );
  }
  const protocol = { "packages/protocol/src/index.ts": `import "@noble/hashes/sha2.js";` };
  assert.match(layerProblems(tree(protocol)).join(), /protocol must not reach @noble\/hashes/);
});

test("[FD32] a rule without a test, a citation without a rule, and a rule that stands twice are found", () => {
  const spec = { "spec/a.md": "- **AB1** One.\n- **AB2** Two.\n" };
  // Written apart, so that this file does not itself cite them.
  const cites = (id: string): string => `${"te"}st("[${id}] it holds", () => {});`;
  const problems = ruleProblems(
    tree({
      ...spec,
      "spec/b.md": "- **AB1** Again.\n",
      "packages/relay/test/a.test.ts": `${cites("AB1")}\n// ${cites("AB2")}\n${cites("ZZ9")}`,
    }),
  );
  assert.deepEqual(problems, [
    "rules: AB1 stands in spec/a.md and again in spec/b.md",
    "rules: packages/relay/test/a.test.ts cites ZZ9, which no spec has",
    "rules: no test cites AB2 of spec/a.md",
  ]);
  const vectors = { "vectors/a.json": `[{"name": "AB1 AB2 over X25519"}]` };
  assert.deepEqual(ruleProblems(tree({ ...spec, ...vectors })), []);
});

test("[FD33] a loose version, a dependency nobody accounts for, and an install script are found", () => {
  const lock = {
    packages: {
      "node_modules/a/node_modules/builds": { hasInstallScript: true },
      "node_modules/c": { resolved: "https://example.org/c.tgz", optionalDependencies: { "c-arm": "1.0.0" } },
      "node_modules/@sotto/relay": { resolved: "packages/relay", link: true },
    },
  };
  const problems = packageProblems(
    tree({
      "package.json": JSON.stringify({ devDependencies: { a: "^1.0.0", b: "1.2.3" } }),
      "docs/dependencies.md": "| `b` | x |\n| `gone` | x |\n",
      "package-lock.json": JSON.stringify(lock),
    }),
  );
  assert.deepEqual(problems, [
    "packages: package.json does not pin a: ^1.0.0",
    "packages: docs/dependencies.md says nothing of a",
    "packages: docs/dependencies.md names gone, which nothing depends on",
    "packages: builds has an install script, which docs/dependencies.md does not name",
    "packages: package-lock.json says whence c comes",
    "packages: package-lock.json leaves out c-arm, which c may want",
  ]);
});

test("[FD34] a workspace package that is imported but not declared, or the reverse, is found", () => {
  const problems = packageProblems(
    tree({
      [RELAY]: `import "@sotto/protocol";`,
      "packages/relay/test/a.test.ts": `import "@sotto/client"; import "@sotto/relay";`,
    }),
  );
  assert.deepEqual(problems, [
    "packages: packages/relay/package.json does not declare @sotto/protocol, which is imported",
    "packages: packages/relay/package.json does not declare @sotto/client, which is imported",
    "packages: packages/relay/package.json declares @sotto/verify, which is not imported",
  ]);
});

test("[FD35] machine paths, registries, unfinished work and tests left out are found", () => {
  const faults = [
    ["packages/relay/src/a.ts", ["", "root", "x"].join("/")],
    ["docs/a.md", ["", "tmp", "x"].join("/")],
    [".npmrc", `${"regis"}try=https://example.org`],
    ["apps/web/src/a.ts", `// ${"TO"}${"DO"} later`],
    ["packages/relay/test/a.test.ts", `test.${"only"}("x")`],
    ["packages/relay/test/b.test.ts", `test("x", { ${"skip"}: true })`],
  ] as const;
  for (const [path, text] of faults) {
    assert.equal(wordProblems(tree({ [path]: `fine\n${text}\n` })).length, 1, `${path}: ${text}`);
  }
});

test("[FD37] a class that two style sheets begin is found", () => {
  const sheets = {
    "apps/web/src/style/a.css": ".found {\n  color: red;\n}\n.found .name {\n  color: blue;\n}\n",
    "apps/web/src/style/b.css": "@media print {\n  .found {\n    color: black;\n  }\n}\n.row .found {\n}\n",
  };
  assert.deepEqual(styleProblems(tree(sheets)), []);
  const twice = { ...sheets, "apps/web/src/style/c.css": ".found {\n  display: none;\n}\n" };
  assert.deepEqual(styleProblems(tree(twice)), [
    "styles: .found begins in apps/web/src/style/a.css and in apps/web/src/style/c.css",
  ]);
});

test("[FD30] a tree on disk is read as it would be committed", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "sotto-tidy-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const files = { ...ORDERLY, [RELAY]: `import "@sotto/crypto";`, ".gitignore": "dist\n", "dist/x.ts": "x" };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const withoutGit = readTree(dir);
  spawnSync("git", ["init", "-q", dir]);
  const withGit = readTree(dir);
  for (const read of [withGit, withoutGit]) {
    assert.ok(!read.has("dist/x.ts"));
    assert.notDeepEqual(layerProblems(read), []);
  }
});

test("[FD31] the linter names the ban where it is broken", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "sotto-lint-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const planted = {
    "packages/relay/src/a.ts": `import "@sotto/crypto"; export const at = Date.now();`,
    "packages/crypto/src/a.ts": `import "node:fs"; export const luck = Math.random();`,
    "apps/relay-server/src/a.ts": `import "@sotto/client";`,
    "apps/web/src/a.ts": `import "@sotto/relay";`,
  };
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  // The linter reads the globs of its overrides from where its configuration lies.
  copyFileSync(join(ROOT, ".oxlintrc.json"), join(dir, ".oxlintrc.json"));
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  const oxlint = join(ROOT, "node_modules/oxlint/bin/oxlint");
  const args = [oxlint, "--format", "unix", "packages", "apps"];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: dir, encoding: "utf8" });
  assert.equal(status, 1);
  for (const expected of [
    /packages\/relay\/src\/a\.ts.*'@sotto\/crypto' import is restricted/,
    /packages\/relay\/src\/a\.ts.*'Date'/,
    /crypto\/src\/a\.ts.*'node:fs' import is restricted/,
    /crypto\/src\/a\.ts.*'Math\.random' is restricted/,
    /relay-server\/src\/a\.ts.*'@sotto\/client' import is restricted/,
    /web\/src\/a\.ts.*'@sotto\/relay' import is restricted/,
  ]) {
    assert.match(stdout, expected);
  }
});

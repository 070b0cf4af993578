import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { buildHandset, handsetFingerprint } from "../handset.ts";

const NODE_MODULES = resolve(import.meta.dirname, "../../node_modules");

test("[FD10] the handset is built when what it is made of has changed, and only then", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "sotto-handset-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  mkdirSync(join(root, "node_modules"));
  symlinkSync(join(NODE_MODULES, "vite"), join(root, "node_modules/vite"));
  write("apps/web/index.html", `<!doctype html><script type="module" src="./src/main.ts"></script>`);
  write("apps/web/src/main.ts", `document.title = "one";`);

  assert.equal(await buildHandset(root), "built");
  assert.ok(existsSync(join(root, "apps/web/dist/index.html")));
  assert.equal(await buildHandset(root), "current");

  write("apps/web/test/main.test.ts", "");
  assert.equal(await buildHandset(root), "current");
  write("packages/client/src/index.ts", "export const one = 1;");
  assert.equal(await buildHandset(root), "built");

  const before = handsetFingerprint(root);
  write("apps/web/src/main.ts", `import "./missing.ts";`);
  assert.equal(await buildHandset(root), "failed");
  assert.notEqual(handsetFingerprint(root), before);
  assert.ok(existsSync(join(root, "apps/web/dist/index.html")), "the old one still stands");
});

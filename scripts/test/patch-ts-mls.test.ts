import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { applyPatch, replaceOnce, TREE_PATCH, type Patch } from "../patch-ts-mls.ts";

const INSTALLED = resolve(import.meta.dirname, "../../node_modules/ts-mls");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const published = "if (a && b) {}";
const mended = "if (a || b) {}\nexport const mark = 1;\n";
const patch: Patch = {
  path: "x.js",
  pristine: sha256(published),
  patched: sha256(mended),
  edits: [{ find: "a && b", put: "a || b" }],
  append: "export const mark = 1;\n",
};

test("[FD5] the published text becomes the expected one", () => {
  assert.deepEqual(applyPatch(published, patch), { kind: "patched", text: mended });
});

test("[FD5] any other text is refused, and so is any other outcome", () => {
  assert.throws(() => applyPatch(`${published} `, patch), /neither as published nor as we patch it/);
  const wrong: Patch = { ...patch, append: "export const mark = 2;\n" };
  assert.throws(() => applyPatch(published, wrong), /came out wrong/);
});

test("[FD5] a text that occurs never or twice is refused", () => {
  const edit = { find: "x", put: "y" };
  assert.equal(replaceOnce("axb", edit), "ayb");
  assert.throws(() => replaceOnce("ab", edit), /found 0 times/);
  assert.throws(() => replaceOnce("axbx", edit), /found 2 times/);
});

test("[FD6] the installed copy is patched, and patching it again changes nothing", () => {
  for (const installed of TREE_PATCH) {
    const text = readFileSync(join(INSTALLED, installed.path), "utf8");
    assert.deepEqual(applyPatch(text, installed), { kind: "already" });
  }
});

/**
 * Mends ts-mls 1.6.4 in place: its `validateRatchetTree` refuses valid trees, so that about one join in
 * twelve fails. Every byte is checked before and after (spec/front-door.md, FD5, FD6); the reason each line
 * changes stands in docs/decisions/0011-patch-ts-mls.md. The mark it leaves, `sottoTreePatch`, is what the
 * engine looks for before it runs.
 */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

type Edit = { readonly find: string; readonly put: string };
export type Patch = {
  /** Below `node_modules/ts-mls`. */
  readonly path: string;
  /** SHA-256 of the file as published, and as we leave it; hex. */
  readonly pristine: string;
  readonly patched: string;
  readonly edits: readonly Edit[];
  readonly append: string;
};
export type Patching = { readonly kind: "patched"; readonly text: string } | { readonly kind: "already" };

export const TREE_PATCH: readonly Patch[] = [
  {
    path: "dist/src/clientState.js",
    pristine: "63645bc3be6ec7f6d4f6d88af5c0b63e34f5e1fea693c62bd958d228b51b6f61",
    patched: "f0f71f2a83d215d0161a53dbb0170004465527f49c68017afb1e603f1f879ccd",
    edits: [
      {
        find: `"leaf" && !dp.includes(toNodeIndex(i))`,
        put: `"leaf" || !dp.includes(toNodeIndex(i))`,
      },
      {
        find: `for (const parentIdx of dp) {\n                    const dpNode`,
        put: `for (const parentIdx of dp) {\n                    if (parentIdx === i) break;\n                    const dpNode`,
      },
      {
        find: `!arraysEqual(dpNode.parent.unmergedLeaves, n.parent.unmergedLeaves)`,
        put: `!dpNode.parent.unmergedLeaves.includes(unmergedLeaf)`,
      },
    ],
    append: `export const sottoTreePatch = 1;\n`,
  },
  {
    path: "dist/src/clientState.d.ts",
    pristine: "436c3f6dcfdf6a6f59982b071afe248d33691de887e9a756934b62fe5ba31b76",
    patched: "b0d54a241453e45b1a5429a75c4d928c517e14dffd461d39970ae8a0a8a75d9b",
    edits: [],
    append: `export declare const sottoTreePatch = 1;\n`,
  },
];

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The text after `patch`. Throws unless the text is byte for byte what the patch was written for. */
export function applyPatch(text: string, patch: Patch): Patching {
  const before = sha256(text);
  if (before === patch.patched) return { kind: "already" };
  if (before !== patch.pristine) {
    throw new Error(`ts-mls ${patch.path} is neither as published nor as we patch it: sha256 ${before}`);
  }
  const after = `${patch.edits.reduce(replaceOnce, text)}${text.endsWith("\n") ? "" : "\n"}${patch.append}`;
  if (sha256(after) !== patch.patched) {
    throw new Error(`ts-mls ${patch.path} came out wrong: sha256 ${sha256(after)}`);
  }
  return { kind: "patched", text: after };
}

export function replaceOnce(text: string, edit: Edit): string {
  const parts = text.split(edit.find);
  if (parts.length !== 2) {
    throw new Error(`found ${parts.length - 1} times, wanted once: ${edit.find}`);
  }
  return parts.join(edit.put);
}

/** Patches the installed copy. Written beside and renamed, so that a kill leaves one or the other. */
export function patchInstalled(root: string, patches: readonly Patch[] = TREE_PATCH): void {
  for (const patch of patches) {
    const path = join(root, "node_modules/ts-mls", patch.path);
    const outcome = applyPatch(readFileSync(path, "utf8"), patch);
    if (outcome.kind === "already") continue;
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, outcome.text);
    renameSync(beside, path);
  }
}

if (import.meta.main) patchInstalled(resolve(import.meta.dirname, ".."));

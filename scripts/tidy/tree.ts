/** The repository as text: what git tracks or would, path → content. Checks take one, so tests can plant one. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";

export type Tree = ReadonlyMap<string, string>;

const BINARY = new Set([".png", ".jpg", ".webp", ".ico", ".wasm", ".woff2", ".db"]);

export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  for (const path of pathsOf(root)) {
    const absolute = join(root, path);
    const isText = !BINARY.has(extname(path)) && existsSync(absolute) && statSync(absolute).isFile();
    if (isText) tree.set(path, readFileSync(absolute, "utf8"));
  }
  return tree;
}

/** Without git (an unpacked archive) everything counts but what an ignored name holds. */
function pathsOf(root: string): readonly string[] {
  if (!existsSync(join(root, ".git"))) {
    const ignored = /(?:^|\/)(?:node_modules|dist|screenshots|paraglide)(?:\/|$)/;
    return globSync("**", { cwd: root }).filter((path) => !ignored.test(path));
  }
  const args = ["-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", args, { encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\0")
    .filter((path) => path !== "");
}

/** Paths that match, sorted, with what the pattern's first group caught. */
export function pathsIn(tree: Tree, pattern: RegExp): readonly string[] {
  return [...tree.keys()].filter((path) => pattern.test(path)).toSorted();
}

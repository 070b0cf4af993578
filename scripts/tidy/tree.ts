/** The repository as text: what git tracks or would, path → content. Checks take one, so tests can plant one. */
import { spawnSync } from "node:child_process";
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

/** Where git does not say (an unpacked archive, a machine that lacks it) everything counts but what an ignored name holds. */
function pathsOf(root: string): readonly string[] {
  const ignored = /(?:^|\/)(?:node_modules|dist|screenshots|paraglide)(?:\/|$)/;
  return pathsOfGit(root) ?? globSync("**", { cwd: root }).filter((path) => !ignored.test(path));
}

function pathsOfGit(root: string): readonly string[] | undefined {
  if (!existsSync(join(root, ".git"))) return undefined;
  const args = ["-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { error, status, stdout } = spawnSync("git", args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (error !== undefined && "code" in error && error.code === "ENOENT") return undefined;
  if (status !== 0) throw new Error("git could not list the files of this repository", { cause: error });
  return stdout.split("\0").filter((path) => path !== "");
}

/** Paths that match, sorted, with what the pattern's first group caught. */
export function pathsIn(tree: Tree, pattern: RegExp): readonly string[] {
  return [...tree.keys()].filter((path) => pattern.test(path)).toSorted();
}

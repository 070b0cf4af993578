/**
 * Which file imports which, by reading: type imports, re-exports, `import()` and worker URLs included. It
 * sees a little too much (an import inside a string counts) and never too little.
 */
import { posix } from "node:path";
import { isBuiltin } from "node:module";
import { pathsIn, type Tree } from "./tree.ts";

export type Import =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "npm"; readonly name: string }
  /** Names nothing in the tree, or cannot be told from the text. */
  | { readonly kind: "unknown"; readonly specifier: string };

const SPECIFIERS = [
  /\bfrom\s*["']([^"'\n]+)["']/g,
  /\bimport\s*["']([^"'\n]+)["']/g,
  /\b(?:import|require(?:\.resolve)?|import\.meta\.resolve)\s*\(\s*["'`]([^"'`\n]+)["'`]/g,
  /\bnew\s+URL\(\s*["']([^"'\n]+\.(?:ts|tsx|js))["']\s*,\s*import\.meta\.url/g,
  /^\/\/\/\s*<reference\s+(?:path|types)="([^"]+)"/gm,
];
/** `import(name)`: what it loads is not written there. A comment or a type query does not look like this. */
const UNREADABLE = /\b(?:import|require)\s*\(\s*(?!["'`)]|\.\.\.)([^)\n]*)/g;

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/(^|[\s;{}(),])\/\/(?!\/\s*<reference)[^\n]*/g, "$1");
}

/** The packages of the workspace: name → where it lies and what it exports. */
export type Workspace = ReadonlyMap<
  string,
  { readonly dir: string; readonly exports: Readonly<Record<string, string>> }
>;

export function workspaceOf(tree: Tree): Workspace {
  const workspace = new Map<string, { dir: string; exports: Record<string, string> }>();
  for (const path of pathsIn(tree, /^(?:packages|apps)\/[^/]+\/package\.json$/)) {
    const { name, exports = {} } = JSON.parse(tree.get(path) ?? "{}") as {
      name: string;
      exports?: Record<string, string>;
    };
    workspace.set(name, { dir: posix.dirname(path), exports });
  }
  return workspace;
}

export function importsOf(tree: Tree, workspace: Workspace, path: string): readonly Import[] {
  const text = withoutComments(tree.get(path) ?? "");
  const specifiers = SPECIFIERS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? ""),
  );
  const unreadable = [...text.matchAll(UNREADABLE)].map((match): Import => ({
    kind: "unknown",
    specifier: `import(${match[1] ?? ""})`,
  }));
  return [...specifiers.map((specifier) => resolveImport(tree, workspace, path, specifier)), ...unreadable];
}

function resolveImport(tree: Tree, workspace: Workspace, from: string, specifier: string): Import {
  if (specifier.startsWith(".")) return fileAt(tree, posix.join(posix.dirname(from), specifier), specifier);
  if (isBuiltin(specifier)) return { kind: "builtin", name: specifier };
  const [first = "", second = ""] = specifier.split("/");
  const name = first.startsWith("@") ? `${first}/${second}` : first;
  const own = workspace.get(name);
  if (own === undefined) return { kind: "npm", name };
  const target = own.exports[`.${specifier.slice(name.length)}`];
  return target === undefined
    ? { kind: "unknown", specifier }
    : fileAt(tree, posix.join(own.dir, target), specifier);
}

/** Vite admits a query after the path (`?worker&url`). */
function fileAt(tree: Tree, path: string, specifier: string): Import {
  const plain = path.replace(/\?.*$/, "");
  const candidates = [plain, `${plain}.ts`, `${plain}.tsx`, `${plain}/index.ts`];
  const found = candidates.find((candidate) => tree.has(candidate));
  return found === undefined ? { kind: "unknown", specifier } : { kind: "file", path: found };
}

export type Reached = { readonly target: Import; readonly chain: readonly string[] };

/** Everything `start` reaches through any chain of files, each with the shortest chain that leads there. */
export function reachedFrom(tree: Tree, start: readonly string[]): readonly Reached[] {
  const workspace = workspaceOf(tree);
  const chains = new Map<string, readonly string[]>(start.map((path) => [path, [path]]));
  const reached: Reached[] = [];
  // A Map can grow while it is walked: this is a breadth-first search.
  for (const [path, chain] of chains) {
    for (const target of importsOf(tree, workspace, path)) {
      if (target.kind !== "file") reached.push({ target, chain });
      else if (!chains.has(target.path)) {
        chains.set(target.path, [...chain, target.path]);
        reached.push({ target, chain: [...chain, target.path] });
      }
    }
  }
  return reached;
}

/** Every rule of the spec is cited by a test, and every citation names a rule. */
import { withoutComments } from "./imports.ts";
import { pathsIn, type Tree } from "./tree.ts";

const RULE = /^- \*\*([A-Z]{1,3}\d+)\*\*/gm;
const ID = /\b[A-Z]{1,3}\d+\b/g;
/** The title of a test, whatever a contract suite calls its tests: a string that begins with rules in brackets. */
const TITLE = /\b\w+\(\s*["'`]((?:\[[A-Z]{1,3}\d+[^\]]*\]\s*)+)/g;
const VECTOR_NAME = /"name":\s*"([^"]*)"/g;
const TESTS =
  /^(?:(?:packages|apps)\/[^/]+\/test|drills|bench|scripts\/test|packages\/testkit\/src)\/.*\.tsx?$/;

export function ruleProblems(tree: Tree): readonly string[] {
  const rules = new Map<string, string>();
  const problems: string[] = [];
  for (const path of pathsIn(tree, /^spec\/.*\.md$/)) {
    for (const [, id = ""] of (tree.get(path) ?? "").matchAll(RULE)) {
      const other = rules.get(id);
      if (other !== undefined) problems.push(`rules: ${id} stands in ${other} and again in ${path}`);
      rules.set(id, path);
    }
  }
  const cited = new Set<string>();
  for (const path of pathsIn(tree, TESTS)) {
    for (const [, brackets = ""] of withoutComments(tree.get(path) ?? "").matchAll(TITLE)) {
      for (const id of brackets.match(ID) ?? []) {
        cited.add(id);
        if (!rules.has(id)) problems.push(`rules: ${path} cites ${id}, which no spec has`);
      }
    }
  }
  // A vector's name may hold what only looks like a rule, such as X25519.
  for (const path of pathsIn(tree, /^vectors\/.*\.json$/)) {
    for (const [, name = ""] of (tree.get(path) ?? "").matchAll(VECTOR_NAME)) {
      for (const id of name.match(ID) ?? []) cited.add(id);
    }
  }
  for (const [id, path] of rules) {
    if (!cited.has(id)) problems.push(`rules: no test cites ${id} of ${path}`);
  }
  return [...new Set(problems)];
}

/** What no linter checks about this repository (spec/front-door.md, FD30–FD37). Part of `./sotto check`. */
import { resolve } from "node:path";
import { layerProblems } from "./tidy/layers.ts";
import { packageProblems } from "./tidy/packages.ts";
import { ruleProblems } from "./tidy/rules.ts";
import { styleProblems } from "./tidy/styles.ts";
import { readTree, type Tree } from "./tidy/tree.ts";
import { wordProblems } from "./tidy/words.ts";

/** One sentence a problem; none when the tree is in order. A tree with nothing in it is not in order. */
export function problemsOf(tree: Tree): readonly string[] {
  const looked = [...tree.keys()].some((path) => path.startsWith("packages/"));
  if (!looked) return ["tidy: looked at nothing"];
  return [layerProblems, ruleProblems, packageProblems, styleProblems, wordProblems].flatMap((check) =>
    check(tree),
  );
}

if (import.meta.main) {
  const problems = problemsOf(readTree(resolve(import.meta.dirname, "..")));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

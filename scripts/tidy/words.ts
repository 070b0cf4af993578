/** Words that have no place in the repository. The patterns are written so that they do not match themselves. */
import { pathsIn, type Tree } from "./tree.ts";

type Banned = { readonly pattern: RegExp; readonly what: string; readonly where: RegExp };

const CODE = /\.(?:tsx?|m?js|sh|css|html)$|^sotto$|^\.ci\/run$/;
const TESTS = /\.test\.tsx?$|^packages\/testkit\/src\//;
const EVERYWHERE = /^(?!package-lock\.json$|LICENSE$)/;

const BANNED: readonly Banned[] = [
  { pattern: /[/](?:work|root|Users|tmp)[/]|[/]home[/]\w/, what: "a path of one machine", where: EVERYWHERE },
  {
    pattern: /[r]egistry\.(?:npmjs|yarnpkg)|[r]egistry\s*=|:\/\/[r]egistry/,
    what: "a registry",
    where: EVERYWHERE,
  },
  { pattern: /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/, what: "work left undone", where: CODE },
  {
    pattern: /\b(?:test|it|describe|suite)[.](?:only|skip|todo)\b|\b(?:only|skip|todo): true\b/,
    what: "a test that is left out, or leaves out others",
    where: TESTS,
  },
];

export function wordProblems(tree: Tree): readonly string[] {
  return BANNED.flatMap(({ pattern, what, where }) =>
    pathsIn(tree, where).flatMap((path) =>
      (tree.get(path) ?? "")
        .split("\n")
        .flatMap((line, at) => (pattern.test(line) ? [`words: ${path}:${at + 1} has ${what}`] : [])),
    ),
  );
}

/** Classes that two style sheets begin: each changes what the other draws, unseen by whoever reads one of them. */
import { pathsIn, type Tree } from "./tree.ts";

const SHEET = /^apps\/web\/src\/style\/.+\.css$/;
const BLOCK = /^\.([\w-]+) \{/gm;

export function styleProblems(tree: Tree): readonly string[] {
  const begun = pathsIn(tree, SHEET).flatMap((path) =>
    [...(tree.get(path) ?? "").matchAll(BLOCK)].map(([, name = ""]) => ({ name, path })),
  );
  return [...Map.groupBy(begun, ({ name }) => name)].flatMap(([name, places]) => {
    const paths = new Set(places.map(({ path }) => path));
    return paths.size < 2 ? [] : [`styles: .${name} begins in ${[...paths].join(" and in ")}`];
  });
}

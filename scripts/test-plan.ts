/** Which test files run together, and which one at a time after them because they drive a browser. */
import { reachedFrom } from "./tidy/imports.ts";
import type { Tree } from "./tidy/tree.ts";

const BROWSER = "packages/testkit/src/browser.ts";

export type Plan = { readonly plain: readonly string[]; readonly browser: readonly string[] };

/** Simulations take longest and begin first, so that none is left to run alone at the end. */
export function planOf(tree: Tree, paths: readonly string[]): Plan {
  const drivesBrowser = (path: string): boolean =>
    reachedFrom(tree, [path]).some(({ target }) => target.kind === "file" && target.path === BROWSER);
  const isSimulation = (path: string): boolean => path.includes(".simulation.");
  const { plain = [], browser = [] } = Object.groupBy(paths.toSorted(), (path) =>
    drivesBrowser(path) ? "browser" : "plain",
  );
  return { plain: plain.toSorted((a, b) => Number(isSimulation(b)) - Number(isSimulation(a))), browser };
}

/** Which test files run together, and which one at a time after them because they drive a browser, and which. */
import { reachedFrom } from "./tidy/imports.ts";
import type { Tree } from "./tidy/tree.ts";

const DRIVERS = {
  chromium: "packages/testkit/src/browser.ts",
  firefox: "packages/testkit/src/firefox.ts",
} as const;

export type BrowserName = keyof typeof DRIVERS;
export type Plan = { readonly plain: readonly string[] } & Readonly<Record<BrowserName, readonly string[]>>;

/** Simulations take longest and begin first, so that none is left to run alone at the end. */
export function planOf(tree: Tree, paths: readonly string[]): Plan {
  function browserOf(path: string): BrowserName | undefined {
    const reached = reachedFrom(tree, [path]);
    const reaches = (driver: string): boolean =>
      reached.some(({ target }) => target.kind === "file" && target.path === driver);
    if (reaches(DRIVERS.firefox)) return "firefox";
    return reaches(DRIVERS.chromium) ? "chromium" : undefined;
  }
  const isSimulation = (path: string): boolean => path.includes(".simulation.");
  const {
    plain = [],
    chromium = [],
    firefox = [],
  } = Object.groupBy(paths.toSorted(), (path) => browserOf(path) ?? "plain");
  const longestFirst = plain.toSorted((a, b) => Number(isSimulation(b)) - Number(isSimulation(a)));
  return { plain: longestFirst, chromium, firefox };
}

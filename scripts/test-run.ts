/** Runs test files as the plan says: together those that can, then one at a time those that drive a browser. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM, ensureBrowser, FIREFOX, type Browser } from "./browsers.ts";
import { buildHandset } from "./handset.ts";
import { endRunningFiles, runTestFile, type FileReport, type Result } from "./test-file.ts";
import { planOf } from "./test-plan.ts";
import { readTree } from "./tidy/tree.ts";

const FILE_MS_MAX = 20 * 60_000;

export type Listener = {
  /** A file ended. */
  readonly report: (path: string, report: FileReport) => void;
  /** A sentence about files that could not be run. */
  readonly say: (sentence: string) => void;
};

/** Each file in a process of its own. A signal that ends this process ends them first. */
export async function runTestFiles(
  root: string,
  paths: readonly string[],
  listener: Listener,
): Promise<readonly Result[]> {
  const plan = planOf(readTree(root), paths);
  const journals = mkdtempSync(join(tmpdir(), "sotto-test-"));
  const stop = (signal: NodeJS.Signals): void => {
    endRunningFiles();
    rmSync(journals, { recursive: true, force: true });
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);

  const all: Result[] = [];
  let journal = 0;
  const runOne = async (path: string): Promise<void> => {
    const file = join(journals, String((journal += 1)));
    const report = await runTestFile(root, path, file, { fileMsMax: FILE_MS_MAX });
    all.push(...report.results);
    listener.report(path, report);
  };
  await inParallel(plan.plain, availableParallelism(), runOne);
  const { say } = listener;
  all.push(...(await runInBrowser(root, { browser: CHROMIUM, paths: plan.chromium, runOne, say })));
  all.push(...(await runInBrowser(root, { browser: FIREFOX, paths: plan.firefox, runOne, say })));
  rmSync(journals, { recursive: true, force: true });
  process.off("SIGINT", stop).off("SIGTERM", stop);
  return all;
}

/** Hands each path to one of `width` workers. */
async function inParallel(
  paths: readonly string[],
  width: number,
  work: (path: string) => Promise<void>,
): Promise<void> {
  const queue = paths.values();
  const worker = async (): Promise<void> => {
    for (const path of queue) await work(path);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

type BrowserRun = {
  readonly browser: Browser;
  readonly paths: readonly string[];
  readonly runOne: (path: string) => Promise<void>;
  readonly say: (sentence: string) => void;
};

/** What could not be run at all: each file counts as one test that was skipped, or failed. */
async function runInBrowser(
  root: string,
  { browser, paths, runOne, say }: BrowserRun,
): Promise<readonly Result[]> {
  if (paths.length === 0) return [];
  if (!ensureBrowser(browser)) {
    const { name: missing, packages } = browser;
    say(`Some tests need ${missing}. Install it: sudo apt-get install ${packages[0]}`);
    return paths.map((name) => ({ kind: "skipped", name, why: `there is no ${missing}` }));
  }
  if ((await buildHandset(root)) === "failed") {
    say("Browser tests need the handset, which could not be built; the reason is above.");
    return paths.map((name) => ({ kind: "failed", name, why: "there is no handset" }));
  }
  await inParallel(paths, 1, runOne);
  return [];
}

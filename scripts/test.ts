/**
 * `./sotto test`: every test file in a process of its own, as many at a time as there are cores; then, one
 * at a time, those that drive a browser. The last line reads `N passed, N failed, N skipped`.
 */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CHROMIUM, ensureBrowser, FIREFOX, type Browser } from "./browsers.ts";
import { buildHandset } from "./handset.ts";
import {
  countLine,
  countOf,
  endRunningFiles,
  runTestFile,
  type FileReport,
  type Result,
} from "./test-file.ts";
import { planOf } from "./test-plan.ts";
import { readTree } from "./tidy/tree.ts";

const FILES = ["{packages,apps}/*/test/**/*.test.ts", "{scripts,bench,drills}/**/*.test.ts"];
const FILE_MS_MAX = 20 * 60_000;
const OUTPUT_CHARS_MAX = 20_000;

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

function print(path: string, { results, output, elapsedMs }: FileReport): void {
  const count = countOf(results);
  const mark = count.failed > 0 ? "FAIL" : "ok  ";
  const seconds = (elapsedMs / 1000).toFixed(1).padStart(6);
  console.log(`${mark} ${seconds} s  ${path}  ${countLine(count)}`);
  if (count.failed === 0) return;
  for (const result of results) {
    if (result.kind === "failed") console.log(`\n  ✗ ${result.name}\n${indented(result.why)}`);
  }
  if (output.trim() !== "") console.log(`\n  It wrote:\n${indented(output.slice(-OUTPUT_CHARS_MAX))}`);
  console.log("");
}

const indented = (text: string): string => text.trimEnd().replace(/^/gm, "    ");

async function main(parts: readonly string[]): Promise<number> {
  const root = resolve(import.meta.dirname, "..");
  const isWanted = (path: string): boolean => parts.length === 0 || parts.some((part) => path.includes(part));
  const plan = planOf(readTree(root), globSync(FILES, { cwd: root }).filter(isWanted));
  if (plan.plain.length + plan.chromium.length + plan.firefox.length === 0) {
    console.error("No test file has a path like that.");
    return 2;
  }
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
    print(path, report);
  };
  await inParallel(plan.plain, availableParallelism(), runOne);
  all.push(...(await runInBrowser(root, CHROMIUM, plan.chromium, runOne)));
  all.push(...(await runInBrowser(root, FIREFOX, plan.firefox, runOne)));
  rmSync(journals, { recursive: true, force: true });

  for (const result of all) {
    if (result.kind === "skipped") console.log(`skipped: ${result.name}${result.why && `: ${result.why}`}`);
  }
  const count = countOf(all);
  console.log(countLine(count));
  return count.failed > 0 ? 1 : 0;
}

/** What could not be run at all: each file counts as one test that was skipped, or failed. */
async function runInBrowser(
  root: string,
  browser: Browser,
  paths: readonly string[],
  runOne: (path: string) => Promise<void>,
): Promise<readonly Result[]> {
  if (paths.length === 0) return [];
  if (!ensureBrowser(browser)) {
    const { name: missing, packages } = browser;
    console.log(`Some tests need ${missing}. Install it: sudo apt-get install ${packages[0]}`);
    return paths.map((name) => ({ kind: "skipped", name, why: `there is no ${missing}` }));
  }
  if ((await buildHandset(root)) === "failed") {
    console.log("Browser tests need the handset, which could not be built; the reason is above.");
    return paths.map((name) => ({ kind: "failed", name, why: "there is no handset" }));
  }
  await inParallel(paths, 1, runOne);
  return [];
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

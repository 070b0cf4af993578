/**
 * `./sotto test`: every test file in a process of its own, as many at a time as there are cores; then, one
 * at a time, those that drive a browser. The last line reads `N passed, N failed, N skipped`.
 */
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { countLine, countOf, type FileReport } from "./test-file.ts";
import { runTestFiles } from "./test-run.ts";

const FILES = ["{packages,apps}/*/test/**/*.test.ts", "{scripts,bench,drills}/**/*.test.ts"];
const OUTPUT_CHARS_MAX = 20_000;

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
  const paths = globSync(FILES, { cwd: root }).filter(isWanted);
  if (paths.length === 0) {
    console.error("No test file has a path like that.");
    return 2;
  }
  const say = (sentence: string): void => console.log(sentence);
  const all = await runTestFiles(root, paths, { report: print, say });
  for (const result of all) {
    if (result.kind === "skipped") console.log(`skipped: ${result.name}${result.why && `: ${result.why}`}`);
  }
  const count = countOf(all);
  console.log(countLine(count));
  return count.failed > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

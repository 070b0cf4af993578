/** Runs one test file in a process of its own, within a time limit, and says how each of its tests ended. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FileEvent } from "./test-reporter.ts";

export type Result = Exclude<FileEvent, { kind: "ended" }>;
export type FileReport = {
  readonly results: readonly Result[];
  /** What the file wrote to stdout and stderr, in the order it came. */
  readonly output: string;
  readonly elapsedMs: number;
};
export type Limits = { readonly fileMsMax: number };

const REPORTER = join(import.meta.dirname, "test-reporter.ts");

/** Ends, with their children, the files that run now. For when the run itself is told to end. */
const running = new Set<number>();
export function endRunningFiles(): void {
  for (const pid of running) endGroup(pid);
}

/** `journal` is a path of its own for this file; it is removed at the end. */
export async function runTestFile(
  root: string,
  path: string,
  journal: string,
  limits: Limits,
): Promise<FileReport> {
  const started = performance.now();
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${journal}`, join(root, path)];
  // Detached, so that it leads a process group that can be ended whole.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => output.push(bytes));
  let late = false;
  const ending = await new Promise<string>((resolve) => {
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    const timer = setTimeout(() => {
      late = true;
      if (pid !== undefined) endGroup(pid);
    }, limits.fileMsMax);
    const done = (how: string): void => {
      clearTimeout(timer);
      // What the file started and forgot must not outlive it.
      if (pid !== undefined && running.delete(pid)) endGroup(pid);
      resolve(how);
    };
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) =>
      done(code === 0 ? "" : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const why = late ? `did not end within ${limits.fileMsMax / 1000} s` : ending;
  return {
    results: judge(path, eventsIn(journal), why),
    output: Buffer.concat(output).toString(),
    elapsedMs: performance.now() - started,
  };
}

export type Count = Readonly<Record<Result["kind"], number>>;

export function countOf(results: readonly Result[]): Count {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { kind } of results) count[kind] += 1;
  return count;
}

export const countLine = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** A file that crashed, ended early, or registered no test has failed, whatever its tests said. */
export function judge(path: string, events: readonly FileEvent[], ending: string): readonly Result[] {
  const results = events.filter((event) => event.kind !== "ended");
  const failed = (why: string): readonly Result[] => [...results, { kind: "failed", name: path, why }];
  const ended = events.some((event) => event.kind === "ended");
  const explained = results.some((result) => result.kind === "failed");
  if (ending !== "" && !(ended && explained)) return failed(`The file ${ending}.`);
  if (results.length === 0) return failed("The file registers no test.");
  return ended ? results : failed("The file ended before its tests did.");
}

function eventsIn(journal: string): readonly FileEvent[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").split("\n");
  rmSync(journal);
  // The last line is empty, or was cut off by the end of the process.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as FileEvent);
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}

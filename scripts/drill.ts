/**
 * `./sotto drill [--json] [--full]`: attacks the project as the files in `drills/` do, and says which of its rules held. What takes
 * longer than anybody waits for is in `drills/full`.
 */
import { globSync } from "node:fs";
import { resolve } from "node:path";
import type { Result } from "./test-file.ts";
import { runTestFiles } from "./test-run.ts";

type Drill = {
  /** What was tried; for a file that did not get that far, its path. */
  readonly name: string;
  /** What it proves, as spec/ names it: "GD5 GD20". Empty for a file that did not get that far. */
  readonly rule: string;
  /** False also for what could not be run here. */
  readonly held: boolean;
};

/** Where the table or the JSON goes, and where everything else does. */
export type Streams = { readonly out: (text: string) => void; readonly err: (text: string) => void };

const TITLE = /^\[([^\]]+)\] (.*)$/s;

/** Runs every drill under `root`. Resolves with the exit code: 0 only when there are drills and all held. */
export async function drill(root: string, argv: readonly string[], streams: Streams): Promise<number> {
  const isJson = argv.includes("--json");
  const isFull = argv.includes("--full");
  if (argv.length !== Number(isJson) + Number(isFull)) {
    streams.err("Say: drill, with --json or --full or both.\n");
    return 2;
  }
  const paths = globSync(isFull ? ["drills/*.test.ts", "drills/full/*.full.ts"] : "drills/*.test.ts", {
    cwd: root,
  });
  const results = await runTestFiles(root, paths, {
    report: (_, { results: ended }) => explain(ended, streams),
    say: (sentence) => streams.err(`${sentence}\n`),
  });
  const drills = results.map(drillOf).toSorted((a, b) => compare(a.rule, b.rule) || compare(a.name, b.name));
  streams.out(isJson ? `${JSON.stringify({ drills })}\n` : tableOf(drills));
  return drills.length > 0 && drills.every(({ held }) => held) ? 0 : 1;
}

function explain(results: readonly Result[], { err }: Streams): void {
  for (const result of results) {
    if (result.kind === "failed") err(`${result.name}\n${result.why}\n\n`);
  }
}

function drillOf({ kind, name: title }: Result): Drill {
  const [, rule = "", name = title] = TITLE.exec(title) ?? [];
  return { name, rule, held: kind === "passed" };
}

function tableOf(drills: readonly Drill[]): string {
  const width = Math.max(0, ...drills.map(({ rule }) => rule.length));
  const rows = drills.map(
    ({ name, rule, held }) => `${held ? "held" : "FELL"}  ${rule.padEnd(width)}  ${name}`,
  );
  const held = drills.filter((one) => one.held).length;
  return [...rows, `${held} of ${drills.length} held`, ""].join("\n");
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

if (import.meta.main) {
  process.exitCode = await drill(resolve(import.meta.dirname, ".."), process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

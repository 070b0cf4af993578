/** `./sotto check`: every gate but the tests, two at a time, quickest first, and a table of what ran. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

type Gate = { readonly name: string; readonly command: readonly string[] };
type Outcome = {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly elapsedMs: number;
};

/** First and alone: the handset's texts are compiled on the way, and its types need them. */
const HANDSET: Gate = { name: "handset", command: [process.execPath, "scripts/handset.ts"] };
const GATES: readonly Gate[] = [
  { name: "tidy", command: [process.execPath, "scripts/tidy.ts"] },
  { name: "format", command: ["node_modules/.bin/oxfmt", "--check"] },
  { name: "types: pure", command: ["node_modules/.bin/tsc", "-p", "tsconfig.pure.json"] },
  { name: "types: node", command: ["node_modules/.bin/tsc", "-p", "tsconfig.json"] },
  { name: "types: web", command: ["node_modules/.bin/tsc", "-p", "tsconfig.web.json"] },
  { name: "types: web tests", command: ["node_modules/.bin/tsc", "-p", "tsconfig.web-test.json"] },
  { name: "lint", command: ["node_modules/.bin/oxlint", "--type-aware", "--deny-warnings"] },
  { name: "unused", command: ["node_modules/.bin/knip", "--no-config-hints"] },
];

/** Never rejects: a gate that does not start has failed. */
export function runGate(root: string, { name, command }: Gate): Promise<Outcome> {
  const started = performance.now();
  // The tools that are scripts look for `node` on the path: give them the pinned one.
  const path = `${resolve(process.execPath, "..")}:${process.env["PATH"] ?? ""}`;
  const [program = "", ...args] = command;
  return new Promise((settle) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, PATH: path } });
    let output = "";
    const hear = (bytes: Buffer): void => {
      output += bytes.toString();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const end = (passed: boolean): void =>
      settle({ name, passed, output, elapsedMs: performance.now() - started });
    child.once("error", (error) => {
      output += error.message;
      end(false);
    });
    child.once("close", (code) => end(code === 0));
  });
}

export function tableOf(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ name }) => name.length));
  return outcomes
    .map(({ name, passed, elapsedMs }) => {
      const seconds = (elapsedMs / 1000).toFixed(1).padStart(6);
      return `${passed ? "ok  " : "FAIL"}  ${name.padEnd(width)} ${seconds} s`;
    })
    .join("\n");
}

async function main(): Promise<number> {
  const root = resolve(import.meta.dirname, "..");
  const outcomes: Outcome[] = [];
  const queue = GATES.values();
  const pass = async (gate: Gate): Promise<void> => {
    const outcome = await runGate(root, gate);
    outcomes.push(outcome);
    if (!outcome.passed) console.log(`── ${outcome.name}\n${outcome.output.trimEnd()}\n`);
  };
  const worker = async (): Promise<void> => {
    for (const gate of queue) await pass(gate);
  };
  await pass(HANDSET);
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  console.log(tableOf(outcomes));
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();

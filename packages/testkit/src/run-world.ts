/**
 * Many seeds of the member world, on demand: `node packages/testkit/src/run-world.ts [seeds] [first] [engine]`, with
 * engine `reference` (the default), `x25519` or `x-wing`. Stops at the first seed that fails, and explains it.
 */
import { argv, env, exit, stdout } from "node:process";
import { useNativeCrypto } from "./simulation/native-crypto.ts";
import type { EngineName } from "./world-member/engines.ts";

const ENGINES: readonly string[] = ["reference", "x25519", "x-wing"] satisfies EngineName[];
const PROGRESS_EVERY = 100;

const [
  seedsText = env["SOTTO_SEEDS"] ?? "100000",
  firstText = env["SOTTO_SEED"] ?? "1",
  engine = "reference",
] = argv.slice(2);
const [seeds, first] = [Number(seedsText), Number(firstText)];
if (!Number.isSafeInteger(seeds) || !Number.isSafeInteger(first) || !ENGINES.includes(engine)) {
  stdout.write("run-world.ts [seeds] [first] [reference | x25519 | x-wing]\n");
  exit(2);
}

// Before anything imports what it replaces.
useNativeCrypto(engine === "reference" ? "toy" : "real");
const { explain } = await import("./seeds.ts");
const { runMemberWorld } = await import("./world-member/member-world.ts");

const startedAt = performance.now();
for (let count = 1; count <= seeds; count++) {
  const seed = first + count - 1;
  const report = await runMemberWorld({ seed, engine: engine as EngineName });
  if (report.violations.length > 0) {
    stdout.write(`${explain(seed, report)}\n`);
    exit(1);
  }
  if (count % PROGRESS_EVERY !== 0 && count !== seeds) continue;
  const perSecond = (count * 1_000) / (performance.now() - startedAt);
  stdout.write(`${count} of ${seeds} seeds, ${perSecond.toFixed(1)} a second\n`);
}

/**
 * `./sotto bench groups [--json]`: what a member pays in groups of 2, 50 and 250 devices, in the suite that a group of
 * that size gets. How each is taken and how to read it: docs/performance.md.
 */
import { suiteFor } from "@sotto/crypto";
import { createFolder } from "@sotto/testkit/e2e";
import { createCast } from "./groups-cast.ts";
import { playRound, type Costs } from "./groups-round.ts";

/** Rounds of which the medians are, each in a group of its own; the first of every size only warms up. */
const SIZES = [
  { devices: 2, rounds: 15 },
  { devices: 50, rounds: 7 },
  { devices: 250, rounds: 5 },
] as const;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;

async function measure(devices: number, rounds: number): Promise<readonly [string, number | string][]> {
  const suite = suiteFor(devices);
  const folder = createFolder();
  try {
    const cast = await createCast(suite, devices, folder.path);
    const costs: Costs[] = [];
    for (let round = 0; round <= rounds; round++) {
      const cost = await playRound(cast);
      if (round > 0) costs.push(cost);
    }
    await cast.close();
    const names = (Object.keys(costs[0] ?? {}) as (keyof Costs)[]).filter((name) => costs[0]?.[name].length);
    const metrics = names.map((name): [string, number] => [
      `${name}_${devices}`,
      rounded(median(costs.flatMap((one) => one[name]))),
    ]);
    return [[`suite_${devices}`, suite], ...metrics];
  } finally {
    folder.remove();
  }
}

const metrics: [string, number | string][] = [];
for (const { devices, rounds } of SIZES) metrics.push(...(await measure(devices, rounds)));
if (process.argv.includes("--json"))
  console.log(JSON.stringify({ bench: "groups", ...Object.fromEntries(metrics) }));
else console.table(Object.fromEntries(metrics));

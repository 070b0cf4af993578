/**
 * `./sotto bench groups [--json]`: what a member pays in groups of 2, 50 and 250 devices, in the suite that a group of
 * that size gets. How each is taken and how to read it: docs/performance.md.
 */
import { suiteFor } from "@sotto/crypto";
import { createFolder } from "@sotto/testkit/e2e";
import { createCast } from "./groups-cast.ts";
import { beginCold, beginWarm, playRound, type Costs } from "./groups-round.ts";

/** Rounds of which the medians are; one more, the first of every size, only warms up. */
const SIZES = [
  { devices: 2, rounds: 15 },
  { devices: 50, rounds: 7 },
  { devices: 250, rounds: 5 },
] as const;

type Metrics = Record<string, number | string>;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A group just made is made anew for each round; one in use is made once, and each round begins from it. */
async function measure(devices: number, rounds: number): Promise<Metrics> {
  const suite = suiteFor(devices);
  const folder = createFolder();
  try {
    const cast = await createCast(suite, devices, folder.path);
    const [cold, warm]: readonly [Costs, Costs] = [new Map(), new Map()];
    await playRound(cast, await beginCold(cast, new Map()), new Map());
    const begun = await beginWarm(cast);
    for (let round = 0; round < rounds; round++) {
      await playRound(cast, await beginCold(cast, cold), cold);
      await playRound(cast, begun, warm);
    }
    await cast.close();
    return { [`suite_${devices}`]: suite, ...metricsOf(warm, devices), ...coldMetricsOf(cold, devices) };
  } finally {
    folder.remove();
  }
}

const metricsOf = (costs: Costs, devices: number): Metrics =>
  Object.fromEntries([...costs].map(([name, values]) => [`${name}_${devices}`, rounded(median(values))]));

/** Only a group just made is created; whatever else both have gets another name here: `add_ms` is `cold_add_ms`. */
const coldMetricsOf = (costs: Costs, devices: number): Metrics =>
  metricsOf(
    new Map([...costs].map(([name, values]) => [name.startsWith("create") ? name : `cold_${name}`, values])),
    devices,
  );

const metrics: Metrics = {};
for (const { devices, rounds } of SIZES) Object.assign(metrics, await measure(devices, rounds));
if (process.argv.includes("--json")) console.log(JSON.stringify({ bench: "groups", metrics }));
else console.table(metrics);

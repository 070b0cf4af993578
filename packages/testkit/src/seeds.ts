/** Which seeds a simulation test runs, and what it prints when one fails. */
import { env } from "node:process";

/** SOTTO_SEED is the first, SOTTO_SEEDS how many; a test gives what `./sotto test` runs. */
export function seedsToRun(count: number): readonly number[] {
  const first = Number(env["SOTTO_SEED"] ?? 1);
  return Array.from({ length: Number(env["SOTTO_SEEDS"] ?? count) }, (_, index) => first + index);
}

type Report = {
  readonly violations: readonly { readonly rule: string; readonly what: string }[];
  readonly operations: readonly string[];
};

/** The seed, what was done and what broke: enough to run it again and to understand it. */
export const explain = (seed: number, { violations, operations }: Report): string =>
  [
    `seed ${seed} (SOTTO_SEED=${seed} SOTTO_SEEDS=1)`,
    ...operations,
    ...violations.map(({ rule, what }) => `[${rule}] ${what}`),
  ].join("\n");

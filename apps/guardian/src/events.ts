/**
 * Everything a guardian ever logs: that something failed in it, and, when it stops, how many requests it had. Never an
 * address, an identifier or bytes. Spec: spec/logging.md, LG1–LG4.
 */
import type { Served } from "@sotto/guardian-adapters/node";

type Facts = Readonly<Record<string, number | string>>;
/** Takes one line of JSON, ended. */
export type Sink = (line: string) => void;

export type Events = {
  served(served: Served): void;
  /** A bug's message may quote anything, so only its stack is written. */
  bug(bug: unknown): void;
  stopped(): void;
};

export function createEvents(sink: Sink, isVerbose: boolean, clock: () => number = Date.now): Events {
  const counts: Record<Served, number> = { answered: 0, refused: 0 };
  const write = (level: "info" | "error", event: string, facts: Facts): void =>
    sink(`${JSON.stringify({ level, time: new Date(clock()).toISOString(), event, ...facts })}\n`);
  return {
    served(served) {
      counts[served] += 1;
    },
    bug: (bug) => write("error", "bug", bug instanceof Error ? { name: bug.name, stack: framesOf(bug) } : {}),
    stopped() {
      if (isVerbose) write("info", "stopped", counts);
    },
  };
}

const framesOf = (bug: Error): string =>
  (bug.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join(" | ");

/**
 * Everything the relay server ever logs, in one file. Facts are numbers and words from our own source: never an
 * address, an identifier, bytes, or a peer's text. Success is quiet. Spec: spec/logging.md, LG1–LG5.
 */
import { pino } from "pino";

export type Level = "info" | "warn" | "error";
export type Sink = (level: Level, event: string, facts: Readonly<Record<string, number | string>>) => void;

export const createEvents = (sink: Sink) => ({
  started: (port: number) => sink("info", "started", { port }),
  stopping: (connections: number) => sink("info", "stopping", { connections }),
  stopped: () => sink("info", "stopped", {}),
  refused: (code: string) => sink("info", "request.refused", { code }),
  malformed: () => sink("info", "frame.malformed", {}),
  cutOff: (why: "malformed" | "overfull" | "silent") => sink("info", "connection.cut-off", { why }),
  storeSlow: (durationMs: number, ops: number) => sink("warn", "store.slow", { durationMs, ops }),
  /** By the number of its folder. It is started again. */
  guardianDied: (number: number) => sink("warn", "guardian.died", { number }),
  storageFull: () => sink("error", "store.full", {}),
  /** `error` means that somebody should look. A bug's message may quote anything, so only its stack is written. */
  bug: (bug: unknown) =>
    sink("error", "bug", bug instanceof Error ? { name: bug.name, stack: framesOf(bug) } : {}),
});
export type Events = ReturnType<typeof createEvents>;

const framesOf = (bug: Error): string =>
  (bug.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join(" | ");

/** JSON lines on standard error. */
export function createPinoSink(level: Level): Sink {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return (of, event, facts) => logger[of]({ event, ...facts });
}

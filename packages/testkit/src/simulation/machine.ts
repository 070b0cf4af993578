/**
 * A simulated machine: a clock that outlives its processes, and one process at a time, which can die at any moment and
 * is silent from then on. Its disk is its owner's business. Spec: spec/simulation.md, "Crashes".
 */
import type { Alarm, Ports } from "@sotto/client";
import type { Air, AirPort } from "../air.ts";
import type { Rng } from "../rng.ts";
import { createNodeClock, type NodeClock } from "./node-clock.ts";
import type { Timeline } from "./timeline.ts";

export type Process = Pick<Ports, "dial" | "clock" | "randomBytes"> & {
  createAlarm(): Alarm;
  isAlive(): boolean;
  kill(): void;
  readonly network: AirPort;
};

export type Machine = {
  readonly time: NodeClock;
  /** Ends the process that ran before, if one did. */
  boot(): Process;
};

export function createMachine(timeline: Timeline, air: Air, rng: Rng, owner?: string): Machine {
  const time = createNodeClock(timeline, rng.fork());
  let running: Process | undefined;

  return {
    time,
    boot() {
      running?.kill();
      const network = air.createPort(owner);
      const alarms: ReturnType<NodeClock["createAlarm"]>[] = [];
      const random = rng.fork();
      let isAlive = true;
      running = {
        dial: network.dial,
        clock: time.clock,
        randomBytes: random.bytes,
        network,
        createAlarm() {
          const alarm = time.createAlarm();
          alarms.push(alarm);
          return alarm;
        },
        isAlive: () => isAlive,
        kill() {
          isAlive = false;
          network.kill();
          for (const alarm of alarms) alarm.kill();
        },
      };
      return running;
    },
  };
}

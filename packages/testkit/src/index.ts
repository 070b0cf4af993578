export { CALM, createAir, type Air, type AirFaults, type AirPort } from "./air.ts";
export { createRng, type Rng } from "./rng.ts";
export { explain, seedsToRun } from "./seeds.ts";
export { createMachine, type Machine, type Process } from "./simulation/machine.ts";
export { createRelayHost, type RelayHost, type RelayMutant } from "./simulation/relay-host.ts";
export { createTimeline, type Timeline } from "./simulation/timeline.ts";
export { runChannelWorld } from "./world-channel/channel-world.ts";
export { RELAY_MUTANTS } from "./world-channel/relay-mutants.ts";

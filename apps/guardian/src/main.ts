/** The guardian's commands: `start` and `id`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { guardianKeysOf } from "@sotto/guardian-adapters/node";
import { textToGuardianAddress, toHex } from "@sotto/protocol";
import { createEvents } from "./events.ts";
import { dataSentence } from "./sentences.ts";
import { start } from "./start.ts";

const DEFAULT_DATA = resolve(import.meta.dirname, "../../../.sotto/guardian");
const DEFAULT_PORT = 7_500;
const USAGE =
  "start [--port N] [--host ADDRESS] [--data DIR] [--peer URL#GID.GX]… [--verbose] | id [--data DIR]";

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  data: { type: "string", default: DEFAULT_DATA },
  peer: { type: "string", multiple: true },
  verbose: { type: "boolean", default: false },
} as const;

type Options = ReturnType<typeof parse>["values"];
const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false, strict: true });

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

async function run({ port: given, host, data, peer, verbose }: Options): Promise<void> {
  const port = given === undefined ? DEFAULT_PORT : Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return fail("--port takes a number from 0 to 65535; 0 chooses a free one.");
  const peers = (peer ?? []).map(textToGuardianAddress).filter((one) => one !== undefined);
  if (peers.length !== (peer ?? []).length)
    return fail("--peer takes what another guardian shows when it starts: its address, #, gid, a dot, gx.");
  const events = createEvents((line) => process.stderr.write(line), verbose);
  const running = await start({ host, port, path: resolve(data), peers }, events);
  if (!running.ok) return fail(running.error);
  process.stdout.write(running.value.text);
  let isStopping = false;
  void running.value.warning.then((warning) => {
    if (warning !== undefined && !isStopping) process.stdout.write(`  ${warning}\n\n`);
  });
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    running.value.stop().then(leaveStarter, (error: unknown) => {
      events.bug(error);
      process.exit(1);
    });
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  tellStarter();
}

/** A relay that starts guardians hears when one serves, and takes it along however it ends itself. */
function tellStarter(): void {
  if (!process.connected) return;
  process.once("disconnect", () => process.exit());
  process.send?.("serving");
}

function leaveStarter(): void {
  if (process.connected) process.disconnect?.();
}

async function showId({ data }: Options): Promise<void> {
  const path = resolve(data);
  const keys = await guardianKeysOf(path);
  if (!keys.ok) return fail(dataSentence(keys.error, path));
  process.stdout.write(`${toHex(keys.value.gid)}.${toHex(keys.value.gx)}\n`);
}

const [command, ...args] = process.argv.slice(2);
let options: Options | undefined;
try {
  options = parse(args).values;
} catch {
  options = undefined; // parseArgs says what is wrong with an option it does not know
}
if (options && command === "start") await run(options);
else if (options && command === "id") await showId(options);
else fail(`Usage: ${USAGE}`);

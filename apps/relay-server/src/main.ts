/** The relay server's commands: `start` and `code`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { mintCode, openExistingDatabase } from "./data-folder.ts";
import { createEvents, createPinoSink } from "./events.ts";
import { dataSentence } from "./sentences.ts";
import { guardianPlanOf } from "./guardian-plan.ts";
import { start } from "./start.ts";

const DEFAULT_DATA = resolve(import.meta.dirname, "../../../.sotto/relay");
const DEFAULT_PORT = 7_400;
const USAGE =
  "start [--port N] [--host ADDRESS] [--data DIR] [--tls-cert FILE --tls-key FILE] [--guardians 1|3] " +
  "[--guardian URL#GID.GX]… [--no-passphrase] [--lock-idle SECONDS] [--lock-hidden SECONDS] [--demo] [--verbose] " +
  "| code [--data DIR]";

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  data: { type: "string", default: DEFAULT_DATA },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  guardians: { type: "string" },
  guardian: { type: "string", multiple: true },
  "no-passphrase": { type: "boolean", default: false },
  "lock-idle": { type: "string" },
  "lock-hidden": { type: "string" },
  demo: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
} as const;

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

type Options = ReturnType<typeof parse>["values"];
const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false, strict: true });

async function runStart(options: Options): Promise<void> {
  const port = options.port === undefined ? DEFAULT_PORT : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return fail("--port takes a number from 0 to 65535; 0 chooses a free one.");
  const { "tls-cert": certPath, "tls-key": keyPath } = options;
  if ((certPath === undefined) !== (keyPath === undefined))
    return fail("--tls-cert and --tls-key go together: give both or neither.");
  if (options.demo && (certPath !== undefined || port === 0))
    return fail("--demo goes with neither TLS nor --port 0.");
  const guardians = guardianPlanOf(options);
  if (!guardians.ok) return fail(guardians.error);
  const events = createEvents(createPinoSink(options.verbose ? "info" : "warn"));
  const tls = certPath !== undefined && keyPath !== undefined ? { certPath, keyPath } : undefined;
  const { host, demo, data } = options;
  const running = await start(
    { host, port, path: resolve(data), tls, demo, guardians: guardians.value },
    events,
  );
  if (!running.ok) return fail(running.error);
  process.stdout.write(running.value.text);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    running.value.stop().catch((error: unknown) => {
      events.bug(error);
      process.exit(1);
    });
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
}

function runCode(options: Options): void {
  const path = resolve(options.data);
  const db = openExistingDatabase(path);
  if (!db.ok) return fail(dataSentence(db.error, path));
  process.stdout.write(`${mintCode(path, db.value, Date.now())}\n`);
  db.value.close();
}

const [command, ...args] = process.argv.slice(2);
let options: Options | undefined;
try {
  options = parse(args).values;
} catch {
  options = undefined; // parseArgs says what is wrong with an option it does not know
}
if (options && command === "start") await runStart(options);
else if (options && command === "code") runCode(options);
else fail(`Usage: ${USAGE}`);

/**
 * What `./sotto start --demo` runs beside the relay: makes the example profiles the first time, and plays the others
 * in them as long as the relay runs. A process of its own, because a server reaches no code that opens a message.
 * Takes what `start` takes. Spec: spec/terminal.md, DM1 to DM3.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { answerAlways } from "./demo/answer.ts";
import { ANSWERING, NAMES, VISITABLE, type Person } from "./demo/cast.ts";
import { PASSPHRASE, seed } from "./demo/seed.ts";

const LOOK_MS = 250;
const root = resolve(import.meta.dirname, "..");
const startedBy = process.ppid;
/** Gone: killed, or it could not begin. Then this process has nothing to do either. */
const isRelayGone = (): boolean => process.ppid !== startedBy;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { data: { type: "string" }, port: { type: "string", default: "7400" } },
  strict: false,
});
const data = resolve(String(values.data));
const relayUrl = `http://localhost:${String(values.port)}`;
const folder = join(data, "demo");

async function isRelayThere(): Promise<boolean> {
  const answer = await fetch(`${relayUrl}/healthz`).catch(() => undefined);
  return answer?.ok === true;
}

async function newCode(): Promise<string> {
  const program = join(root, "apps/relay-server/src/main.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, "code", "--data", data]);
  return stdout.trim();
}

async function makeProfiles(): Promise<void> {
  process.stdout.write("  Demo    making two profiles with conversations; a moment …\n");
  const codes: Partial<Record<Person, string>> = {};
  for (const person of [...VISITABLE, ...ANSWERING]) codes[person] = await newCode();
  await seed({ folder, relayUrl, codes: codes as Record<Person, string> });
}

function demoText(): string {
  const links = VISITABLE.map((person) => `          ${relayUrl}/#demo=${person}   ${NAMES[person]}`);
  return [
    "  Demo    open each in a browser of its own (a private window is one):",
    ...links,
    `          passphrase: ${PASSPHRASE}`,
    "",
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  while (!(await isRelayThere())) {
    if (isRelayGone()) return;
    await sleep(LOOK_MS);
  }
  if (!existsSync(folder)) {
    // The relay takes this process with it; the next start makes the profiles anew.
    const watch = setInterval(() => isRelayGone() && process.exit(0), LOOK_MS);
    await makeProfiles();
    clearInterval(watch);
  }
  const end = await answerAlways(folder);
  process.stdout.write(demoText());
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
  while (!isRelayGone() && !stopped.signal.aborted)
    await sleep(LOOK_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
  await end();
}

try {
  await main();
} catch (error) {
  const why = error instanceof Error ? error.message : "unknown";
  process.stderr.write(`The example profiles could not be made (${why}). Start again.\n`);
  process.exitCode = 1;
}

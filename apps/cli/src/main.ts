/** The terminal client: `node apps/cli/src/main.ts COMMAND …`. Spec: spec/terminal.md. */
import { openDevice } from "@sotto/client-adapters/node";
import { ok, TEXT_BYTES_MAX, type Result } from "@sotto/protocol";
import { parseCommand, type Command } from "./arguments.ts";
import type { Streams } from "./asked.ts";
import { run } from "./commands.ts";
import { join } from "./join.ts";
import { askKit, askNewPin, askPassphrase } from "./passphrase.ts";
import { problemSentence } from "./sentences.ts";
import { wipeOther } from "./wiping.ts";

const FAILED = 1;
const MISTYPED = 2;
const INTERRUPTED = 130;

async function main(words: readonly string[]): Promise<number> {
  const parsed = parseCommand(words, process.env);
  if (!parsed.ok) return say(parsed.error, MISTYPED);
  const command = parsed.value;
  if (command.name === "wipe" && !command.isThisDevice) {
    const wiped = await wipeOther(command.operands);
    return wiped.ok ? say(wiped.value, 0) : say(wiped.error, FAILED);
  }
  const passphrase = await secretFor(command);
  if (!passphrase.ok) return say(passphrase.error, FAILED);
  const kit = command.hasKit ? await askKit() : ok(undefined);
  if (!kit.ok) return say(kit.error, FAILED);

  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const unread = Promise.withResolvers<Result<void, string>>();
  process.stdout.on("error", () => unread.resolve(ok(undefined))); // nobody reads on: a closed pipe

  const onProgress = process.stderr.isTTY ? showProgress : undefined;
  const device =
    command.name === "join"
      ? await join(command, { passphrase: passphrase.value, kit: kit.value }, onProgress)
      : await openDevice({ file: command.device, passphrase: passphrase.value });
  if (!device.ok) return say(problemSentence(device.error), FAILED);
  const ended = await Promise.race([
    run({ command, device: device.value, streams: streamsUntil(stop.signal) }),
    unread.promise,
  ]);
  if (command.name === "wipe") return ended.ok ? 0 : say(ended.error, FAILED);
  await device.value.close();
  if (stop.signal.aborted && command.name !== "follow") return INTERRUPTED;
  return ended.ok ? 0 : say(ended.error, FAILED);
}

function secretFor({ name, hasPin }: Command): Promise<Result<string, string>> {
  if (name !== "join") return askPassphrase("known");
  return hasPin ? askNewPin("SOTTO_PASSPHRASE") : askPassphrase("new");
}

function showProgress(part: number): void {
  process.stderr.write(`\rMaking this device's container … ${String(Math.round(part * 100)).padStart(3)} %`);
  if (part === 1) process.stderr.write("\n");
}

const streamsUntil = (stopped: AbortSignal): Streams => ({
  out: (line) =>
    new Promise((resolve) => process.stdout.write(`${line}\n`, (failure) => failure ?? resolve())),
  input: readInput,
  stopped,
});

/** No more than what is too long for a message anyway. */
async function readInput(): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > TEXT_BYTES_MAX) break;
  }
  return text;
}

function say(sentence: string, status: number): number {
  process.stderr.write(`${sentence}\n`);
  return status;
}

process.exitCode = await main(process.argv.slice(2));

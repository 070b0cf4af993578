/**
 * A bot that answers: "time" with the time, "count" and a text with its number of words, anything else with itself.
 * Begin: SOTTO_CODE=… SOTTO_PASSPHRASE=… node apps/cli/examples/answering-bot.ts. From then on without a code.
 * Told at length in docs/how-to/write-a-bot.md.
 */
import { createDevice, follow, openDevice } from "@sotto/client-adapters/node";

const {
  SOTTO_DEVICE: file = "bot/device",
  SOTTO_PASSPHRASE: passphrase = "",
  SOTTO_RELAY: relayUrl = "http://localhost:7400",
  SOTTO_CODE: code,
} = process.env;

const regionBytes = 4 * 2 ** 20;
const device =
  code === undefined
    ? await openDevice({ file, passphrase })
    : await createDevice({ file, passphrase, relayUrl, code, name: "Answering bot", regionBytes });
if (!device.ok) {
  process.stderr.write(`The bot cannot begin: ${device.error.kind}\n`);
  process.exit(1);
}
const { member, close } = device.value;

let shown: string | undefined;
const showLink = (): void => {
  const { link } = member.view().me;
  if (link !== undefined && link !== shown) process.stdout.write(`${link}\n`);
  shown = link;
};
member.onView(showLink);
showLink();

// A message counts as read once this resolves. After a crash in between it comes again, and is answered twice.
// In a group it keeps quiet: there it would answer other bots, and they it.
const stop = follow(member, async ({ content }, { id, group }) => {
  if (content.kind !== "text" || group !== undefined) return;
  const answered = await member.ask({ kind: "send", to: id, text: answerTo(content.text) });
  if (!answered.ok) process.stderr.write(`Not answered: ${answered.error.kind}\n`);
});

function answerTo(text: string): string {
  const [word = "", ...rest] = text.trim().split(/\s+/);
  if (word.toLowerCase() === "time") return new Date().toISOString();
  if (word.toLowerCase() === "count") return `${rest.length} words`;
  return text;
}

process.once("SIGTERM", () => {
  stop();
  void close();
});

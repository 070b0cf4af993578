/** The others in the example conversations, who write back. Spec: spec/terminal.md, DM3. */
import { setTimeout as sleep } from "node:timers/promises";
import { follow, openDevice, type Device } from "@sotto/client-adapters/node";
import { ANSWERING, NAMES, REPLIES, type Answering } from "./cast.ts";
import { deviceFile, PASSPHRASE } from "./seed.ts";

/** Nobody types faster. */
const THINKING_MS = 2_500;

/** Opens them all; resolves to the way to end them. One that cannot be opened stays silent. */
export async function answerAlways(folder: string): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  for (const person of ANSWERING) {
    const device = await openDevice({ file: deviceFile(folder, person), passphrase: PASSPHRASE });
    if (!device.ok) continue;
    const stop = answerAs(person, device.value);
    ends.push(() => {
      stop();
      return device.value.close();
    });
  }
  return async () => {
    for (const end of ends) await end();
  };
}

/** In a group nobody here answers another who does: they would go on for ever. */
function answerAs(person: Answering, { member }: Device): () => void {
  let answers = 0;
  return follow(member, async ({ author }, { id }) => {
    if (ANSWERING.some((one) => NAMES[one] === author)) return;
    await sleep(THINKING_MS);
    const replies = REPLIES[person];
    await member.ask({ kind: "send", to: id, text: replies[answers++ % replies.length] ?? "" });
  });
}

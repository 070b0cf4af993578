/**
 * Whether the handset stays smooth while what piled up arrives: a member was away, somebody has written 1,000 messages,
 * and the conversation is open from the moment there is a list. In real Chromium, with a relay process of its own.
 */
import { join } from "node:path";
import { openWindow, type Window } from "@sotto/testkit/browser";
import {
  acquaint,
  createFolder,
  joinNodeMember,
  send,
  startRelay,
  until,
  type NodeMember,
} from "@sotto/testkit/e2e";
import { PASSPHRASE, takeProfile } from "./client-handset.ts";

const MESSAGES = 1_000;
const RUNS = 3;
const REGION_BYTES = 32 * 2 ** 20;
const ARRIVAL_MS_MAX = 300_000;

export type BacklogCosts = {
  /** From one frame to the next while messages arrive, of all runs. */
  readonly frameMs: readonly number[];
  /** From the open conversation to the last message, drawn. */
  readonly arrivalMs: readonly number[];
};

export async function measureBacklog(): Promise<BacklogCosts> {
  const folder = createFolder();
  const relay = await startRelay({ data: join(folder.path, "relay") });
  const window = await openWindow({ width: 1280, height: 800 });
  try {
    const file = join(folder.path, "alice");
    const options = { relayUrl: relay.url, passphrase: PASSPHRASE, regionBytes: REGION_BYTES };
    const [aliceCode = "", bobCode = ""] = relay.codes;
    const alice = await joinNodeMember({ ...options, file, name: "Alice", code: aliceCode });
    const bob = await joinNodeMember({ ...options, file: `${file}-bob`, name: "Bob", code: bobCode });
    const { oneToOther } = await acquaint(bob, alice);
    await alice.close();
    await window.context.addInitScript({ content: FRAMES });
    await takeProfile(window, file, relay.url);
    const runs: BacklogCosts[] = [];
    for (let run = 0; run < RUNS; run++) {
      await window.page.goto("about:blank"); // nobody is there meanwhile
      await writeMany(bob, oneToOther, run);
      runs.push(await arrive(window, relay.url, lastOf(run)));
    }
    await bob.close();
    return {
      frameMs: runs.flatMap(({ frameMs }) => frameMs),
      arrivalMs: runs.flatMap(({ arrivalMs }) => arrivalMs),
    };
  } finally {
    await window.close();
    await relay.stop();
    folder.remove();
  }
}

const textOf = (run: number, count: number): string => `Message ${count} of run ${run + 1}`;
const lastOf = (run: number): string => textOf(run, MESSAGES);

async function writeMany(bob: NodeMember, to: string, run: number): Promise<void> {
  for (let count = 1; count <= MESSAGES; count++) await send(bob, to, textOf(run, count));
  await bob.member.inStep();
}

/** In the page: when each frame was drawn. */
const FRAMES = `
  const frames = (globalThis.frames = []);
  const draw = (at) => {
    frames.push(at);
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
`;

async function arrive({ page }: Window, url: string, last: string): Promise<BacklogCosts> {
  await page.goto(url);
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await page.keyboard.press("Enter");
  await page.locator(".row").first().click();
  await page.locator(".composer").waitFor();
  const beganAt = await page.evaluate(() => performance.now());
  const newest = page.locator(".bubble").last();
  await until("the last message", async () => (await newest.textContent()) === last, ARRIVAL_MS_MAX);
  const { frames, endedAt } = await page.evaluate(() => ({
    frames: (globalThis as unknown as { frames: number[] }).frames,
    endedAt: performance.now(),
  }));
  const during = frames.filter((at) => at >= beganAt && at <= endedAt);
  return {
    frameMs: during.slice(1).map((at, index) => at - (during[index] ?? at)),
    arrivalMs: [endedAt - beganAt],
  };
}

if (import.meta.main) console.log(await measureBacklog());

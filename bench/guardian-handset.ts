/**
 * How long somebody waits for their PIN, in real Chromium: from the press that ends it to the list, drawn. Two of three
 * guardians open, each in a process of its own beside a real relay; Argon2id, the network and the fixed time of OPEN are in it.
 */
import { join } from "node:path";
import { openWindow } from "@sotto/testkit/browser";
import { createFolder, startRelay } from "@sotto/testkit/e2e";

const RUNS = 10;

export async function measureUnlocks(): Promise<readonly number[]> {
  const folder = createFolder();
  const relay = await startRelay({ data: join(folder.path, "relay"), more: ["--guardians", "3"] });
  const window = await openWindow({ width: 390, height: 844 });
  const { page } = window;
  try {
    await page.goto(relay.url);
    await page.getByLabel("Activation code").fill(relay.codes[0] ?? "");
    await page.keyboard.press("Enter");
    await page.getByLabel("Your name").fill("Alice");
    await page.keyboard.press("Enter");
    const offered = (await page.locator(".pin-choice__offered").textContent()) ?? "";
    const pin = offered.replaceAll(" ", "");
    await page.getByRole("button", { name: "Take this PIN" }).click();
    await page.locator(".pin").waitFor();
    await page.keyboard.type(pin);
    await page.keyboard.press("Enter");
    await page.locator(".home").waitFor({ timeout: 60_000 });
    const tookMs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await page.reload();
      await page.locator(".pin").waitFor();
      await page.keyboard.type(pin);
      await page.evaluate(WATCH);
      await page.keyboard.press("Enter");
      await page.locator(".home").waitFor();
      tookMs.push(
        await page.evaluate(() => (globalThis as unknown as { unlocking: Promise<number> }).unlocking),
      );
    }
    return tookMs;
  } finally {
    await window.close();
    await relay.stop();
    folder.remove();
  }
}

/** In the page: from the key to the first frame with the list in it. */
const WATCH = `globalThis.unlocking = new Promise((done) => {
  addEventListener("keydown", () => {
    const pressed = performance.now();
    const look = () =>
      document.querySelector(".home") === null
        ? requestAnimationFrame(look)
        : requestAnimationFrame(() => done(performance.now() - pressed));
    look();
  }, { capture: true, once: true });
});
undefined`;

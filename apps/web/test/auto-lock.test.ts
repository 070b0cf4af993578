/** Locking by itself, in real Chromium on the screens of the gallery, with a clock that the test moves. Spec: spec/handset.md. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inGallery } from "./gallery.ts";

const SECOND = 1_000;
const shown = inGallery({ width: 390, height: 844 });
beforeEach(async () => {
  await shown.page.clock.install();
  await shown.page.goto(shown.address("conversation"));
  await shown.page.getByRole("log").waitFor();
});

const isLocked = async (): Promise<boolean> => {
  await shown.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  return shown.page.getByRole("heading", { name: "Locked" }).isVisible();
};
const pass = (ms: number): Promise<void> => shown.page.clock.runFor(ms);

/** As when another tab or another app is in front. */
const hide = (isHidden: boolean): Promise<void> =>
  shown.page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (hidden ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

test("[UI25] two minutes without input lock; a key or a touch begins them anew; nothing said is left on the page", async () => {
  const said = await shown.page.getByRole("log").textContent();
  await pass(110 * SECOND);
  await shown.page.keyboard.press("Shift");
  await pass(110 * SECOND);
  assert.equal(await isLocked(), false);
  await pass(11 * SECOND);
  assert.equal(await isLocked(), true);
  const left = await shown.page.evaluate(() => document.documentElement.outerHTML);
  for (const sentence of (said ?? "").match(/[A-Z][a-z ,']{20,}/g) ?? [])
    assert.ok(!left.includes(sentence), sentence);
});

test("[UI25] half a minute out of sight locks; coming back before does not", async () => {
  await hide(true);
  await pass(25 * SECOND);
  await hide(false);
  await pass(10 * SECOND);
  assert.equal(await isLocked(), false);
  await hide(true);
  await pass(31 * SECOND);
  assert.equal(await isLocked(), true);
});

test("[UI26] a page that slept past its time locks when somebody comes back, by whatever they do", async () => {
  for (const wake of [() => hide(false), () => shown.page.mouse.move(10, 10)]) {
    await shown.page.goto(shown.address("conversation"));
    await shown.page.getByRole("log").waitFor();
    await hide(true);
    const now = await shown.page.evaluate(() => Date.now());
    await shown.page.clock.setSystemTime(now + 3_600_000); // no timer ran meanwhile
    await wake();
    assert.equal(await isLocked(), true);
  }
});

test("[UI27] a picker that we opened keeps it open, and for five minutes at most", async () => {
  const { page } = shown;
  await page.goto(shown.address("add"));
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page
      .getByRole("button", { name: /picture/i })
      .first()
      .click(),
  ]);
  assert.ok(chooser);
  await hide(true);
  await pass(200 * SECOND);
  assert.equal(await isLocked(), false);
  await pass(101 * SECOND);
  assert.equal(await isLocked(), true);
});

/** Locking by itself, in real Chromium on the screens of the gallery, with a clock that the test moves. Spec: spec/handset.md. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { openGallery, type Gallery } from "./gallery.ts";

const SECOND = 1_000;
let gallery: Gallery;
let window: Window;
before(async () => {
  gallery = await openGallery();
});
after(() => gallery.close());
beforeEach(async () => {
  window = await openWindow({ width: 390, height: 844 });
  await window.page.clock.install();
  await window.page.goto(gallery.address("conversation"));
  await window.page.getByRole("log").waitFor();
});
afterEach(() => window.close());

const isLocked = async (): Promise<boolean> => {
  await window.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  return window.page.getByRole("heading", { name: "Locked" }).isVisible();
};
const pass = (ms: number): Promise<void> => window.page.clock.runFor(ms);

/** As when another tab or another app is in front. */
const hide = (isHidden: boolean): Promise<void> =>
  window.page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (hidden ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

test("[UI25] two minutes without input lock; a key or a touch begins them anew; nothing said is left on the page", async () => {
  const said = await window.page.getByRole("log").textContent();
  await pass(110 * SECOND);
  await window.page.keyboard.press("Shift");
  await pass(110 * SECOND);
  assert.equal(await isLocked(), false);
  await pass(11 * SECOND);
  assert.equal(await isLocked(), true);
  const left = await window.page.evaluate(() => document.documentElement.outerHTML);
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
  for (const wake of [() => hide(false), () => window.page.mouse.move(10, 10)]) {
    await window.page.goto(gallery.address("conversation"));
    await window.page.getByRole("log").waitFor();
    await hide(true);
    const now = await window.page.evaluate(() => Date.now());
    await window.page.clock.setSystemTime(now + 3_600_000); // no timer ran meanwhile
    await wake();
    assert.equal(await isLocked(), true);
  }
});

test("[UI27] a picker that we opened keeps it open, and for five minutes at most", async () => {
  const { page } = window;
  await page.goto(gallery.address("add"));
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

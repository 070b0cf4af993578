/** Every screen of the gallery, in real Chromium under the page policy. Spec: spec/handset.md, UI10. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { SCENES } from "../src/gallery/scenes.ts";
import { openGallery, type Gallery, type Wish } from "./gallery.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NAMES = Object.keys(SCENES);

let gallery: Gallery;
before(async () => {
  gallery = await openGallery();
});
after(() => gallery.close());

type Look = Wish & { readonly width: number; readonly height: number; readonly textPx?: number };

/** Finds what is wrong with a screen, in words. */
type Check = (window: Window) => Promise<readonly string[]>;

async function eachScene(look: Look, checks: readonly Check[]): Promise<void> {
  const { width, height, textPx, ...wish } = look;
  const window = await openWindow({ width, height });
  const wrong: string[] = [];
  try {
    if (textPx !== undefined) {
      const protocol = await window.context.newCDPSession(window.page);
      await protocol.send("Page.setFontSizes", { fontSizes: { standard: textPx, fixed: textPx } });
    }
    for (const name of NAMES) {
      await window.page.goto(gallery.address(name, wish));
      // Screens of an opened profile are fetched after the first; the frame of each is a main landmark.
      await window.page.locator("main").first().waitFor({ state: "attached" });
      if (SCENES[name]?.view.kind === "open") await window.page.locator(".home").waitFor();
      await window.page.locator("html[data-pressed]").waitFor({ state: "attached" });
      await window.page.evaluate(atRest);
      for (const check of checks) wrong.push(...(await check(window)).map((found) => `${name}: ${found}`));
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(window.complaints, []);
  } finally {
    await window.close();
  }
}

/** In the page: drawn, and with no colour half way to another; what moves for ever is let move. */
async function atRest(): Promise<void> {
  await new Promise((drawn) => requestAnimationFrame(drawn));
  const ending = document
    .getAnimations()
    .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
  await Promise.allSettled(ending.map((one) => one.finished));
}

/** What is wider than its place: the page, or anything that scrolls and should only do so downwards. */
const cutOff: Check = ({ page }) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("html, body, body *")]
      .filter((element) => !element.matches("pre, svg, svg *"))
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .filter(
        (element) =>
          element === document.documentElement || /auto|scroll/.test(getComputedStyle(element).overflowX),
      )
      .map((element) => `${element.tagName}.${element.className} is cut off`),
  );

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };
declare const axe: { run(options: object): Promise<{ readonly violations: readonly Violation[] }> };

const axeFinds: Check = async ({ page }) => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
};

test("[UI10] a phone, light, in English", () =>
  eachScene({ width: 390, height: 844, theme: "light", language: "en" }, [cutOff, axeFinds]));

test("[UI10] a desk, dark, in German", () =>
  eachScene({ width: 1280, height: 800, theme: "dark", language: "de" }, [cutOff, axeFinds]));

test("[UI10] a phone with text twice as large, in German", () =>
  eachScene({ width: 390, height: 844, textPx: 32, language: "de" }, [cutOff]));

test("[UI10] a desk at 400 %, right to left", () =>
  eachScene({ width: 320, height: 256, dir: "rtl" }, [cutOff]));

const DIALOG_LOOKS: Readonly<Record<string, Look>> = {
  "a phone, light": { width: 390, height: 844, theme: "light" },
  "a desk, dark, in German": { width: 1280, height: 800, theme: "dark", language: "de" },
};

for (const [name, look] of Object.entries(DIALOG_LOOKS))
  test(`[UI10] the burn time of one message: ${name}`, async () => {
    const { width, height, ...wish } = look;
    const window = await openWindow({ width, height });
    try {
      await window.page.goto(gallery.address("conversation", wish));
      await window.page.locator(".composer__burn").click();
      await window.page.locator("dialog .choice__one").nth(2).click();
      await window.page.locator("dialog .burn-from .choice__one").nth(1).click();
      await window.page.evaluate(atRest);
      assert.deepEqual([...(await cutOff(window)), ...(await axeFinds(window))], []);
      await window.page.locator("dialog .button--first").click();
      await window.page.locator(".composer__about").waitFor();
      assert.deepEqual([...(await cutOff(window)), ...(await axeFinds(window))], []);
    } finally {
      await window.close();
    }
  });

for (const [name, look] of Object.entries(DIALOG_LOOKS))
  test(`[UI10] what can be done with a message, and what deleting it asks: ${name}`, async () => {
    const { width, height, ...wish } = look;
    const window = await openWindow({ width, height });
    try {
      await window.page.goto(gallery.address("conversation-answers", wish));
      const last = window.page.locator("article.message").last();
      await last.hover();
      await last.locator(".message__options").click();
      await window.page.locator("dialog .emojis").waitFor();
      await window.page.evaluate(atRest);
      assert.deepEqual([...(await cutOff(window)), ...(await axeFinds(window))], []);
      await window.page.locator("dialog .options .button").last().click();
      await window.page.locator("dialog .button--danger").waitFor();
      assert.deepEqual([...(await cutOff(window)), ...(await axeFinds(window))], []);
    } finally {
      await window.close();
    }
  });

test("[UI12] one pane on a phone, two from 900 px, three from 1280 px", async () => {
  const panes = async (width: number): Promise<readonly boolean[]> => {
    const window = await openWindow({ width, height: 800 });
    try {
      await window.page.goto(gallery.address("conversation"));
      await window.page.getByRole("log").waitFor();
      const found = [".side", ".main", ".aside"].map((pane) => window.page.locator(pane).isVisible());
      return await Promise.all(found);
    } finally {
      await window.close();
    }
  };
  assert.deepEqual(await panes(899), [false, true, false]);
  assert.deepEqual(await panes(900), [true, true, false]);
  assert.deepEqual(await panes(1280), [true, true, true]);
});

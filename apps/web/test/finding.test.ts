/** Searching, and reading further back, on the screens of the gallery. Spec: spec/handset.md, UI42 to UI44. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@sotto/testkit/e2e";
import { dayBegin, queryOf } from "../src/finding/wanted.ts";
import { inGallery } from "./gallery.ts";

const shown = inGallery({ width: 1280, height: 800 });

type Handle = { readonly asked: readonly { readonly kind: string }[]; receive(text: string): void };
const handle = <T>(use: (gallery: Handle) => T): Promise<T> =>
  shown.page.evaluate(`(${use.toString()})(globalThis.gallery)`);
const asked = (kind: string): Promise<readonly { readonly kind: string }[]> =>
  shown.page.evaluate(
    (wanted) =>
      (globalThis as unknown as { gallery: Handle }).gallery.asked.filter((one) => one.kind === wanted),
    kind,
  );

test("[UI42] what is typed is searched for at once, within a conversation and dates if wished", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("button", { name: "Search in the conversation with Mara" }).click();
  const field = page.getByRole("searchbox");
  await page.locator("input[type=search]:focus").waitFor();
  await page.keyboard.type("fri");
  await until("the query", async () => (await asked("find")).length > 1);
  await page.getByRole("button", { name: "Dates" }).click();
  await page.getByLabel("From").fill("2026-05-01");
  const last = async () => (await asked("find")).at(-1);
  await until("the date", async () => JSON.stringify(await last()).includes("since"));
  const since = new Date(2026, 4, 1).getTime();
  assert.deepEqual(await last(), { kind: "find", query: { text: "fri", in: "mara", since } });
  await page.getByRole("button", { name: "Any date" }).click();
  await page.getByRole("button", { name: "Search in all conversations" }).click();
  await until("all conversations", async () => !JSON.stringify(await last()).includes("mara"));
  assert.deepEqual(await last(), { kind: "find", query: { text: "fri" } });
  assert.equal(await field.inputValue(), "fri");
});

test("[UI42] dates are days of the person's own calendar, and both are in", () => {
  const day = (date: number): number => new Date(2026, 2, date).getTime();
  assert.deepEqual(queryOf({ text: "a", in: undefined, from: "2026-03-28", to: "2026-03-29" }), {
    text: "a",
    since: day(28),
    until: day(30),
  });
  for (const wrong of ["", "x", "2026", "2026-3-1", "2026-03-28T00"])
    assert.equal(dayBegin(wrong), undefined);
});

test("[UI42] nothing asked, nothing found, too much, and not yet everything are each said", async () => {
  const { page } = shown;
  for (const [scene, words] of [
    ["search", "Finds the words of messages"],
    ["search-none", "Nothing found."],
    ["search-too-long", "That is too much to search for."],
    ["search-reading", "Older messages are still being read."],
    ["search-reading", "are not searched: there are too many"],
    ["search-reading", "Show more"],
  ] as const) {
    await page.goto(shown.address(scene));
    await page.locator(".search__results").getByText(words).waitFor();
  }
  assert.match((await page.getByRole("status").allTextContents()).join(), /5 found, and more/);
  await page.goto(shown.address("search-found"));
  await page.locator(".found mark").nth(4).waitFor();
  assert.deepEqual(await page.locator(".found mark").allTextContents(), [
    "Friday",
    "Friday",
    "Friday",
    "friday",
    "friday",
  ]);
});

test("[UI43] a result leads to its message, and back to the results with the focus on it, by keys alone", async () => {
  const { page } = shown;
  await page.goto(shown.address("search-found"));
  await page.locator("input[type=search]:focus").waitFor();
  for (let count = 0; count < 2; count++) await page.keyboard.press("ArrowDown");
  await page.locator('button[data-found="found-180000"]:focus').waitFor();
  await page.keyboard.press("Enter");
  await until("the place to be asked for", async () => (await asked("go-to")).length === 1);
  assert.deepEqual(await asked("go-to"), [{ kind: "go-to", spot: { kind: "message", key: "found-180000" } }]);
  await page.getByRole("button", { name: "Back to the results" }).click();
  await page.locator('button[data-found="found-180000"]:focus').waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "friday");
});

test("[UI43] the message one came for is marked, has the focus and is in sight", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-around"));
  const target = page.locator('article[data-target="true"]:focus');
  await target.waitFor();
  assert.match((await target.textContent()) ?? "", /^Message 21/);
  const box = await target.boundingBox();
  assert.ok(box !== null && box.y > 64 && box.y + box.height < 700, JSON.stringify(box));
});

test("[UI44] further back nothing is announced or counts as read, and a button leads to the newest", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-around"));
  await page.locator('article[data-target="true"]:focus').waitFor();
  await handle((gallery) => gallery.receive("merely loaded"));
  const log = page.getByRole("log");
  await log.evaluate((element) => (element.scrollTop = element.scrollHeight));
  await log.getByText("merely loaded").waitFor();
  assert.deepEqual(await asked("mark-read"), []);
  assert.equal(await page.getByRole("status").filter({ hasText: "merely loaded" }).count(), 0);
  await page.getByRole("button", { name: "To the newest" }).click();
  await until("the newest", async () => (await asked("go-to")).length === 2);
  assert.deepEqual((await asked("go-to"))[1], { kind: "go-to", spot: { kind: "newest" } });
});

test("[UI18] [UI42] Ctrl Shift F searches, from wherever one is", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("log").waitFor();
  await page.keyboard.press("Control+Shift+F");
  await page.locator("input[type=search]:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("log").waitFor();
});

test("[UI45] a day is gone to from the details, and what is no day is not", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("log").waitFor();
  const go = page.getByRole("button", { name: "Show this day" });
  assert.equal(await go.isDisabled(), true);
  await page.getByLabel("Day", { exact: true }).fill("2026-05-12");
  await go.click();
  await until("the day to be asked for", async () => (await asked("go-to")).length === 1);
  const time = new Date(2026, 4, 12).getTime();
  assert.deepEqual(await asked("go-to"), [{ kind: "go-to", spot: { kind: "at", time } }]);
  await page.locator('[data-target="true"]:focus').waitFor();
});

test("[UI46] the list shows what is unread, keeps the one that is open, and says when nothing is left", async () => {
  const { page } = shown;
  await page.goto(shown.address("chats"));
  const rows = page.locator("[data-row]");
  await rows.nth(7).waitFor();
  const filter = page.getByRole("button", { name: "Unread (1)" });
  await filter.click();
  await until("one row", async () => (await rows.count()) === 1);
  await rows.filter({ hasText: "Mara" }).click();
  await page.getByRole("log").waitFor();
  assert.equal(await rows.count(), 1);
  await filter.click();
  await rows.nth(7).waitFor();
  await page.goto(shown.address("chats-read"));
  await page.getByRole("button", { name: "Unread (0)" }).click();
  await page.getByText("Nothing is unread.").waitFor();
  assert.equal(await rows.count(), 0);
  await page.getByRole("button", { name: "Unread (0)" }).click();
  await rows.first().waitFor();
});

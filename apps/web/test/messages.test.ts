/** What a message can be and do beyond its text, on the screens of the gallery. Spec: spec/handset.md, UI50 on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inGallery } from "./gallery.ts";

const shown = inGallery({ width: 390, height: 844 });

type Handle = { readonly asked: readonly object[]; receive(text: string): void };
const receive = (text: string): Promise<void> =>
  shown.page.evaluate((said) => (globalThis as unknown as { gallery: Handle }).gallery.receive(said), text);
const asked = async (kind: string): Promise<readonly object[]> => {
  const all = await shown.page.evaluate(() => (globalThis as unknown as { gallery: Handle }).gallery.asked);
  return all.filter((intent) => "kind" in intent && intent.kind === kind);
};

test("[UI50] a burn time is chosen for one message, said above the field, and forgotten with sending", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  const field = page.getByRole("textbox", { name: "Message to Mara" });
  await field.fill("the code is 4711");
  await page.getByRole("button", { name: "Burn time of this message" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("30 seconds", { exact: true }).click();
  await dialog.getByText("After reading", { exact: true }).click();
  await page.getByText("You learn when it was read, and Mara is told so.").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  const line = page.getByText("This message burns 30 seconds after Mara reads it. You learn when that is.");
  await line.waitFor();
  await field.press("Enter");
  await line.waitFor({ state: "detached" });
  await field.fill("and this as usual");
  await field.press("Enter");
  assert.deepEqual(await asked("send"), [
    { kind: "send", to: "mara", text: "the code is 4711", burn: { ms: 30_000, from: "reading" } },
    { kind: "send", to: "mara", text: "and this as usual" },
  ]);
});

test("[UI50] what burns from reading says to both that its writer learns when it was read", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-fleeting"));
  await page.getByRole("log").waitFor();
  for (const words of [
    "Burns 30 seconds after Mara reads it. You learn when that is.",
    "You read it at 14:04, and Mara was told.",
    "Mara read it at 14:05.",
    "Burns 5 seconds after you read it. Mara learns when that is.",
  ])
    await page.getByText(words).waitFor();
});

test("[UI51] markup becomes elements around text, and what looks like HTML stays text", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-marked"));
  const log = page.getByRole("log");
  await log.waitFor();
  await log.locator("strong", { hasText: "Friday" }).waitFor();
  assert.equal(await log.locator("em").first().textContent(), "not");
  assert.equal(await log.locator("s").first().textContent(), "At ten");
  assert.equal(await log.locator("ul li").count(), 3);
  assert.equal(await log.locator("blockquote").textContent(), "Bring nothing with a battery.");
  assert.equal(await log.locator("pre code").count(), 1);
  await receive(`<img src=x onerror="document.title='ran'"> **<b>bold</b>**`);
  const bold = log.locator("strong", { hasText: "<b>bold</b>" });
  await bold.waitFor();
  assert.equal(await page.title(), "Sotto");
  assert.equal(await bold.locator("*").count(), 0);
});

test("[UI52] an address opens only after a warning that names where it really leads", async () => {
  const { page } = shown;
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(shown.address("conversation-marked"));
  const log = page.getByRole("log");
  const dialog = page.getByRole("dialog", { name: "Leave Sotto?" });
  const open = async (text: string): Promise<string> => {
    await log.getByRole("button", { name: text }).click();
    await dialog.waitFor();
    return (await dialog.textContent()) ?? "";
  };
  assert.equal(await log.locator("a").count(), 0, "nothing leads out by itself");

  assert.match(await open("https://example.org/plan?day=5"), /Open example\.org/);
  assert.equal(await dialog.getByText("Look closely").count(), 0);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const homograph = await open("https://аррӏе.example/login");
  assert.match(homograph, /Open xn--[a-z0-9-]+\.example/);
  assert.match(homograph, /Look closely/);
  await dialog.getByRole("button", { name: "Cancel" }).click();

  const named = await open("http://bank.example@login.evil.example:8080/a_b_c");
  assert.match(named, /Open login\.evil\.example:8080/);
  assert.match(named, /Look closely.*not encrypted/);
  const link = dialog.getByRole("link");
  assert.equal(await link.getAttribute("href"), "http://login.evil.example:8080/a_b_c");
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  assert.deepEqual(
    requests.filter((url) => !url.startsWith(new URL(page.url()).origin)),
    [],
  );
});

test("[UI53] a message is forwarded to somebody else, and what was forwarded says so", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-marked"));
  const article = page.getByRole("article").filter({ hasText: "The ferry goes at four." });
  await article.getByText("Forwarded").waitFor();
  await article.hover();
  await article.locator(".message__options").click();
  await page.getByRole("button", { name: "Forward" }).click();
  await page.getByRole("dialog", { name: "Forward to" }).getByRole("button", { name: "Night desk" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const [intent] = (await asked("forward")) as readonly { readonly in: string; readonly to: string }[];
  assert.deepEqual([intent?.in, typeof intent?.to], ["mara", "string"]);
  assert.notEqual(intent?.to, "mara");
});

test("[UI54] what is pinned stands above the messages, and can be read and unpinned there", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-answers"));
  await page.getByRole("button", { name: /2 pinned We meet at/ }).click();
  const dialog = page.getByRole("dialog", { name: "Pinned" });
  await dialog.locator("strong", { hasText: "side door" }).waitFor();
  await dialog.getByRole("button", { name: "Unpin" }).first().click();
  assert.deepEqual(await asked("unpin"), [{ kind: "unpin", in: "mara", key: "message-4" }]);
});

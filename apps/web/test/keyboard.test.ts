/** What a person does with keyboard, pictures and eyes closed, on the screens of the gallery. Spec: spec/handset.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEXT_BYTES_MAX } from "@sotto/protocol";
import { until } from "@sotto/testkit/e2e";
import { inGallery } from "./gallery.ts";

const shown = inGallery({ width: 1280, height: 800 });

type Handle = { readonly asked: readonly object[]; receive(text: string): void };

const asked = (): Promise<readonly object[]> =>
  shown.page.evaluate(() => (globalThis as unknown as { gallery: Handle }).gallery.asked);
const receive = (text: string): Promise<void> =>
  shown.page.evaluate((said) => (globalThis as unknown as { gallery: Handle }).gallery.receive(said), text);
const focused = (): Promise<string> =>
  shown.page.evaluate(() => {
    const element = document.activeElement;
    return `${element?.tagName} ${element?.getAttribute("aria-label") ?? element?.textContent?.slice(0, 24)}`;
  });
/** Whether the newest message is wholly on the screen. */
const isAtEnd = (): Promise<boolean> =>
  shown.page.getByRole("log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 4);

test("[UI18] ? lists shortcuts, Escape closes the list and gives the focus back", async () => {
  const { page } = shown;
  await page.goto(shown.address("chats"));
  const row = page.getByRole("button", { name: /Mara/ });
  await row.focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.match(await focused(), /^BUTTON .*Mara/);
});

test("[UI18] Ctrl K finds a person by a few letters", async () => {
  const { page } = shown;
  await page.goto(shown.address("chats"));
  await page.getByRole("button", { name: /Mara/ }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("xyz");
  await page.getByText("Nothing found").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("len");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Lena Østergaard" }).waitFor();
});

test("[UI18] arrows move through the list, Enter opens, Escape goes back to the row", async () => {
  const { page } = shown;
  await page.goto(shown.address("chats-many"));
  await page.getByRole("button", { name: /^Contact 1,? / }).focus();
  for (let count = 0; count < 40; count++) await page.keyboard.press("ArrowDown");
  await page.locator('[data-row="40"]:focus', { hasText: "Contact 41" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("log").waitFor();
  await page.getByRole("log").focus();
  await page.keyboard.press("Escape");
  await page.getByText("Choose a conversation").waitFor();
  await page.locator('[data-row="40"]:focus').waitFor();
});

test("[UI18] Alt with an arrow goes to the next conversation", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("log").waitFor();
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("heading", { name: "Night desk" }).first().waitFor();
});

test("[UI16] Enter sends what was written, Shift with Enter begins a line", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  const field = page.getByRole("textbox", { name: "Message to Mara" });
  await field.fill("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "");
  assert.match(await focused(), /^TEXTAREA/);
  const sent = (await asked()).filter((intent) => "kind" in intent && intent.kind === "send");
  assert.deepEqual(sent, [{ kind: "send", to: "mara", text: "one\ntwo" }]);
});

test("[UI16] a message one byte too long is not sent, and says by how much", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  const field = page.getByRole("textbox", { name: "Message to Mara" });
  await field.fill("x".repeat(TEXT_BYTES_MAX + 1));
  await page.getByText("Too long by 1 characters").waitFor();
  await page.keyboard.press("Enter");
  assert.equal((await field.inputValue()).length, TEXT_BYTES_MAX + 1);
  await field.fill("x".repeat(TEXT_BYTES_MAX));
  await page.getByText("0 characters left").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "");
});

test("[UI15] a draft is kept soon after it is written, and at once when the conversation is left", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  const field = page.getByRole("textbox", { name: "Message to Mara" });
  await field.fill("not yet");
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("heading", { name: "Night desk" }).first().waitFor();
  const drafts = (await asked()).filter((intent) => "kind" in intent && intent.kind === "draft");
  assert.deepEqual(drafts, [{ kind: "draft", in: "mara", text: "not yet" }]);
});

test("[UI13] a conversation opens at its end and stays there", async () => {
  await shown.page.goto(shown.address("conversation-many"));
  await shown.page.getByText("Message 999", { exact: true }).waitFor();
  assert.ok(await isAtEnd());
  for (let count = 1; count <= 5; count++) await receive(`late ${count}`);
  await shown.page.getByRole("log").getByText("late 5").waitFor();
  assert.ok(await isAtEnd());
});

test("[UI13] a reader elsewhere is not moved; a pill counts, and leads to the end", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-many"));
  await page.getByText("Message 999", { exact: true }).waitFor();
  const log = page.getByRole("log");
  await log.hover();
  await page.mouse.wheel(0, -3000);
  await until("the reader to be elsewhere", async () => !(await isAtEnd()));
  const before = await log.evaluate(({ scrollTop }) => scrollTop);
  await receive("first");
  await receive("second");
  await receive("third");
  const pill = page.getByRole("button", { name: "3 new" });
  await pill.waitFor();
  assert.equal(await log.evaluate(({ scrollTop }) => scrollTop), before);
  await pill.click();
  await log.getByText("third").waitFor();
  assert.equal(await pill.count(), 0);
  assert.notEqual(await focused(), "BODY null");
});

test("[UI19] a message that comes is announced once, politely", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("log").waitFor();
  await receive("are you there");
  const announced = page.getByRole("status").filter({ hasText: "Mara: are you there" });
  await announced.waitFor();
  assert.equal(await announced.count(), 1);
  assert.equal(await page.getByRole("log").getAttribute("aria-live"), "off");
});

test("[UI14] marks and burn rings have words", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  const last = page.getByRole("article").last();
  await last.waitFor();
  assert.match((await last.textContent()) ?? "", /On my way.*14:03Burns in 40 seconds.*Sent/);
});

test("[UI10] right to left, arrows are mirrored and a safety number is read in the order it is read everywhere", async () => {
  const { page } = shown;
  await page.goto(shown.address("verify", { dir: "rtl" }));
  const groups = page.locator(".digits li");
  await groups.first().waitFor();
  const [first, second] = await groups.evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect().left),
  );
  assert.ok(first !== undefined && second !== undefined && first < second);
  const arrow = page.locator(".main .icon--ahead").first();
  assert.match(await arrow.evaluate((one) => getComputedStyle(one).transform), /^matrix\(-1,/);
});

test("[UI14] what failed says why, and so does the last of what waits", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-offline"));
  const reason = page.getByRole("log").getByText("Waits for the relay.");
  await reason.waitFor();
  assert.equal(await reason.count(), 1);
  assert.match(
    (await page.getByRole("article").last().textContent()) ?? "",
    /On my way.*Waits for the relay\.$/,
  );
  await page.goto(shown.address("conversation-trouble"));
  await page.getByText("Waits until this conversation is made anew.").waitFor();
  const failed = page.getByRole("article").filter({ hasText: "This one is late." });
  assert.match((await failed.textContent()) ?? "", /Its burn time came before it could be sent\./);
});

test("[UI21] text of others is text, and what is not understood is said to be kept", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation-trouble"));
  await page.getByText("written with a newer version").waitFor();
  await receive(`<img src=x onerror="document.title='ran'"><b>bold</b> \u202Ereversed`);
  const bubble = page.getByRole("log").getByText("<b>bold</b>");
  await bubble.waitFor();
  assert.equal(await page.title(), "Sotto");
  assert.equal(await bubble.locator("*").count(), 0);
  assert.equal(await bubble.getAttribute("dir"), "auto");
});

test("[UI20] the picture of a QR code is read, by code that is fetched only then", async () => {
  const { page } = shown;
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await page.goto(shown.address("add"));
  const code = page.getByRole("img", { name: "Your contact link as a QR code" });
  const picture = await code.screenshot();
  assert.ok(!fetched.some((url) => url.includes("zxing") || url.includes("scan")));
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a picture of a code" }).click();
  await (await chooser).setFiles({ name: "code.png", mimeType: "image/png", buffer: picture });
  const link = await page.locator(".my-link__text").textContent();
  await until("the link to be used", async () => (await asked()).length > 0);
  assert.deepEqual(await asked(), [{ kind: "add-contact", link }]);
  assert.ok(fetched.some((url) => url.includes("zxing")));
});

test("[UI17] Tab visits everything in reading order, and what has the focus can be seen", async () => {
  const { page } = shown;
  await page.goto(shown.address("conversation"));
  await page.getByRole("log").waitFor();
  const field = page.getByRole("textbox", { name: "Message to Mara" });
  await field.and(page.locator(":focus")).waitFor();
  const stops: string[] = [];
  while (stops.length < STOPS.length) {
    await page.keyboard.press("Tab");
    const stop = await focused();
    // One for each message that is drawn, between the log and the field.
    const isOfMessage =
      stop === "BUTTON Message options" && stops.at(-1)?.startsWith("DIV Messages") === true;
    // A day has a stop for each of its parts, which the browser marks itself; after it comes the burn time.
    const isOfDay = stop.startsWith("INPUT") && stops.at(-1)?.startsWith("INPUT") === true;
    if (!isOfMessage && !isOfDay) stops.push(stop);
    const isSeen = await page.evaluate(() => {
      const { width, height } = document.activeElement?.getBoundingClientRect() ?? new DOMRect();
      return (
        width > 0 && height > 0 && document.activeElement?.matches(":focus-visible, input[type=date], body")
      );
    });
    assert.ok(isSeen, stops.join("\n"));
  }
  stops.forEach((stop, at) => assert.match(stop, STOPS[at] ?? /never/));
});

/** From the field where one writes to the end of the page, and round from its beginning. */
const STOPS = [
  /^BUTTON Send/,
  /^DIV Details/,
  /^BUTTON Compare again/,
  /^INPUT/,
  /^BODY/,
  /^BUTTON Search/,
  /^BUTTON Add someone/,
  /^BUTTON Unread/,
  /^BUTTON .*Mara/,
  /^BUTTON Chats/,
  /^BUTTON Me/,
  /^BUTTON Search in the conversation/,
  /^DIV Messages/,
  /^BUTTON Send a picture or file/,
  /^BUTTON Burn time of this message/,
  /^TEXTAREA Message to Mara/,
];

test("[UI17] a screen that opens takes the focus to its heading, and going back returns it", async () => {
  const { page } = shown;
  await page.goto(shown.address("chats"));
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.locator("h1:focus", { hasText: "Me" }).waitFor();
  await page.getByRole("button", { name: "Replace my link" }).click();
  await page.getByRole("dialog", { name: "A new link" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("button:focus", { hasText: "Replace my link" }).waitFor();
});

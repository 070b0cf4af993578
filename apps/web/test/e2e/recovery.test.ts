/**
 * A phone is lost, and its owner comes back with a page of paper, as a person lives it. What happens happens once, in the order of this
 * file. Spec: spec/recovery.md, spec/handset.md UI36.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, newCode, startRelay, until, type RelayProcess } from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const PHONE = { width: 390, height: 844 };
const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let phone: Handset;
let friend: Handset;
let words: readonly string[] = [];
/** A picture of the page's code. */
let code: Buffer;

before(async () => {
  relay = await startRelay({ data });
  phone = await Handset.open(relay.url, PHONE);
  friend = await Handset.open(relay.url, { width: 1280, height: 800 });
  await phone.join(await newCode(data), "Mara");
  await friend.join(await newCode(data), "Friend");
  await phone.add(await friend.link());
  await phone.write("before it was lost");
  await friend.openConversation("Mara");
  await friend.readUntil(1);
});
after(async () => {
  await phone.close();
  await friend.close();
  await relay.stop();
  folder.remove();
});

test("[UI36 RK12] the kit is shown with its limits, printed alone, and read back", async () => {
  await phone.back();
  await phone.button("Me").click();
  await phone.button("Recovery kit").click();
  await phone.sees(/There is no password on it/);
  await phone.window.screenshot("kit-intro-phone-light");
  await phone.button("Show the kit").click();
  await phone.page.locator(".kit-words").waitFor();
  words = await phone.page
    .locator(".kit-words li")
    .evaluateAll((all) => all.map((one) => one.lastChild?.textContent?.trim() ?? ""));
  assert.equal(words.length, 24);
  await phone.window.screenshot("kit-sheet-phone-light");
  code = await phone.page.locator(".kit-sheet .qr").screenshot();
  await phone.page.emulateMedia({ media: "print" });
  const printed = await phone.page.evaluate(() => document.body.innerText);
  assert.match(printed, /Recovery kit of Mara/);
  assert.doesNotMatch(printed, /It is on paper|Chats/);
  await phone.page.emulateMedia({ media: "screen" });
  await phone.button("It is on paper").click();
  const fields = phone.page.getByLabel(/^Word \d+$/);
  await fields.first().fill("sotto");
  await fields.last().fill("sotto");
  await phone.button("Finish the kit").click();
  await phone.sees(/not the word that stands there/);
  for (const field of await fields.all()) {
    const label = await field.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? "");
    await field.fill(` ${(words[Number(label.replace("Word ", "")) - 1] ?? "").toUpperCase()}`);
  }
  await phone.window.screenshot("kit-check-phone-light");
  await phone.button("Finish the kit").click();
  await phone.sees("You have a recovery kit");
  await phone.sees(/The relay confirmed the backup/);
  await phone.window.screenshot("kit-made-phone-light");
});

test("[UI36] the words are nowhere on the page any more, nor in its address or storage", async () => {
  const found = await phone.page.evaluate(
    () => document.documentElement.outerHTML + location.href + JSON.stringify([localStorage, sessionStorage]),
  );
  const run = words.slice(0, 3).join(" ");
  assert.ok(!found.includes(run) && !found.includes("sotto-kit:"));
});

test("[UI36 RK17 RK18] on another phone a picture of the page brings back account and contact, and no message", async () => {
  await phone.close();
  await friend.write("where are you?");
  phone = await Handset.open(relay.url, PHONE);
  await phone.button("I have a recovery kit").click();
  await phone.field("Words or text of the kit").fill(words.slice(1).join(" "));
  await phone.button("Continue").click();
  await phone.sees("A recovery kit has 24 words; these are 23.");
  const chooser = phone.page.waitForEvent("filechooser");
  await phone.button("Choose a picture of its code").click();
  await (await chooser).setFiles({ name: "kit.png", mimeType: "image/png", buffer: code });
  await until("the picture to be read", async () =>
    (await phone.field("Words or text of the kit").inputValue()).startsWith("sotto-kit:"),
  );
  await phone.window.screenshot("join-kit-phone-light");
  await phone.button("Continue").click();
  await phone.join(await newCode(data), "Mara");
  await phone.openConversation("Friend");
  const lines = await phone.readUntil(1);
  assert.deepEqual(lines, [{ mine: false, text: lines[0]?.text }]);
  assert.match(lines[0]?.text ?? "", /where are you\?/);
  await phone.write("on a new phone");
  await until("the friend to read it", async () =>
    (await friend.lines()).some(({ mine, text }) => !mine && text.includes("on a new phone")),
  );
  await friend.sees(/devices or keys|keys .*changed/i);
  await friend.window.screenshot("kit-restored-desktop-light");
});

test("[UI36] words that are no kit of this relay, and others that are none, are told apart in plain words", async () => {
  const stranger = await Handset.open(relay.url, PHONE);
  try {
    await stranger.button("I have a recovery kit").click();
    const zeros = `${"abandon ".repeat(23)}art`.split(" ").map((word, at) => `${at + 1}. ${word}`);
    await stranger.field("Words or text of the kit").fill(zeros.join("\n"));
    await stranger.button("Continue").click();
    await stranger.attemptToJoin(await newCode(data), "Nobody");
    await stranger.sees(/This relay keeps no backup for this kit/);
    await stranger.field("Words or text of the kit").fill(`${"abandon ".repeat(23)}zoo`);
    await stranger.window.screenshot("join-kit-missing-phone-light");
    await stranger.button("Continue").click();
    await stranger.attemptToJoin(await newCode(data), "Nobody");
    await stranger.sees(/These words do not belong together/);
  } finally {
    await stranger.close();
  }
});

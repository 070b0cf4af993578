/**
 * A phone whose owner has a PIN, a decoy and a duress PIN, at a relay with its one guardian, as a person lives it. What happens
 * happens once, in the order of this file. Spec: spec/vault.md, spec/handset.md UI30 to UI35.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, newCode, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let phone: Handset;
let friend: Handset;
let pin = "";
let decoyPin = "";
let duressPin = "";
let shares: readonly string[] = [];

before(async () => {
  relay = await startRelay({ data });
  phone = await Handset.open(relay.url, { width: 390, height: 844 });
});
after(async () => {
  await phone.close();
  await friend?.close();
  await relay.stop();
  folder.remove();
});

test("[UI30 UI31 UI32 VT1] joining offers a PIN, says that this is a trial, and the PIN opens", async () => {
  pin = await phone.joinWithPin(await newCode(data), "Mara");
  await phone.sees("Trial: your PIN does not survive the seizure of the server.");
  await phone.lockPins();
  await phone.typePin("000000");
  await phone.sees(/This PIN opens nothing/);
  await phone.window.screenshot("pin-wrong-phone-light");
  await phone.unlockWithPin(pin);
  await phone.window.screenshot("pin-opened-trial-phone-light");
});

test("[UI31] the digits are nowhere on the page, and the keys of the machine work", async () => {
  await phone.lockPins();
  await phone.page.keyboard.type("7391");
  await phone.sees("4 digits");
  const html = await phone.page.content();
  assert.doesNotMatch(html, /7391/);
  await phone.page.keyboard.press("Backspace");
  await phone.sees("3 digits");
  for (let time = 0; time < 3; time++) await phone.page.keyboard.press("Backspace");
  await phone.page.keyboard.type(pin);
  await phone.page.keyboard.press("Enter");
  await phone.page.locator(".home").waitFor();
});

test("[VT16] the PIN is changed", async () => {
  await phone.toPins();
  await phone.button("Change PIN").click();
  pin = await phone.takeOfferedPin();
  await phone.sees("The new PIN is set.");
  await phone.window.screenshot("pin-changed-phone-light");
  await phone.page.reload();
  await phone.unlockWithPin(pin);
});

test("[UI33 VT21] a decoy is made, with limits and a routine said", async () => {
  await phone.toPins();
  await phone.button("Set up a decoy").click();
  await phone.sees(/Two looks, some time apart, can/);
  await phone.field("Its name, as its contacts see it").fill("M");
  await phone.field("An activation code of its own").fill(await newCode(data));
  await phone.button("Continue").click();
  decoyPin = await phone.takeOfferedPin();
  await phone.page.getByText("The duress PIN").waitFor();
  duressPin = await phone.takeOfferedPin();
  await phone.sees("Make it lived-in");
  await phone.window.screenshot("decoy-made-phone-light");
  await phone.button("Lock now").click();
});

test("[VT21] the decoy is a profile of its own with an account of its own", async () => {
  await phone.unlockWithPin(decoyPin);
  await phone.button("Me").click();
  await phone.page.locator('input[name="name"]').waitFor();
  assert.equal(await phone.page.locator('input[name="name"]').inputValue(), "M");
  await phone.page.locator(".my-link__text").waitFor();
  await phone.toPins();
  await phone.button("Set up a decoy").waitFor(); // as in a profile that has none
  await phone.window.screenshot("decoy-opened-phone-light");
});

test("[UI34 VT25] the owner gives away what wipes the phone", async () => {
  await phone.page.reload();
  await phone.unlockWithPin(pin);
  await phone.toPins();
  await phone.button("Show the three texts").click();
  const copy = phone.page.locator(".shares li");
  await copy.first().waitFor();
  assert.equal(await copy.count(), 3);
  shares = await phone.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".shares li")].map((one) => one.dataset["share"] ?? ""),
  );
  await phone.window.screenshot("wipe-texts-phone-light");
  assert.ok(shares.every((share) => share.startsWith("sotto-wipe:")));
});

test("[VT21] the duress PIN opens the decoy, and then nothing opens the real profile", async () => {
  await phone.page.reload();
  await phone.unlockWithPin(duressPin);
  await phone.button("Me").click();
  assert.equal(await phone.page.locator('input[name="name"]').inputValue(), "M");
  await phone.page.reload();
  await phone.typePin(pin);
  await phone.sees(/This PIN opens nothing/);
  await phone.unlockWithPin(decoyPin);
});

test("[UI34 VT25 VT26] two friends wipe the phone from elsewhere", async () => {
  friend = await Handset.open(relay.url, { width: 1280, height: 800 });
  await friend.joinWithPin(await newCode(data), "Friend");
  await friend.toPins();
  await friend.field("First text").fill(shares[0] ?? "");
  await friend.field("Second text").fill(shares[0] ?? "");
  await friend.button("Wipe that phone for good").click();
  await friend.sees(/do not belong together/);
  await friend.field("Second text").fill(shares[2] ?? "");
  await friend.button("Wipe that phone for good").click();
  await friend.sees("1 of 1 guardians have forgotten that phone.");
  await friend.window.screenshot("wipe-other-desktop-light");
  await phone.page.reload();
  await phone.typePin(decoyPin);
  await phone.sees(/The guardians did not accept this/);
});

test("[UI35 VT29] wipe now takes two taps and no network", async () => {
  await friend.page.context().setOffline(true);
  await friend.button("Wipe this device").click();
  await friend.button("Wipe this device now").click();
  await friend.sees("This device was wiped. Nothing of what it held is left.");
  await friend.window.screenshot("wiped-desktop-light");
  await friend.page.context().setOffline(false);
  const files = await friend.page.evaluate(async () => {
    const names: string[] = [];
    const folderHandle = (await navigator.storage.getDirectory()) as unknown as AsyncIterable<[string]>;
    for await (const [name] of folderHandle) names.push(name);
    return names;
  });
  assert.deepEqual(files, []);
});

/**
 * The handset in Firefox, which has storage, workers and cryptography of its own: joining, a conversation with somebody
 * in a terminal, everything still there behind the passphrase, and a PIN. Spec: spec/handset.md.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pictureSize } from "@sotto/client/picture";
import {
  createFolder,
  createTerminal,
  newCode,
  startRelay,
  until,
  type RelayProcess,
} from "@sotto/testkit/e2e";
import { openFirefox, type Firefox } from "@sotto/testkit/firefox";

const ALICE = "Alice in Firefox";
const CAROL = "Carol of the terminal";
const PASSPHRASE = "four words nobody knows";
const PLACE = "GPS 52.5200 13.4050";
const ENTER = "\uE007";
/** Makes a container and stretches a passphrase, on a machine that may have other work. */
const SLOW_MS = 120_000;

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let firefox: Firefox;

before(async () => {
  relay = await startRelay({ data });
  firefox = await openFirefox();
});
after(async () => {
  await firefox.close();
  await relay.stop();
  folder.remove();
});

const isThere = (selector: string): Promise<boolean> =>
  firefox.evaluate((wanted) => document.querySelector(wanted) !== null, selector);
const waitFor = (selector: string): Promise<boolean> => until(selector, () => isThere(selector), SLOW_MS);
const sees = (words: string): Promise<boolean> =>
  until(words, () => firefox.evaluate((wanted) => document.body.innerText.includes(wanted), words));

/** A button by all that it says or is called, or the row of a conversation by its name. */
const press = (name: string): Promise<boolean> =>
  until(`the button ${name}`, () =>
    firefox.evaluate((wanted) => {
      const namesOf = (one: Element): readonly unknown[] => [
        one.getAttribute("aria-label"),
        one.textContent?.trim(),
        one.querySelector(".row__name")?.textContent,
      ];
      const button = [...document.querySelectorAll("button")].find((one) => namesOf(one).includes(wanted));
      button?.click();
      return button !== undefined;
    }, name),
  );

/** Types into the field with this label. */
async function fill(label: string, text: string): Promise<void> {
  await until(`the field ${label}`, () =>
    firefox.evaluate((wanted) => {
      const labels = [...document.querySelectorAll("label")];
      const field = labels.find((one) => one.textContent?.trim() === wanted)?.control;
      field?.focus();
      return field !== undefined && field !== null && document.activeElement === field;
    }, label),
  );
  await firefox.type(text);
}

/** Into the open conversation, once it has the focus: on a busy machine the screen that was left may take it back. */
async function write(text: string): Promise<void> {
  await until("the message to be in its place", async () => {
    await firefox.evaluate((composer) => {
      const place = document.querySelector<HTMLTextAreaElement>(composer);
      place?.focus();
      place?.select();
      return null;
    }, ".composer textarea");
    await firefox.type(text);
    return firefox.evaluate(
      (wanted) => document.querySelector<HTMLTextAreaElement>(".composer textarea")?.value === wanted,
      text,
    );
  });
  await firefox.type(ENTER);
}

test("[UI24] in Firefox somebody joins, talks with somebody in a terminal, and finds all of it after a reload", async () => {
  const [forAlice = ""] = relay.codes;
  const carol = createTerminal({ device: join(folder.path, "carol"), relayUrl: relay.url });
  await carol.ask("join", await newCode(data), "--as", CAROL, "--size", "8");
  const [card] = await carol.read<{ link: string }>("link");

  await firefox.goTo(relay.url);
  await fill("Activation code", forAlice + ENTER);
  await fill("Your name", ALICE + ENTER);
  await press("Use a passphrase instead");
  await fill("Passphrase", PASSPHRASE);
  await fill("The passphrase again", PASSPHRASE + ENTER);
  await waitFor(".home");
  await press("Add someone");
  await fill("Contact link", card?.link ?? "");
  await press("Add");
  await waitFor(".composer textarea");
  await write("written in Firefox");
  await sees("written in Firefox");

  await carol.run("list"); // takes the invitation
  await waitFor('[data-mark="delivered"]');
  const read = await carol.read<{ content: { text?: string } }>("read", ALICE);
  assert.ok(read.some(({ content }) => content.text === "written in Firefox"));
  await carol.ask("send", ALICE, "answered in a terminal");
  await sees("answered in a terminal");

  await firefox.reload();
  await fill("Passphrase", PASSPHRASE + ENTER);
  await waitFor(".home");
  await press(CAROL);
  await sees("written in Firefox");
  await sees("answered in a terminal");
  assert.deepEqual(firefox.complaints, []);
});

/** Sixteen by eight pixels, taken lying on its side, with a note of where that was. */
function photograph(): Buffer {
  const jpeg = Buffer.from(
    "/9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/" +
      "2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAAR" +
      "CAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAA" +
      "AAAAAAAAAAAABP/EABgRAAMBAQAAAAAAAAAAAAAAAAAEQoHB/9oADAMBAAIRAxEAPwCdMBCNZ0U5On//2Q==",
    "base64",
  );
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  const body = Buffer.concat([Buffer.from("Exif\0\0"), tiff, Buffer.from(PLACE)]);
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2), Buffer.from(PLACE)]);
}

test("[UI24] [FT41] in Firefox a photograph goes upright and without its place, and one that comes is shown", async () => {
  const carol = createTerminal({ device: join(folder.path, "carol"), relayUrl: relay.url });
  await firefox.evaluate((photo) => {
    const bytes = Uint8Array.from(atob(photo), (one) => one.charCodeAt(0));
    const chosen = new DataTransfer();
    chosen.items.add(new File([bytes], "IMG_4711.jpg", { type: "image/jpeg" }));
    const input = document.querySelector<HTMLInputElement>(".composer input[type=file]");
    if (input === null) return null;
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return null;
  }, photograph().toString("base64"));
  await sees("Only the picture goes. Place, time and camera are removed.");
  await waitFor(".attach__picture");
  await firefox.evaluate(() => {
    document.querySelector<HTMLElement>(".attach button[type=submit]")?.click();
    return null;
  }, null);
  await waitFor(".file__picture img");
  type Line = { readonly key: string; readonly content: { readonly file?: unknown } };
  const message = await until("the picture", async () => {
    const lines = await carol.read<Line>("read", ALICE);
    return lines.find(({ content }) => content.file !== undefined);
  });
  const path = join(folder.path, "from Firefox");
  await carol.ask("save", ALICE, message.key, path);
  const saved = readFileSync(path);
  assert.deepEqual(pictureSize(saved), { mediaType: "image/jpeg", width: 8, height: 16 });
  for (const mark of [PLACE, "Exif", "ICC_PROFILE"]) assert.ok(!saved.includes(mark), mark);

  writeFileSync(join(folder.path, "photo.jpg"), photograph());
  await carol.ask("send", ALICE, "--file", join(folder.path, "photo.jpg"));
  await until("her picture, loaded by itself", () =>
    firefox.evaluate(() => {
      const shown = [
        ...document.querySelectorAll<HTMLImageElement>("[data-mine=false] .file__picture img"),
      ].at(-1);
      return shown !== undefined && shown.complete && shown.naturalWidth === 8 && shown.naturalHeight === 16;
    }, null),
  );
  assert.deepEqual(firefox.complaints, []);
});

/** On the page's own keys. */
async function typePin(pin: string): Promise<void> {
  await waitFor(".pin");
  for (const digit of pin) await press(digit);
  await firefox.evaluate((done) => {
    document.querySelector<HTMLElement>(done)?.click();
    return null;
  }, ".pin__key--done");
}

test("[UI24 UI30 UI35 VT1] in Firefox the device is wiped, and the next one is joined and opened with a PIN", async () => {
  await press("Me");
  await press("PINs and wipe");
  await press("Wipe this device");
  await press("Wipe this device now");
  await sees("This device was wiped.");

  await fill("Activation code", (await newCode(data)) + ENTER);
  await fill("Your name", ALICE + ENTER);
  await waitFor(".pin-choice__offered");
  const pin = await firefox.evaluate(
    (offered) => document.querySelector(offered)?.textContent.replaceAll(" ", "") ?? "",
    ".pin-choice__offered",
  );
  assert.match(pin, /^\d{6}$/);
  await press("Take this PIN");
  await typePin(pin);
  await waitFor(".home");

  await firefox.reload();
  await typePin("000000");
  await sees("This PIN opens nothing.");
  await typePin(pin);
  await waitFor(".home");
  assert.deepEqual(firefox.complaints, []);
});

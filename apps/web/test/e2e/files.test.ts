/**
 * A picture and a file between two handsets in Chromium, with a relay of their own: what is chosen, shown, sent, fetched,
 * looked at, saved and refused. Spec: spec/files.md, spec/handset.md.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cleanPicture, pictureSize } from "@sotto/client/picture";
import { createFolder, newCode, startRelay, until, type RelayProcess } from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const ALICE = "Alice Lindqvist";
const BOB = "Bob Okonkwo";
const SECRET = "GPS 52.5200 13.4050 Canon SN 4711";

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Handset;
let bob: Handset;
let photo: Buffer;

before(async () => {
  relay = await startRelay({ data });
  [alice, bob] = await Promise.all([
    Handset.open(relay.url, { width: 390, height: 844, profile: join(folder.path, "alice") }),
    Handset.open(relay.url, { width: 1280, height: 800, dark: true }),
  ]);
  await alice.join(relay.codes[0] ?? "", ALICE);
  await bob.join(await newCode(data), BOB);
  await alice.add(await bob.link());
  await alice.write("Here it comes.");
  await bob.openConversation(ALICE);
  photo = await photograph();
});
after(async () => {
  await alice.close();
  await bob.close();
  await relay.stop();
  folder.remove();
});

/** As a telephone takes one: lying on its side, with a note that says so, where it was, and a film behind it. */
async function photograph(): Promise<Buffer> {
  const drawn = await alice.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1200, 800);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    for (let at = 0; at < 400; at++) {
      context.fillStyle = `hsl(${at * 7} 70% 50%)`;
      context.fillRect((at * 97) % 1200, (at * 53) % 800, 90, 60);
    }
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
    return new Uint8Array(await blob.arrayBuffer()).toBase64();
  });
  const jpeg = Buffer.from(drawn, "base64");
  const tiff = Buffer.from("4d4d002a000000080001011200030000000100060000" + "00000000", "hex");
  const body = Buffer.concat([Buffer.from("Exif\0\0"), tiff, Buffer.from(SECRET)]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  const film = Buffer.from(`\0\0\0\u0018ftypmp42${SECRET}`);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2), film]);
}

async function choose(who: Handset, name: string, buffer: Buffer, mimeType: string): Promise<void> {
  await who.page.locator(".composer input[type=file]").setInputFiles({ name, mimeType, buffer });
  await who.page.locator(".attach").waitFor();
}
async function sendIt(who: Handset): Promise<void> {
  await who.page.locator(".attach button[type=submit]").click();
  await who.page.locator(".attach").waitFor({ state: "detached" });
}
const lastFile = (who: Handset) =>
  who.page.locator("article.message", { has: who.page.locator(".file") }).last();
/** What the picture on the screen is made of. */
const pixelsOf = (who: Handset, within: string): Promise<{ width: number; height: number; bytes: string }> =>
  who.page
    .locator(within)
    .last()
    .evaluate(async (found) => {
      const image = found as HTMLImageElement;
      await image.decode();
      const { naturalWidth: width, naturalHeight: height, src } = image;
      return { width, height, bytes: src.slice(src.indexOf(",") + 1) };
    });
async function download(who: Handset, press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([who.page.waitForEvent("download"), press()]);
  return { name: saved.suggestedFilename(), bytes: readFileSync(await saved.path()) };
}

test("[FT41] [FT1] [UI28] a photograph is seen before it goes, and arrives upright without place, camera and film", async () => {
  await choose(alice, "IMG_4711.jpg", photo, "image/jpeg");
  await alice.sees("Only the picture goes. Place, time and camera are removed.");
  await alice.window.screenshot("attach-phone-light");
  await alice.page.getByLabel("Words with it").fill("The side door");
  await sendIt(alice);
  await lastFile(bob).locator("img").waitFor();
  await bob.sees("The side door");
  // She is a stranger to him still: what is seen came with the message, and nothing was fetched.
  const small = await pixelsOf(bob, ".file__picture img");
  assert.deepEqual([small.width, small.height], [213, 320]);
  assert.ok(!Buffer.from(small.bytes, "base64").includes("ICC_PROFILE"));

  await lastFile(bob)
    .getByRole("button", { name: /^Load the picture/ })
    .click();
  await bob.page.locator(".viewer img").waitFor();
  const large = await pixelsOf(bob, ".viewer img");
  assert.deepEqual([large.width, large.height], [800, 1200], "it stands upright");
  const bytes = Buffer.from(large.bytes, "base64");
  for (const mark of [SECRET, "Exif", "ICC_PROFILE", "ftyp"]) assert.ok(!bytes.includes(mark), mark);
  assert.deepEqual(cleanPicture(bytes), new Uint8Array(bytes), "there is nothing more to remove");
});

test("[FT1] [UI29] a picture is made larger by key and button, and saved under a name that says nothing", async () => {
  const widthOf = () => bob.page.locator(".viewer img").evaluate((image) => image.clientWidth);
  const before = await widthOf();
  await bob.window.screenshot("viewer-desk-dark");
  await bob.page.keyboard.press("+");
  await until("it to be larger", async () => (await widthOf()) > before * 1.4);
  await bob.button("Smaller").click();
  await until("it to be as before", async () => (await widthOf()) === before);
  const saved = await download(bob, () =>
    bob.page.locator(".viewer").getByLabel("Save to this device").click(),
  );
  const source = await bob.page.locator(".viewer img").getAttribute("src");
  assert.ok(source?.startsWith("data:image/jpeg;base64,"), "in memory, and on no disk");
  assert.equal(saved.name, "Picture.jpg");
  assert.equal(pictureSize(saved.bytes)?.width, 800);
  await bob.page.keyboard.press("Escape");
  await bob.page.locator(".viewer").waitFor({ state: "detached" });
  await bob.sees("Saved. From here on it is a file like any other: it does not burn.");
});

test("[FT20] once he has written to her, small pictures load by themselves", async () => {
  await bob.write("Got it.");
  await choose(alice, "second.jpg", photo, "image/jpeg");
  await alice.sees("Only the picture goes.");
  await sendIt(alice);
  await until("the picture to load", async () => {
    if ((await bob.page.locator(".file__picture img").count()) < 2) return false;
    return (await pixelsOf(bob, ".file__picture img")).width === 800;
  });
});

test("[FT10] [FT11] a file goes with the name that was chosen to be shown, and comes as it was", async () => {
  const plan = randomBytes(3_000_000);
  await choose(bob, "plan <b>.pdf", plan, "application/pdf");
  await bob.sees("The file goes as it is.");
  await bob.page.locator(".attach input[type=checkbox]").check();
  await sendIt(bob);
  await lastFile(alice).getByText("plan _b_.pdf").waitFor();
  const saved = await download(alice, () =>
    lastFile(alice).getByRole("button", { name: "Save to this device" }).click(),
  );
  assert.equal(saved.name, "plan _b_.pdf");
  assert.ok(saved.bytes.equals(plan));
});

test("[FT40] [FT42] a bomb and a torn picture go as files, and whoever sends them is told", async () => {
  const bomb = Buffer.from(cleanPicture(await pngOf(8, 8)) ?? []);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  for (const [name, bytes] of [
    ["bomb.png", bomb],
    ["torn.jpg", photo.subarray(0, 5_000)],
    [
      "liar.png",
      Buffer.concat([(await pngOf(8, 8)).subarray(0, 33), Buffer.from("0000000049454e44ae426082", "hex")]),
    ],
  ] as const) {
    await choose(alice, name, bytes, "image/png");
    await alice.sees("The file goes as it is.");
    await alice.page.locator(".attach").getByRole("button", { name: "Cancel" }).click();
    await alice.page.locator(".attach").waitFor({ state: "detached" });
  }
});

async function pngOf(width: number, height: number): Promise<Buffer> {
  const drawn = await alice.page.evaluate(
    async ([w, h]) => {
      const canvas = new OffscreenCanvas(w ?? 1, h ?? 1);
      canvas.getContext("2d")?.fillRect(0, 0, 2, 2);
      const blob = await canvas.convertToBlob({ type: "image/png" });
      return new Uint8Array(await blob.arrayBuffer()).toBase64();
    },
    [width, height],
  );
  return Buffer.from(drawn, "base64");
}

test("[FT12] [FT14] what was cut off goes on after the page was closed, and what is cancelled leaves nothing", async () => {
  const blobs = (): number => readdirSync(join(data, "blobs"), { recursive: true }).length;
  const before = blobs();
  await relay.kill();
  await choose(alice, "cancelled", randomBytes(200_000), "text/plain");
  await sendIt(alice);
  await lastFile(alice).getByRole("progressbar").waitFor();
  await lastFile(alice).getByRole("button", { name: "Cancel" }).click();
  await until("it to be gone", async () => (await alice.page.getByRole("progressbar").count()) === 0);
  relay = await startRelay({ data, port: relay.port });
  const kept = randomBytes(3_900_000);
  await choose(alice, "kept.bin", kept, "application/zip");
  await sendIt(alice);
  const ring = lastFile(alice).getByRole("progressbar");
  // From its first part on all of it is kept on the device; on a quick machine it may be sent by then.
  await until("a part of it to be sent", async () => {
    if ((await ring.count()) === 0) return true;
    return Number(await ring.getAttribute("aria-valuenow", { timeout: 1_000 }).catch(() => "1")) > 0;
  });
  await alice.page.goto("about:blank");
  await alice.page.goto(relay.url);
  await alice.unlock();
  await alice.openConversation(BOB);
  const saved = await download(bob, async () => {
    const save = lastFile(bob).getByRole("button", { name: "Save to this device" });
    await until("the file", async () => /3\.7 MB/.test((await lastFile(bob).textContent()) ?? ""), 60_000);
    await save.click();
  });
  assert.ok(saved.bytes.equals(kept));
  assert.equal(blobs(), before + 1);
});

test("[FT23] [FT24] what the relay altered or lost is not given, and the person reads why", async () => {
  await choose(alice, "note.bin", randomBytes(1_200_000), "application/zip");
  await sendIt(alice);
  await until("the file", async () => /1\.1 MB/.test((await lastFile(bob).textContent()) ?? ""), 60_000);
  const save = lastFile(bob).getByRole("button", { name: "Save to this device" });
  const newest = readdirSync(join(data, "blobs"), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  assert.ok(newest);
  for (const [change, words] of [
    [alter, "What came is not what was sent"],
    [rmSync, "This file is not at the relay any more"],
  ] as const) {
    await relay.kill();
    change(newest);
    relay = await startRelay({ data, port: relay.port });
    await save.click();
    await bob.sees(words);
  }
});

function alter(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(500_000) ^ 1, 500_000);
  writeFileSync(path, bytes);
}

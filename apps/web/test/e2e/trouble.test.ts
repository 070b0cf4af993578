/**
 * What goes wrong around a handset is said to the person in plain words, and nothing is lost by it: another relay at
 * the known address, a full disk on either side, a wrong clock, a replaced link, an address without TLS.
 * Spec: spec/promises.md.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  conversationOf,
  createFolder,
  createWire,
  joinNodeMember,
  newCode,
  OTHER_NAME,
  startRelay,
  until,
  type NodeMember,
  type RelayProcess,
} from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const ALICE = "Alice in trouble";
const BOB = "Bob who is well";
const DAY_MS = 86_400_000;

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Handset;
let bob: NodeMember;
const closing: (() => Promise<void>)[] = [];
/** Alice's conversation, as Bob names it. */
let toAlice = "";

before(async () => {
  relay = await startRelay({ data });
  const [forAlice = "", forBob = ""] = relay.codes;
  const file = join(folder.path, "bob");
  bob = await joinNodeMember({ file, name: BOB, relayUrl: relay.url, code: forBob });
  closing.push(() => bob.close());
  alice = await Handset.open(relay.url, { width: 390, height: 844 });
  closing.push(() => alice.close());
  await alice.join(forAlice, ALICE);
  await alice.add(bob.link);
  const [row] = await until("Bob to know of it", () => {
    const { conversations } = bob.member.view();
    return conversations.length > 0 && conversations;
  });
  toAlice = row!.id;
});
after(async () => {
  for (const close of closing) await close();
  await relay.kill();
  folder.remove();
});

const bobReads = async (): Promise<readonly string[]> =>
  (await conversationOf(bob.member, toAlice)).messages.flatMap(({ content }) =>
    content.kind === "text" ? [content.text] : [],
  );
/** Bytes that the relay's process may write at most from now on into any file. */
const limitFiles = (bytes: string): void =>
  void execFileSync("prlimit", ["--pid", String(relay.pid), `--fsize=${bytes}:unlimited`]);

test("[PR23] another relay at the known address is sent nothing; the right one finds everything waiting", async () => {
  await alice.write("to the relay I know");
  await until("Bob to read it", async () => (await bobReads()).length === 1);
  const { port } = relay;
  await relay.kill();
  const impostor = await startRelay({ data: join(folder.path, "impostor"), port });
  await alice.sees("Somebody else answers at this relay's address.");
  await alice.write("to nobody else");
  await alice.waitForMark("to nobody else", "waiting");
  await impostor.kill();
  relay = await startRelay({ data, port });
  await alice.waitForMark("to nobody else", "delivered");
  assert.deepEqual(await bobReads(), ["to the relay I know", "to nobody else"]);
});

test("[PR25] a relay whose disk is full says so, and takes what waited once there is room", async () => {
  limitFiles("0");
  await alice.write("while the relay is full");
  await alice.sees("The relay has no room left.");
  await alice.waitForMark("while the relay is full", "waiting");
  limitFiles("unlimited");
  await alice.waitForMark("while the relay is full", "delivered");
  assert.equal((await bobReads()).at(-1), "while the relay is full");
});

test("[PR27] a clock that is off by a day is pointed out; messages still come and go", async () => {
  const { port } = relay;
  await relay.kill();
  relay = await startRelay({ data, port, clockAheadMs: DAY_MS });
  await alice.write("written yesterday, says the relay");
  await alice.waitForMark("written yesterday", "delivered");
  await alice.back();
  await alice.sees(/This device's clock is (1 day|24 hours) behind\. Set it right/);
  await alice.window.screenshot("clock-phone-light");
  await relay.kill();
  relay = await startRelay({ data, port });
  await alice.openConversation(BOB);
  await alice.write("and now they agree");
  await alice.waitForMark("and now they agree", "delivered");
  assert.deepEqual((await bobReads()).slice(-2), ["written yesterday, says the relay", "and now they agree"]);
});

test("[PR21] a link that was replaced is refused, and the contact keeps the conversation", async () => {
  await alice.back();
  const old = await alice.link();
  await alice.button("Me").click();
  await alice.button("Replace my link").click();
  await alice.button("Replace the link now").click();
  await until("another link", async () => {
    const shown = await alice.page.locator(".my-link__text").first().textContent();
    return shown !== old;
  });
  const file = join(folder.path, "carol");
  const carol = await joinNodeMember({ file, name: "Carol", relayUrl: relay.url, code: await newCode(data) });
  closing.push(() => carol.close());
  const added = await carol.member.ask({ kind: "add-contact", link: old });
  assert.ok(added.ok);
  const problem = await until("the refusal", () => carol.member.view().conversations[0]?.problem);
  assert.deepEqual(problem, { kind: "link-refused" });
  await alice.toChats();
  await alice.openConversation(BOB);
  await alice.write("with a new link");
  await alice.waitForMark("with a new link", "delivered");
});

test("[PR26] a device without room says so when joining, and joins once there is some", async () => {
  const dave = await Handset.open(relay.url);
  closing.push(() => dave.close());
  const protocol = await dave.window.context.newCDPSession(dave.page);
  const quota = (quotaSize?: number): Promise<unknown> =>
    protocol.send("Storage.overrideQuotaForOrigin", {
      origin: relay.url,
      ...(quotaSize !== undefined && { quotaSize }),
    });
  await quota(16 * 2 ** 20);
  const code = await newCode(data);
  await dave.attemptToJoin(code, "Dave without room");
  await dave.sees("This device has no room left.");
  await quota();
  await dave.page.reload();
  await dave.join(code, "Dave with room");
});

test("[PR30] at an address from elsewhere without TLS the page says why nothing opens, and what to do", async () => {
  const wire = await createWire();
  closing.push(() => wire.close());
  const stranger = await Handset.open(`http://${OTHER_NAME}:${relay.port}/`, { proxyPort: wire.port });
  closing.push(() => stranger.close());
  await stranger.sees("This address is not protected");
  await stranger.sees("Open Sotto through an address that begins with https://.");
  await stranger.window.screenshot("insecure-phone-light");
});

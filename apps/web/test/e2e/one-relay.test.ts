/**
 * The product whole: a relay in its own process, two people in browsers of their own, a third in a terminal. What
 * happens to them happens once, in the order of this file. Spec: spec/promises.md.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { codeToText, linkToCard } from "@sotto/protocol";
import {
  createFolder,
  createTerminal,
  createWire,
  findTraces,
  newCode,
  readCopy,
  startRelay,
  until,
  valueOf,
  type RelayProcess,
  type Terminal,
  type Wanted,
  type Wire,
} from "@sotto/testkit/e2e";
import { Handset, type Line } from "./handset.ts";

const ALICE = "Alice Lindqvist";
const BOB = "Bob Okonkwo";
const CAROL = "Carol of the terminal";
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800, dark: true };

const folder = createFolder();
const data = join(folder.path, "relay");
/** What was said between Alice and Bob, in the order in which it has to stand on both screens. */
const said: { readonly by: typeof ALICE | typeof BOB; readonly text: string }[] = [];
const outputs: string[] = [];
let relay: RelayProcess;
let wire: Wire;
let alice: Handset;
let bob: Handset;
let carol: Terminal;
let aliceLink = "";

before(async () => {
  relay = await startRelay({ data });
  wire = await createWire();
  [alice, bob] = await Promise.all([
    Handset.open(relay.url, PHONE),
    Handset.open(relay.url, { ...DESK, proxyPort: wire.port }),
  ]);
});
after(async () => {
  await alice.close();
  await bob.close();
  await wire.close();
  await relay.stop();
  folder.remove();
});

async function say(who: Handset, text: string): Promise<void> {
  await who.write(text);
  said.push({ by: who === alice ? ALICE : BOB, text });
}
const seenBy = (who: typeof ALICE | typeof BOB): readonly Line[] =>
  said.map(({ by, text }) => ({ mine: by === who, text }));

/** Both screens show everything that was said: each message once, in order. */
async function assertBothSawAll(): Promise<void> {
  assert.deepEqual(await alice.readUntil(said.length), seenBy(ALICE));
  assert.deepEqual(await bob.readUntil(said.length), seenBy(BOB));
}
/** The same relay, on its folder and port; what the one before wrote is kept for the search. */
async function killRelay(): Promise<() => Promise<void>> {
  const { port } = relay;
  await relay.kill();
  outputs.push(relay.output());
  return async () => {
    relay = await startRelay({ data, port });
  };
}

test("[PR20] a mistyped or unknown activation code is explained, and the right one still works", async () => {
  await alice.window.screenshot("join-phone-light");
  const [code = ""] = relay.codes;
  const mistyped = code.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await alice.field("Activation code").fill(mistyped);
  await alice.button("Continue").click();
  await alice.sees("This code contains a typing mistake.");
  await alice.attemptToJoin(codeToText(new Uint8Array(16).fill(7)), ALICE);
  await alice.sees("The relay does not accept this code");
});

test("[PR1] two people join with a code each", async () => {
  const [forAlice = "", forBob = ""] = relay.codes;
  await alice.join(forAlice, ALICE);
  await bob.join(forBob, BOB);
  await alice.sees("Nobody here yet");
  await alice.window.screenshot("chats-empty-phone-light");
  aliceLink = await alice.link();
});

test("[PR21] what is no link, a damaged link and one's own link are each explained", async () => {
  await bob.toAdd();
  const own = (await bob.page.locator(".my-link__text").textContent()) ?? "";
  for (const [pasted, answer] of [
    ["see you at ten", "This is not a contact link."],
    [aliceLink.slice(0, -9), "This link lost a part on its way."],
    [own, "This is your own link."],
  ] as const) {
    await bob.paste(pasted);
    await bob.sees(answer);
  }
  await bob.window.screenshot("add-desktop-dark");
});

test("[PR1] they exchange links, find the same safety number, verify and talk both ways", async () => {
  await bob.paste(aliceLink);
  await say(bob, "Hi Alice, it's Bob. Is this you?");
  await alice.openConversation(BOB);
  await alice.readUntil(1);
  await say(alice, "It is! Shall we compare our numbers?");
  await bob.readUntil(2);
  await Promise.all(
    [alice, bob].map((one) =>
      one
        .button(/^(Not verified|Compare now)$/)
        .first()
        .click(),
    ),
  );
  const number = await alice.safetyNumber();
  assert.match(number, /^(?:\d{5} ){11}\d{5}$/);
  assert.equal(await bob.safetyNumber(), number);
  await alice.window.screenshot("verify-phone-light");
  for (const one of [alice, bob]) await one.button("They match").click();
  for (const one of [alice, bob]) await one.page.locator(".bar .verified").waitFor();
  await say(bob, "Sixty digits, all the same. Good.");
  await alice.readUntil(3);
  await say(alice, "Then here's the plan for tomorrow.");
  await bob.readUntil(4);
  await assertBothSawAll();
  await alice.waitForMark("Then here's the plan", "delivered");
});

test("[PR2] a third person, in a terminal, talks with one of them", async () => {
  carol = createTerminal({ device: join(folder.path, "carol"), relayUrl: relay.url });
  await carol.ask("join", await newCode(data), "--as", CAROL, "--size", "8");
  await carol.ask("add", aliceLink);
  await carol.ask("send", ALICE, "written in a terminal");
  await alice.back();
  await alice.openConversation(CAROL);
  assert.deepEqual(await alice.readUntil(1), [{ mine: false, text: "written in a terminal" }]);
  await alice.write("read in a browser");
  const texts = await until("the answer", async () => {
    const messages = await carol.read<{ mine: boolean; content: { text?: string } }>("read", ALICE);
    const lines = messages.flatMap(({ mine, content: { text } }) =>
      text === undefined ? [] : [{ mine, text }],
    );
    return lines.length === 2 && lines;
  });
  assert.deepEqual(texts, [
    { mine: true, text: "written in a terminal" },
    { mine: false, text: "read in a browser" },
  ]);
  await alice.back();
  await alice.window.screenshot("chats-phone-light");
  await alice.openConversation(BOB);
});

test("[PR3] a relay that is killed in mid-conversation and started again loses and doubles nothing", async () => {
  await say(alice, "Meet at the east gate, not the main one.");
  await say(bob, "East gate. What time?");
  await alice.readUntil(said.length);
  const texts = ["Ten past four.", "Bring the blue folder.", "And come alone."];
  for (const text of texts) await say(alice, text); // the relay is killed while these are under way
  const start = await killRelay();
  await alice.sees("Not connected since");
  await say(alice, "If I'm late, wait inside.");
  await alice.waitForMark("If I'm late", "waiting");
  await alice.window.screenshot("offline-phone-light");
  await start();
  await bob.readUntil(said.length);
  await say(bob, "I will.");
  await assertBothSawAll();
});

test("[PR4] what is written without a connection waits, is shown as waiting, and is sent in order", async () => {
  wire.cut();
  await bob.sees("Not connected since");
  await say(alice, "One more thing: the train is cancelled.");
  await alice.waitForMark("One more thing", "sent"); // no more than that: Bob cannot have it
  const whileAway = ["I'm in the tunnel.", "No signal here.", "Taking the bus then."];
  for (const text of whileAway) await bob.write(text);
  await bob.waitForMark("Taking the bus", "waiting");
  wire.mend();
  await bob.waitForMark("Taking the bus", "delivered");
  said.push(...whileAway.map((text) => ({ by: BOB, text }) as const));
  await assertBothSawAll();
});

test("[PR5 PR22] after the relay was killed and started again, and the profile locked and opened, all is there", async () => {
  const start = await killRelay();
  await start();
  await alice.page.reload();
  await alice.field("Passphrase").fill("not the passphrase");
  await alice.button("Unlock").click();
  await alice.sees("This passphrase is not right. Nothing is lost: try again.");
  await alice.window.screenshot("lock-phone-light");
  await alice.unlock();
  await alice.openConversation(BOB);
  await bob.lock();
  await bob.unlock();
  await bob.openConversation(ALICE);
  await assertBothSawAll();
  await say(bob, "On my way.");
  await assertBothSawAll();
  await alice.waitForMark("One more thing", "delivered");
  await alice.window.screenshot("conversation-phone-light");
  await bob.window.screenshot("conversation-desktop-dark");
});

test("[PR24] a message too long to send is refused with its text kept", async () => {
  const long = "word ".repeat(7_000);
  await alice.page.locator(".composer textarea").fill(long);
  await alice.sees("Too long by");
  await alice.page.locator(".composer textarea").press("Enter");
  assert.equal(await alice.page.locator(".composer textarea").inputValue(), long);
  await alice.page.locator(".composer textarea").fill("");
});

test("[PR31] they answer, react, correct and delete, and both see it", async () => {
  await alice.options("On my way.");
  await alice.button("Reply").click();
  await alice.sees(`Reply to ${BOB}`);
  // What was begun here is not finished in another conversation.
  await alice.back();
  await alice.openConversation(CAROL);
  await alice.page.locator(".composer textarea").waitFor();
  assert.equal(await alice.page.locator(".composer__about").count(), 0);
  await alice.back();
  await alice.openConversation(BOB);
  await alice.options("On my way.");
  await alice.button("Reply").click();
  await say(alice, "See you there.");
  const answer = bob.message("See you there.");
  await answer.locator(".quote", { hasText: "On my way." }).waitFor();

  await bob.options("See you there.");
  await bob.window.screenshot("message-options-desktop-dark");
  await bob.button("React with 👍").click();
  await alice.message("See you there.").locator(".reactions", { hasText: "👍" }).waitFor();

  // By the keyboard alone.
  await bob.message("On my way.").getByRole("button", { name: "Message options" }).first().focus();
  await bob.page.keyboard.press("Enter");
  await bob.button("Edit").focus();
  await bob.page.keyboard.press("Enter");
  await bob.sees("Edit your message");
  await bob.page.locator(".composer textarea").press("End");
  await bob.page.keyboard.type(" Ten minutes.");
  await bob.page.keyboard.press("Enter");
  await alice.message("On my way. Ten minutes.").getByText("edited").waitFor();
  await alice.options("Ten minutes.");
  await alice.page.locator(".versions", { hasText: "On my way." }).waitFor();
  await alice.window.screenshot("message-versions-phone-light");
  await alice.page.keyboard.press("Escape");
  said[said.length - 2] = { by: BOB, text: "On my way. Ten minutes." };

  await alice.options("See you there.");
  await alice.button("Delete for everyone").click();
  await alice.sees("Somebody who copied it before still has it.");
  await alice.button("Delete this message for everyone").click();
  said[said.length - 1] = { by: ALICE, text: "This message was deleted." };
  await bob.sees("This message was deleted.");
  await assertBothSawAll();
});

test("[PR29] a second tab is explained and goes on by itself when the first is closed", async () => {
  const second = await alice.window.context.newPage();
  await second.goto(relay.url);
  await second.getByText("Sotto is open in another tab").waitFor();
  await second.screenshot({ path: join(folder.path, "second.png") });
  await alice.page.close();
  await second.getByLabel("Passphrase", { exact: true }).waitFor();
  alice = new Handset({ ...alice.window, page: second });
  await alice.unlock();
  await alice.openConversation(BOB);
  await assertBothSawAll();
});

test("[PR10] nothing of all this is in what the relay stored or logged", () => {
  const card = valueOf(linkToCard(aliceLink));
  const wanted: Wanted[] = [
    ...said.map(({ text }, at) => ({ what: `message ${at}`, bytes: Buffer.from(text.slice(0, 24)) })),
    ...[ALICE, BOB, CAROL, "written in a terminal"].map((text) => ({ what: text, bytes: Buffer.from(text) })),
    { what: "Alice's account", bytes: card.accountId },
    { what: "the key to Alice's shelf", bytes: card.shelfKey },
    { what: "the token of Alice's link", bytes: card.postToken },
  ].filter(({ bytes }) => bytes.length >= 8);
  const places = readCopy(data, [...outputs, relay.output()].join(""));
  assert.deepEqual(findTraces(wanted, places), []);
  // The search can find: what the relay does hold, it finds.
  assert.notDeepEqual(findTraces([{ what: "the id of Alice's inbox", bytes: card.inboxId }], places), []);
});

test("[PR1] nothing was refused by the page's policy, thrown or sent elsewhere in all this", () => {
  const isOffline = (complaint: string): boolean => /WebSocket connection|ERR_/.test(complaint);
  assert.deepEqual(
    [...alice.window.complaints, ...bob.window.complaints].filter((one) => !isOffline(one)),
    [],
  );
});

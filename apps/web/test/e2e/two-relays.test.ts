/**
 * Two people whose accounts live at two relays that know nothing of each other, both with TLS: under the page's policy
 * a handset dials foreign relays by no other way. Spec: spec/promises.md, PR6.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { linkToCard } from "@sotto/protocol";
import {
  createCertificate,
  createFolder,
  createTerminal,
  createWire,
  findTraces,
  newCode,
  readCopy,
  startRelay,
  until,
  valueOf,
  type Certificate,
  type RelayProcess,
  type Wire,
} from "@sotto/testkit/e2e";
import { Handset, type Line } from "./handset.ts";

const ALICE = "Alice at the first relay";
const BOB = "Bob at the second relay";
const CAROL = "Carol at the second relay";

const folder = createFolder();
const here = join(folder.path, "here");
const there = join(folder.path, "there");
const said: { readonly by: Handset; readonly text: string }[] = [];
const outputs: string[] = [];
let tls: Certificate;
let first: RelayProcess;
let second: RelayProcess;
let wire: Wire;
let alice: Handset;
let bob: Handset;
let aliceLink = "";

before(async () => {
  tls = createCertificate(folder.path);
  [first, second] = await Promise.all([startRelay({ data: here, tls }), startRelay({ data: there, tls })]);
  wire = await createWire();
  [alice, bob] = await Promise.all([
    Handset.open(first.url, { width: 390, height: 844, dark: true, anyCertificate: true }),
    Handset.open(second.url, { width: 1280, height: 800, anyCertificate: true, proxyPort: wire.port }),
  ]);
});
after(async () => {
  await alice.close();
  await bob.close();
  await wire.close();
  await first.stop();
  await second.stop();
  folder.remove();
});

async function say(by: Handset, text: string): Promise<void> {
  await by.write(text);
  said.push({ by, text });
}
async function assertBothSawAll(): Promise<void> {
  for (const who of [alice, bob]) {
    const expected: Line[] = said.map(({ by, text }) => ({ mine: by === who, text }));
    assert.deepEqual(await who.readUntil(said.length), expected);
  }
}

test("[PR6] two people at two relays find each other, verify and talk both ways", async () => {
  const [forAlice = ""] = first.codes;
  const [forBob = ""] = second.codes;
  await Promise.all([alice.join(forAlice, ALICE), bob.join(forBob, BOB)]);
  aliceLink = await alice.link();
  await bob.add(aliceLink);
  await say(bob, "Can you read this over there?");
  await alice.openConversation(BOB);
  await alice.readUntil(1);
  await say(alice, "Loud and clear.");
  await bob.readUntil(2);
  await Promise.all(
    [alice, bob].map((one) =>
      one
        .button(/^(Not verified|Compare now)$/)
        .first()
        .click(),
    ),
  );
  assert.equal(await bob.safetyNumber(), await alice.safetyNumber());
  for (const one of [alice, bob]) await one.button("They match").click();
  for (const one of [alice, bob]) await one.page.locator(".bar .verified").waitFor();
  await assertBothSawAll();
});

test("[PR3 PR6] either relay is killed and started again: nothing is lost, doubled or out of order", async () => {
  for (const which of ["first", "second"] as const) {
    for (const by of [alice, bob]) await say(by, `before the ${which} relay is gone`);
    await alice.write(`while the ${which} relay goes`);
    const { port } = which === "first" ? first : second;
    const dying = which === "first" ? first : second;
    await dying.kill();
    outputs.push(dying.output());
    said.push({ by: alice, text: `while the ${which} relay goes` });
    const started = await startRelay({ data: which === "first" ? here : there, port, tls });
    if (which === "first") first = started;
    else second = started;
    await bob.readUntil(said.length);
    await say(bob, `the ${which} relay is back`);
    await assertBothSawAll();
  }
});

test("[PR4 PR6] one of them is away for a while", async () => {
  wire.cut();
  await bob.sees("Not connected since");
  await say(alice, "Are you still there?");
  await bob.write("I am again.");
  await bob.waitForMark("I am again.", "waiting");
  wire.mend();
  await bob.waitForMark("I am again.", "delivered");
  said.push({ by: bob, text: "I am again." });
  await assertBothSawAll();
});

test("[PR2 PR6] somebody in a terminal at one relay talks with somebody at the other", async () => {
  const device = join(folder.path, "carol");
  const carol = createTerminal({ device, relayUrl: second.url, trusts: tls.certPath });
  await carol.ask("join", await newCode(there), "--as", CAROL, "--size", "8");
  await carol.ask("add", aliceLink);
  await carol.ask("send", ALICE, "from a terminal far away");
  await alice.back();
  await alice.openConversation(CAROL);
  assert.deepEqual(await alice.readUntil(1), [{ mine: false, text: "from a terminal far away" }]);
  await alice.write("to a terminal far away");
  await until("the answer", async () => {
    const messages = await carol.read<{ content: { text?: string } }>("read", ALICE);
    return messages.some(({ content }) => content.text === "to a terminal far away");
  });
});

test("[PR5 PR6] after a reload everything is there", async () => {
  await alice.page.reload();
  await alice.unlock();
  await alice.openConversation(BOB);
  await assertBothSawAll();
  await alice.window.screenshot("conversation-phone-dark");
});

test("[PR6 PR10] neither relay has stored or logged the other, or anything that was said", async () => {
  const link = await bob.link();
  const cards = [valueOf(linkToCard(aliceLink)), valueOf(linkToCard(link))] as const;
  const everybody = [
    ...said.map(({ text }, at) => ({ what: `message ${at}`, bytes: Buffer.from(text) })),
    ...[ALICE, BOB, CAROL].map((name) => ({ what: name, bytes: Buffer.from(name) })),
    ...cards.flatMap(({ accountId, shelfKey, postToken }, at) => [
      { what: `account ${at}`, bytes: accountId },
      { what: `shelf key ${at}`, bytes: shelfKey },
      { what: `post token ${at}`, bytes: postToken },
    ]),
  ];
  for (const [own, foreign, data, relay] of [
    [cards[0], cards[1], here, first],
    [cards[1], cards[0], there, second],
  ] as const) {
    const stored = readCopy(data, relay.output() + outputs.join(""));
    const other = [
      { what: "the other's address", bytes: Buffer.from(foreign.endpoint.url) },
      { what: "the other's key", bytes: foreign.endpoint.relayId },
      { what: "the other's inbox", bytes: foreign.inboxId },
    ];
    const databases = stored.filter(({ where }) => where !== "the log");
    assert.deepEqual(findTraces([...everybody, ...other], databases), []);
    assert.deepEqual(findTraces(everybody, stored), []);
    assert.notDeepEqual(findTraces([{ what: "its own inbox", bytes: own.inboxId }], stored), []);
  }
});

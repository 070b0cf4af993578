/**
 * A group of real members: one person in a browser, the others as members in this process, all through a relay of its
 * own. What happens to them happens once, in the order of this file. Spec: spec/promises.md, PR40 to PR42.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ConversationView, MessageView } from "@sotto/client";
import {
  conversationOf,
  createFolder,
  findTraces,
  joinNodeMember,
  newCode,
  readCopy,
  startRelay,
  until,
  valueOf,
  type NodeMember,
  type RelayProcess,
} from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const ALICE = "Alice Lindqvist";
const BOB = "Bob Okonkwo";
const CAROL = "Carol Meyer";
const DAN = "Dan Sørensen";
const GROUP = "Ferry landing";
const RENAMED = "Old ferry landing";

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Handset;
let bob: NodeMember;
let carol: NodeMember;
let dan: NodeMember;

async function joined(name: string): Promise<NodeMember> {
  const file = join(folder.path, `${name.slice(0, 3)}.device`);
  return joinNodeMember({ file, name, relayUrl: relay.url, code: await newCode(data) });
}
/** The group as this member has it, once it is as wanted. */
const groupOf = (
  { member }: NodeMember,
  what: string,
  isWanted: (view: ConversationView) => boolean,
): Promise<ConversationView> =>
  until(what, async () => {
    const row = member.view().conversations.find(({ members }) => members !== undefined);
    if (row === undefined) return false;
    const view = await conversationOf(member, row.id);
    return isWanted(view) && view;
  });
const saying = (view: ConversationView, text: string): MessageView | undefined =>
  view.messages.find(({ content }) => content.kind === "text" && content.text === text);
const hears = (who: NodeMember, text: string): Promise<ConversationView> =>
  groupOf(who, `"${text}" to come`, (view) => saying(view, text) !== undefined);
const names = ({ group }: ConversationView): readonly string[] =>
  (group?.members ?? [])
    .filter(({ state }) => state === "in")
    .map(({ name }) => name)
    .toSorted();
before(async () => {
  relay = await startRelay({ data });
  alice = await Handset.open(relay.url, { width: 390, height: 844 });
  [bob, carol, dan] = await Promise.all([joined(BOB), joined(CAROL), joined(DAN)]);
  await alice.join(relay.codes[0] ?? "", ALICE);
});
after(async () => {
  await alice.close();
  await Promise.all([bob, carol, dan].map((one) => one.close()));
  await relay.stop();
  folder.remove();
});

test("[PR40] somebody makes a group of two contacts, and everybody reads who wrote what", async () => {
  for (const [other, name] of [
    [bob, BOB],
    [carol, CAROL],
    [dan, DAN],
  ] as const) {
    await alice.add(other.link);
    await alice.page.locator("#conversation-name", { hasText: name }).waitFor();
    await alice.back();
  }
  await alice.toAdd();
  await alice.button("New group").click();
  await alice.field("Name of the group").fill(GROUP);
  for (const name of [BOB, CAROL]) await alice.page.getByRole("checkbox", { name: new RegExp(name) }).check();
  await alice.window.screenshot("new-group-phone-light");
  await alice.button("Create the group").click();
  await alice.page.locator("#conversation-name", { hasText: GROUP }).waitFor();
  await alice.write("Who drives on Friday?");
  for (const who of [bob, carol]) {
    const view = await hears(who, "Who drives on Friday?");
    assert.equal(view.name, GROUP);
    assert.equal(saying(view, "Who drives on Friday?")?.author, ALICE);
  }
  const seen = await groupOf(bob, "all three to be in", (view) => names(view).length === 3);
  assert.deepEqual(names(seen), [ALICE, BOB, CAROL]);
  valueOf(await bob.member.ask({ kind: "send", to: seen.id, text: "I can bring the van." }));
  await hears(carol, "I can bring the van.");
  const answer = alice.message("I can bring the van.");
  await answer.locator(".message__author", { hasText: BOB }).waitFor({ state: "attached" });
  await alice.waitForMark("Who drives on Friday?", "delivered");
  await alice.sees("3 people");
});

test("[PR40] they react and answer, and see who did", async () => {
  const { id } = await hears(carol, "I can bring the van.");
  const key = saying(await conversationOf(carol.member, id), "I can bring the van.")?.key ?? "";
  valueOf(await carol.member.ask({ kind: "react", in: id, key, emoji: "👍" }));
  valueOf(await carol.member.ask({ kind: "send", to: id, text: "Room for one more?", replyTo: key }));
  const reaction = alice.message("I can bring the van.").locator(".reactions");
  await reaction.getByText("👍").first().waitFor();
  await alice.message("Room for one more?").locator(".quote__author", { hasText: BOB }).waitFor();
  await reaction.getByRole("button").click();
  await alice.page.locator(".who-reacted", { hasText: CAROL }).waitFor();
  await alice.button("React with ❤️").click();
  const view = await groupOf(
    bob,
    "both reactions",
    (one) => (saying(one, "I can bring the van.")?.reactions.length ?? 0) === 2,
  );
  const reactions = saying(view, "I can bring the van.")?.reactions.map(
    ({ author, emoji }) => `${author} ${emoji}`,
  );
  assert.deepEqual(reactions?.toSorted(), [`${ALICE} ❤️`, `${CAROL} 👍`]);
  await alice.window.screenshot("group-phone-light");
});

test("[PR41] somebody is added, reads what comes and nothing from before, and all see who added them", async () => {
  await alice.button("Details").click();
  await alice.button("Add people").click();
  await alice.page.getByRole("checkbox", { name: new RegExp(DAN) }).check();
  await alice.button("Add them").click();
  await alice.page.locator(".main .member", { hasText: DAN }).waitFor();
  await groupOf(dan, "to be in it", (view) => names(view).length === 4);
  await alice.window.screenshot("group-details-phone-light");
  await alice.back();
  await alice.write("Dan, we meet at four.");
  const view = await hears(dan, "Dan, we meet at four.");
  assert.equal(saying(view, "Who drives on Friday?"), undefined);
  const { messages } = await groupOf(carol, "the notice", ({ messages: all }) =>
    all.some(({ content }) => content.kind === "notice" && content.notice.kind === "member-added"),
  );
  const notice = messages.find(
    ({ content }) => content.kind === "notice" && content.notice.kind === "member-added",
  )?.content;
  assert.deepEqual(notice, { kind: "notice", notice: { kind: "member-added", by: ALICE, name: DAN } });
});

test("[PR42] whoever is removed reads nothing of what comes, and is told by whom", async () => {
  await alice.button("Details").click();
  await alice.page.locator(".main .member", { hasText: CAROL }).click();
  await alice.button("Remove from the group").click();
  await alice.sees(/What .*Carol Meyer.* has received already stays with them until it burns\./);
  await alice.button(/^Remove .*Carol Meyer.* from the group$/).click();
  await alice.page.locator(".main .member", { hasText: CAROL }).waitFor({ state: "detached" });
  await groupOf(bob, "Carol to be out", (view) => !names(view).includes(CAROL));
  await alice.back();
  await alice.write("Only we three read this.");
  await hears(bob, "Only we three read this.");
  await hears(dan, "Only we three read this.");
  const over = await groupOf(carol, "to be over", ({ state }) => state === "over");
  assert.deepEqual(over.messages.at(-1)?.content, { kind: "notice", notice: { kind: "removed", by: ALICE } });
  assert.equal(saying(over, "Only we three read this."), undefined);
  const late = await carol.member.ask({ kind: "send", to: over.id, text: "Hello?" });
  assert.deepEqual(late, { ok: false, error: { kind: "group-over" } });
});

test("[PR41] an admin renames it, somebody leaves, and the owner leaves after making another the owner", async () => {
  await alice.button("Details").click();
  await alice.page.locator(".main .member", { hasText: BOB }).click();
  await alice.button("Make an admin").click();
  await alice.button(/^Make .*Bob Okonkwo.* an admin$/).click();
  const { id } = await groupOf(bob, "to be an admin", ({ group }) => group?.role === "admin");
  valueOf(await bob.member.ask({ kind: "rename-group", in: id, name: RENAMED }));
  await alice.page.locator(".person__name", { hasText: RENAMED }).waitFor();
  valueOf(await dan.member.ask({ kind: "leave-group", in: id }));
  await groupOf(dan, "to have left", ({ state }) => state === "over");
  await alice.page.locator(".main .member", { hasText: DAN }).waitFor({ state: "detached" });

  await alice.button("Leave the group").click();
  await alice.page.locator("dialog .member", { hasText: BOB }).click();
  await alice.button(/^Make .*Bob Okonkwo.* the owner$/).click();
  await alice.button(/^Leave .*Old ferry landing.* now$/).click();
  await alice.page.locator("dialog").waitFor({ state: "detached" });
  await alice.back();
  await alice.page.locator(".over").waitFor();
  assert.equal(await alice.page.locator(".composer").count(), 0);
  await alice.sees(/Dan Sørensen.? left the group\./);
  const last = await groupOf(bob, "to be alone", (view) => names(view).length === 1);
  assert.equal(last.group?.role, "owner");
  await alice.window.screenshot("group-left-phone-light");
});

test("[PR40 PR10] the relay holds no name of the group or of anybody in it, and nothing that was said", () => {
  const wanted = [
    GROUP,
    RENAMED,
    ALICE,
    BOB,
    CAROL,
    DAN,
    "Who drives on Friday?",
    "I can bring the van.",
  ].map((text) => ({ what: text, bytes: Buffer.from(text) }));
  assert.deepEqual(findTraces(wanted, readCopy(data, relay.output())), []);
  assert.deepEqual(alice.window.complaints, []);
});

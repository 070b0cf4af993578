/** What a person sees and does with groups, on the screens of the gallery. Spec: spec/handset.md, UI60 to UI68. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP_MEMBERS_MAX } from "@sotto/protocol";
import { openWindow } from "@sotto/testkit/browser";
import { until } from "@sotto/testkit/e2e";
import { inGallery } from "./gallery.ts";

const shown = inGallery({ width: 390, height: 844 });

type Asked = { readonly kind: string };
type Handle = { readonly asked: readonly Asked[]; receive(text: string, author: string): void };

/** Of what was asked, what is about groups. */
async function asked(): Promise<readonly Asked[]> {
  const all = await shown.page.evaluate(() => (globalThis as unknown as { gallery: Handle }).gallery.asked);
  return all.filter(({ kind }) => /group|member|role/.test(kind));
}
const receive = (...said: readonly [text: string, author: string]): Promise<void> =>
  shown.page.evaluate(
    (given) => (globalThis as unknown as { gallery: Handle }).gallery.receive(...given),
    said,
  );

async function open(scene: string): Promise<void> {
  await shown.page.goto(shown.address(scene));
  await shown.page.locator("html[data-pressed]").waitFor({ state: "attached" });
}
const button = (name: string | RegExp) =>
  shown.page.getByRole("button", { name, exact: typeof name === "string" });
const dialog = (name: string | RegExp) => shown.page.getByRole("dialog", { name });
/** Without what keeps a name to itself. */
const plain = (text: string | null): string => (text ?? "").replaceAll(/[\u2068\u2069]/g, "");

test("[UI60] in the list a group says that it is one, how many are in it and who wrote last", async () => {
  await open("chats-groups");
  const row = shown.page.locator("[data-row]", { hasText: "Ferry landing" });
  assert.match(plain(await row.textContent()), /6 people.*Ruth Adeyemi: I can bring the van\./);
  assert.equal(await row.locator(".avatar--group").count(), 1);
  const contact = shown.page.locator("[data-row]", { hasText: "Idris" });
  assert.equal(await contact.locator(".avatar--group").count(), 0);
  await shown.page.locator("[data-row]", { hasText: "Harbour watch" }).getByText("no longer").waitFor();
});

test("[UI61] names stand where the author changes, in a hue of their own, and a screen reader hears every author", async () => {
  await open("group");
  const names = shown.page.locator(".message__author");
  await shown.page.getByRole("log").getByText("I can bring the van.").waitFor();
  const seen = await names.allTextContents();
  assert.deepEqual(seen.slice(-4), ["Mara", "Lena Østergaard", "نور الدين", "Ruth Adeyemi"]);
  const hue = await names.last().getAttribute("data-tone");
  await shown.page.locator(".bar__details").click();
  const member = shown.page.locator(".main .member", { hasText: "Ruth Adeyemi" }).last();
  assert.equal(await member.locator(".avatar").getAttribute("data-tone"), hue);
  await open("group");
  const labels = await shown.page
    .locator("article.message")
    .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  assert.deepEqual(labels.slice(-4), ["Lena Østergaard", "You", "نور الدين", "Ruth Adeyemi"]);
});

test("[UI61] quotes, reactions and what is announced name their authors", async () => {
  await open("group");
  const answer = shown.page.locator("article.message", { hasText: "I have the small car" }).first();
  await answer.locator(".quote__author", { hasText: "Lena Østergaard" }).waitFor();
  const thumbs = button(/^You, Idris,? and Ruth Adeyemi: 👍$/);
  assert.equal((await thumbs.locator("[aria-hidden]").textContent())?.trim(), "👍3");
  await thumbs.click();
  const names = await dialog("Message options").locator(".who-reacted li").allTextContents();
  assert.deepEqual(names, ["👍You", "👍Idris", "👍Ruth Adeyemi", "🙏Lena Østergaard"]);
  await shown.page.keyboard.press("Escape");
  await receive("Running late.", "Idris");
  await shown.page
    .getByRole("status")
    .filter({ hasText: "Idris: Running late." })
    .waitFor({ state: "attached" });
});

test("[UI62] everything that happens is told in words, with who did it", async () => {
  await shown.page.setViewportSize({ width: 390, height: 4000 });
  await open("group-notices");
  await shown.page.getByText("You receive nothing more.").waitFor();
  const told = (await shown.page.locator(".notice").allTextContents()).map(plain);
  for (const line of [
    "Mara added you to this group. You see what is written from here on; only its members can read it.",
    "You added Idris.",
    "نور الدين added דנה לוי (כ״ץ).",
    "You removed Tomás. What is written from here on does not reach them.",
    "Lena Østergaard left the group.",
    "Mara renamed the group from “Ferry” to “Ferry landing”.",
    "You made Idris an admin.",
    "Mara made you an admin.",
    "Mara took the admin role back from Idris.",
    "Mara made Idris the owner of this group.",
    "You are an admin no longer.",
    "Idris turned the burn time off.",
    "Mara removed you from this group. You receive nothing more.",
  ])
    assert.ok(told.includes(line), `${line}\n${told.join("\n")}`);
  // There is nobody here whose number could be compared.
  assert.equal(await button("Compare now").count(), 0);
});

test("[UI63] a group is made with the keyboard alone", async () => {
  const { page } = shown;
  await open("chats");
  await button("Add someone").focus();
  await page.keyboard.press("Enter");
  await page.locator("h1:focus").waitFor();
  await button("New group").focus();
  await page.keyboard.press("Enter");
  await page.locator("h1:focus", { hasText: "New group" }).waitFor();
  await page.getByLabel("Name of the group").focus();
  await page.keyboard.type("Friday");
  await page.keyboard.press("Enter"); // nobody is chosen yet
  await page.keyboard.press("Tab");
  await page.keyboard.type("len");
  await page.keyboard.press("Enter"); // looks for somebody, and finishes nothing
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.getByText("1 chosen.").waitFor();
  await page.getByRole("searchbox").fill("mar");
  await page.getByRole("checkbox", { name: /Mara/ }).focus();
  await page.keyboard.press("Space");
  await page.getByText("2 chosen.").waitFor();
  assert.deepEqual(await asked(), []);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("log").waitFor(); // the conversation
  assert.deepEqual(await asked(), [{ kind: "create-group", name: "Friday", members: ["lena", "mara"] }]);
});

test("[UI63] who cannot be chosen says why, and no more can be than fit", async () => {
  const { page } = shown;
  await open("add-people");
  for (const [name, why] of [
    ["Mara", "Already in this group"],
    ["Tomás", "Not yet: their device has not answered for the first time"],
    ["由紀", "Not now: your conversation with them is being made anew"],
  ] as const) {
    const box = page.getByRole("checkbox", { name: new RegExp(name) });
    assert.equal(await box.isDisabled(), true, name);
    const words = await box.evaluate(
      (one) => document.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent,
    );
    assert.equal(words, why);
  }
  await page.getByRole("checkbox", { name: /Clinic reception/ }).check();
  await button("Add them").click();
  assert.deepEqual(await asked(), [{ kind: "add-members", in: "ferry", members: ["clinic"] }]);

  await open("new-group-many");
  const boxes = page.locator(".picker__one input");
  await boxes.first().waitFor();
  await boxes.evaluateAll((all, most) => {
    for (const one of all.slice(0, most)) (one as HTMLInputElement).click();
  }, GROUP_MEMBERS_MAX - 1);
  await page.getByText(`A group has at most ${GROUP_MEMBERS_MAX} people.`).waitFor();
  assert.equal(await boxes.nth(GROUP_MEMBERS_MAX - 2).isEnabled(), true);
  assert.equal(await boxes.nth(GROUP_MEMBERS_MAX - 1).isDisabled(), true);
  await boxes.first().uncheck();
  assert.equal(await boxes.nth(GROUP_MEMBERS_MAX - 1).isEnabled(), true);
});

test("[UI64] every member stands with role, who added them and where they are, and only what one may do is offered", async () => {
  await open("group-details");
  const rows = (await shown.page.locator(".main .member").allTextContents()).map(plain);
  assert.deepEqual(rows.slice(0, 2), ["JJonasyouOwner", "IIdrisVerifiedAdmin · added by Mara"]);
  assert.match(rows.join("\n"), /Tomás.*added by Jonas.*Joining\n.*Leaving\n.*Not reached yet/);
  const offered = async (scene: string, name: string): Promise<readonly string[]> => {
    await open(scene);
    await shown.page.locator(".main .member", { hasText: name }).first().click();
    await shown.page.locator("dialog[open]").waitFor();
    const acts = await shown.page.locator("dialog .options .button").allTextContents();
    return acts.filter((act) => /admin|owner|Remove/.test(act));
  };
  const [takeBack, makeAdmin, makeOwner, remove] = [
    "Take the admin role back",
    "Make an admin",
    "Make the owner",
    "Remove from the group",
  ];
  assert.deepEqual(await offered("group-details", "Idris"), [takeBack, makeOwner, remove]);
  assert.deepEqual(await offered("group-details", "Ruth Adeyemi"), [makeAdmin, makeOwner, remove]);
  assert.deepEqual(await offered("group-details", "Tomás"), [remove]);
  assert.deepEqual(await offered("group-details", "Jonas"), []);
  assert.deepEqual(await offered("group-details-99", "Contact 9"), [remove]);
  assert.deepEqual(await offered("group-details-99", "Contact 1"), []); // the owner
  assert.deepEqual(await offered("group-details-member", "Idris"), []);
  await open("group-details-member");
  await shown.page.getByText("Its owner and admins can change that.").waitFor();
  for (const name of ["Add people", "Save"]) assert.equal(await button(name).count(), 0, name);
});

test("[UI65] removing somebody asks once, names them and what they keep, and nothing is done before", async () => {
  const { page } = shown;
  await open("group-details");
  const member = page.locator(".main .member", { hasText: "Idris" }).first();
  await member.focus();
  await page.keyboard.press("Enter");
  await dialog("Idris").waitFor();
  await button("Remove from the group").focus();
  await page.keyboard.press("Enter");
  const question = dialog(/Remove .*Idris.*\?/);
  await question.waitFor();
  assert.match(
    plain(await question.textContent()),
    /What Idris has received already stays with them until it burns/,
  );
  await page.keyboard.press("Escape"); // back to who it is about, and from there to the list
  await dialog("Idris").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".main .member:focus", { hasText: "Idris" }).waitFor();
  assert.deepEqual(await asked(), []);
  await member.click();
  await button("Remove from the group").click();
  await button(/^Remove .*Idris.* from the group$/).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.locator("[aria-label='Members']:focus").waitFor();
  assert.deepEqual(await asked(), [{ kind: "remove-member", in: "ferry", member: "idris" }]);
});

test("[UI65] what is refused is said in the question, which stays", async () => {
  await open("group-details-error");
  await dialog(/Make .*Idris.* the owner/)
    .getByText("Only the owner or an admin of this group")
    .waitFor();
});

test("[UI66] an owner who leaves is asked who is the owner after them; anybody else just leaves", async () => {
  const { page } = shown;
  await open("group-leave-owner");
  const others = await dialog("Who owns it after you?").locator(".member__name").allTextContents();
  assert.deepEqual(
    others.map((name) => name.replace("Verified", "")),
    ["Idris", "Lena Østergaard", "Mara", "Ruth Adeyemi"], // whoever is on their way cannot be
  );
  await page.locator("dialog .member", { has: page.locator("bdi", { hasText: "Mara" }) }).click();
  await button(/^Make .*Mara.* the owner$/).click();
  await dialog("Leave the group")
    .getByText(/Waiting until .*Mara.* is the owner/)
    .waitFor();
  assert.deepEqual(await asked(), [{ kind: "set-role", in: "ferry", member: "mara", role: "owner" }]);
  await open("group-leave");
  await dialog("Leave the group").getByText("What you wrote stays with the others until it burns.").waitFor();
  await button(/^Leave .*Ferry landing.* now$/).click();
  assert.deepEqual(await asked(), [{ kind: "leave-group", in: "ferry" }]);
});

test("[UI67] once it is over nothing can be written, and why stands in its place", async () => {
  await open("group-left");
  await shown.page.locator(".over", { hasText: "You left this group. Nothing more comes" }).waitFor();
  assert.equal(await shown.page.getByRole("textbox").count(), 0);
  await shown.page.locator(".message__options").last().focus();
  await shown.page.keyboard.press("Enter");
  await dialog("Message options").waitFor();
  assert.deepEqual(await shown.page.locator("dialog .options .button").allTextContents(), [
    "Copy text",
    "Forward",
  ]);
  await open("group-details-over");
  for (const name of ["Add people", "Leave the group", "Save"])
    assert.equal(await button(name).count(), 0, name);
  await open("group-notices");
  await until("the reason", async () =>
    /Mara removed you from this group\. Nothing more comes/.test(
      plain(await shown.page.locator(".over").textContent()),
    ),
  );
});

test("[UI68] from a member one compares the safety number with that contact; of others it is said who vouches", async () => {
  await open("group-details");
  await shown.page.getByText("A group has none of its own").waitFor();
  await shown.page.locator(".main .member", { hasText: "Lena" }).first().click();
  await button("Compare safety numbers").click();
  await shown.page.getByRole("heading", { name: "Verify Lena Østergaard" }).waitFor();
  await open("group-member-stranger");
  const stranger = dialog("Ruth Adeyemi");
  assert.match(plain(await stranger.textContent()), /Ruth Adeyemi is not one of your contacts/);
  assert.equal(await button("Compare safety numbers").count(), 0);
});

test("[UI2] a part that cannot be fetched says so, and comes when it can be", async () => {
  const window = await openWindow({ width: 390, height: 844 }); // of its own: the page complains of what it does not get
  const { page } = window;
  await page.route(GROUPS_PART, (route) => route.abort());
  await page.goto(shown.address("group"));
  await page.locator(".bar__details").click();
  await page.locator(".main").getByText("The relay does not answer.").waitFor();
  await page.unroute(GROUPS_PART);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".main .member").first().waitFor();
  await window.close();
});
const GROUPS_PART = /\/groups-[^/]*\.js/;

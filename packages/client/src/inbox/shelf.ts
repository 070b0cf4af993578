/** KeyPackages for whoever wants to begin a conversation while this device is away. Spec: CL46 to CL48. */
import { sealShelfItem } from "@sotto/crypto";
import type { Core } from "../core.ts";
import { joined, keyPackageId, keyPackages } from "../stored/channel.ts";
import { inboxes, type Inbox } from "../stored/profile.ts";
import type { InboxSession } from "./session.ts";
import type { Turn } from "../turn.ts";

/** Single-use KeyPackages on the shelf: filled up to the first, once there are fewer than the second. */
const SHELF_FULL = 20;
const SHELF_LOW = 10;
/** Made in one turn, because each takes milliseconds. */
const MADE_AT_ONCE = 5;
const DAY_MS = 86_400_000;
const LAST_RESORT_MS = 7 * DAY_MS;
/** A private half outlives its place on the shelf by so long: a Welcome for it may be on its way. */
export const KEY_PACKAGE_KEPT_MS = 30 * DAY_MS;
const SINGLE_USE_MS = 90 * DAY_MS;
/** Clocks of others may be behind ours. */
const CLOCK_ALLOWANCE_MS = DAY_MS;

export const shelfDueAt = (inbox: Inbox): number => inbox.lastResortAt + LAST_RESORT_MS;

type Shelf = Pick<InboxSession, "shelved" | "isFilling">;

export const isShelfWanting = ({ shelved, isFilling }: Shelf, inbox: Inbox, now: number): boolean =>
  isFilling || shelved < SHELF_LOW || now >= shelfDueAt(inbox);

export async function makeShelfItems(
  core: Core,
  turn: Turn,
  shelf: Shelf,
): Promise<{ readonly items: readonly Uint8Array[]; readonly lastResort: Uint8Array | undefined }> {
  const inbox = turn.need(inboxes, "");
  await forgetOld(turn);
  if (shelf.shelved < SHELF_LOW) shelf.isFilling = true;
  const count = shelf.isFilling ? Math.max(0, Math.min(MADE_AT_ONCE, SHELF_FULL - shelf.shelved)) : 0;
  if (shelf.shelved + count >= SHELF_FULL) shelf.isFilling = false;
  const items: Uint8Array[] = [];
  while (items.length < count) items.push(await makeItem(core, turn, inbox, false));
  if (turn.now < shelfDueAt(inbox)) return { items, lastResort: undefined };
  const lastResort = await makeItem(core, turn, inbox, true);
  turn.put(inboxes, "", { ...inbox, lastResortAt: turn.now });
  return { items, lastResort };
}

async function makeItem(core: Core, turn: Turn, inbox: Inbox, isLastResort: boolean): Promise<Uint8Array> {
  const until = turn.now + SINGLE_USE_MS;
  const made = await core.engine.createKeyPackage(core.self.signer, {
    notBefore: turn.now - CLOCK_ALLOWANCE_MS,
    notAfter: until,
  });
  turn.save(keyPackages, keyPackageId(made.reference), {
    stored: made.stored,
    isLastResort,
    until: isLastResort ? turn.now + LAST_RESORT_MS + KEY_PACKAGE_KEPT_MS : until + KEY_PACKAGE_KEPT_MS,
  });
  const place = { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId };
  const item = { version: 1, keyPackage: made.keyPackage, chain: core.self.chain };
  return sealShelfItem(place, inbox.shelfKey, item, core.randomBytes);
}

async function forgetOld(turn: Turn): Promise<void> {
  for (const key of turn.keys(keyPackages.prefix)) {
    const id = key.slice(keyPackages.prefix.length);
    const one = await turn.load(keyPackages, id);
    if (one === undefined || one.until <= turn.now) turn.save(keyPackages, id, undefined);
  }
  for (const key of turn.keys(joined.prefix)) {
    const id = key.slice(joined.prefix.length);
    const one = await turn.load(joined, id);
    if (one === undefined || one.until <= turn.now) turn.save(joined, id, undefined);
  }
}

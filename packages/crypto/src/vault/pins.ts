/**
 * Other PINs. A change is written down before any guardian hears of it and taken forward until all have it: of two PINs never
 * both open, and which of them does is known to be the old one until most guardians have the new one.
 * Spec: spec/vault.md, VT16 to VT20.
 */
import { blind, bytesToScalar } from "@sotto/oprf";
import { assert, equalBytes, err, ok, type Result, type Secret } from "@sotto/protocol";
import type { CommitFailure, Records } from "../container/index.ts";
import { argon2idStretch } from "../container/passphrase.ts";
import { evaluateAll, outputOf, slotFor, tooFew, type Unlocking } from "../guardian/index.ts";
import { signingKey } from "../keys.ts";
import { manage } from "../guardian/manage.ts";
import type { Held } from "./held.ts";
import { stretchPin } from "./pin.ts";
import { saveVaultRecord, type PinChange, type VaultRecord } from "./record.ts";

/** What a PIN does, as the first profile sees it. A second profile has its own, "real", alone. */
export type PinName = "real" | "decoy" | "duress";
export const PIN_NUMBERS = { real: 0, decoy: 1, duress: 2 } as const satisfies Record<PinName, number>;

export type ChangeFailure =
  /** Not every guardian answered; nothing was changed. */
  | { readonly kind: "unreached" | "false" }
  | { readonly kind: "wait"; readonly waitMs: number }
  /** Another PIN of this device has these digits. */
  | { readonly kind: "used" }
  /** Not this profile's to change, or the device is known no longer. */
  | { readonly kind: "refused" }
  /** It is under way: some guardians have it. The next unlock, or another try, takes it on. */
  | { readonly kind: "unfinished" }
  | CommitFailure;

type Target = { readonly slots: readonly number[]; readonly shares: readonly Secret[] };

export async function changePin(
  held: Held,
  record: VaultRecord,
  records: Records,
  { name, pin }: { readonly name: PinName; readonly pin: string },
): Promise<Result<VaultRecord, ChangeFailure>> {
  const target = targetOf(record, name);
  if (target === undefined) return err({ kind: "refused" });
  const { container, ports } = held;
  const input = await stretchPin(pin, container.salt, ports.stretch ?? argon2idStretch);
  const evaluated = await evaluateEverywhere(held, input);
  if (!evaluated.ok) return evaluated;
  const change = changeOf(held, target, { name, input, output: evaluated.value });
  input.fill(0);
  evaluated.value.wipe();
  if (isUsed(record, change)) return err({ kind: "used" });
  const begun: VaultRecord = { ...record, change };
  const saved = await saveVaultRecord(records, begun);
  if (!saved.ok) return saved;
  const pushed = await pushChange(held, begun, records);
  return pushed.change === undefined ? ok(pushed) : err({ kind: "unfinished" });
}

function targetOf({ own, full }: VaultRecord, name: PinName): Target | undefined {
  if (name === "real") return own;
  if (full === undefined) return undefined;
  return { slots: full.slots.map((slots) => slots[name]), shares: full.decoy.shares };
}

/** All of them: a guardian that misses a change would know the old PIN and not the new one. */
async function evaluateEverywhere(held: Held, input: Uint8Array): Promise<Result<Secret, ChangeFailure>> {
  const { image, ports } = held;
  const blinded = blind(input, ports.random);
  const needed = image.seats.length;
  const asked = await evaluateAll(image.seats, needed, { input, blinded }, ports);
  const evaluated = asked.filter((one) => one.kind === "evaluated");
  if (evaluated.length < needed) return err(whyNot(tooFew(asked, needed)));
  return ok(outputOf(input, blinded, evaluated.slice(0, image.threshold)));
}

function whyNot(unlocking: Unlocking): ChangeFailure {
  if (unlocking.kind === "denied") return { kind: "refused" };
  if (unlocking.kind === "tooFew" && unlocking.waitMs !== undefined)
    return { kind: "wait", waitMs: unlocking.waitMs };
  return { kind: unlocking.cheating.length > 0 ? "false" : "unreached" };
}

function changeOf(
  { image, ports }: Held,
  { slots, shares }: Target,
  pin: { readonly name: PinName; readonly input: Uint8Array; readonly output: Secret },
): PinChange {
  return {
    pin: PIN_NUMBERS[pin.name],
    slots: image.seats.map((seat, at) => {
      const share = shares[at]?.expose(bytesToScalar);
      assert(share?.ok === true, "there is a share for every seat");
      const slot = slotFor(pin, seat, share.value, ports.random);
      return { x: seat.x, slot: slots[at] ?? 0, ...slot, isDone: false };
    }),
  };
}

function isUsed({ full }: VaultRecord, change: PinChange): boolean {
  const element = change.slots[0]?.element ?? new Uint8Array();
  return full?.elements.some((one) => one.pin !== change.pin && equalBytes(one.element, element)) ?? false;
}

/** Asks every guardian that does not have it yet. What is done is durable, however it ends. */
export async function pushChange(held: Held, record: VaultRecord, records: Records): Promise<VaultRecord> {
  const { change, own } = record;
  if (change === undefined) return record;
  const manager = signingKey(own.managerSeed);
  const slots = await Promise.all(
    change.slots.map(async (one) => {
      const seat = held.image.seats.find(({ x }) => x === one.x);
      if (one.isDone || seat === undefined) return one;
      const answer = await manage(seat, manager, { kind: "setSlot", ...one }, held.ports.carry);
      return { ...one, isDone: answer === "done" };
    }),
  );
  const isDone = slots.every((one) => one.isDone);
  const next = isDone ? finished(record, change) : { ...record, change: { ...change, slots } };
  await saveVaultRecord(records, next); // not kept, it is asked for again: a change can be repeated
  return next;
}

function finished(record: VaultRecord, { pin, slots }: PinChange): VaultRecord {
  const { full } = record;
  const element = slots[0]?.element;
  if (full === undefined || element === undefined) return { ...record, change: undefined };
  const elements = [...full.elements.filter((one) => one.pin !== pin), { pin, element }];
  return { ...record, full: { ...full, elements }, change: undefined };
}

export const hasPin = ({ full }: VaultRecord, name: PinName): boolean =>
  full?.elements.some(({ pin }) => pin === PIN_NUMBERS[name]) ?? name === "real";

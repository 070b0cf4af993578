/**
 * What follows every unlock, in the background: another device key at every guardian, so that a copied image is stale; tries
 * renewed; a change of PIN taken further; boxes written anew. Each step can be cut short and is taken up by the next unlock.
 * Spec: spec/vault.md, VT12 to VT15.
 */
import { ok, Secret, type Result } from "@sotto/protocol";
import type { BlockFault, ProfileKey, Records } from "../container/index.ts";
import { manage, type GuardianChange, type Managed } from "../guardian/index.ts";
import { signingKey } from "../keys.ts";
import { boxKeyOf, boxOf, keep, type Held } from "./held.ts";
import { withSeats, type VaultSeat } from "./image.ts";
import { pushChange } from "./pins.ts";
import type { FullVault, ManagedProfile, VaultRecord } from "./record.ts";

/** The record as it is then. `profile`: of the opened region. */
export async function upkeep(
  held: Held,
  record: VaultRecord,
  profile: ProfileKey,
  records: Records,
): Promise<Result<VaultRecord, BlockFault>> {
  const rotated = await rotateAll(held, record);
  if (!rotated.ok) return rotated;
  await atAll(held, record.own, () => ({ kind: "rearm" }));
  const pushed = record.change === undefined ? record : await pushChange(held, record, records);
  const boxed = await writeBoxes(held, pushed, profile);
  return boxed.ok ? ok(pushed) : boxed;
}

/** The new keys are durable before any guardian hears of them, and the old ones go only with a guardian's word. */
async function rotateAll(held: Held, { own }: VaultRecord): Promise<Result<void, BlockFault>> {
  const { random } = held.ports;
  const drawn = withSeats(held.image, (seat) => ({
    ...seat,
    nextSeed: seat.nextSeed ?? new Secret(random(32)),
  }));
  const kept = await keep(held, drawn);
  if (!kept.ok) return kept;
  const answers = await atAll(held, own, (seat) => ({
    kind: "rotate",
    deviceKey: signingKey(seat.nextSeed ?? seat.deviceSeed).publicKey,
  }));
  const replaced: Secret[] = [];
  const rotated = withSeats(held.image, (seat) => {
    if (answers.get(seat.x) !== "done" || seat.nextSeed === undefined) return seat;
    replaced.push(seat.deviceSeed);
    return { ...seat, deviceSeed: seat.nextSeed, nextSeed: undefined };
  });
  const saved = await keep(held, rotated);
  if (saved.ok) for (const seed of replaced) seed.wipe();
  return saved;
}

/** One change at every guardian at once. By guardian number. */
async function atAll(
  { image, ports }: Held,
  { managerSeed }: ManagedProfile,
  changeFor: (seat: VaultSeat, at: number) => GuardianChange,
): Promise<ReadonlyMap<number, Managed>> {
  const manager = signingKey(managerSeed);
  const answers = await Promise.all(
    image.seats.map(
      async (seat, at) => [seat.x, await manage(seat, manager, changeFor(seat, at), ports.carry)] as const,
    ),
  );
  return new Map(answers);
}

/** The first profile writes both boxes, and each that nobody uses as often as that one's own chance says. */
async function writeBoxes(
  held: Held,
  { own, full }: VaultRecord,
  profile: ProfileKey,
): Promise<Result<void, BlockFault>> {
  const written = await writeBox(held, own, profile);
  if (!written.ok || full === undefined) return written;
  const { decoy, decoyKey } = full;
  const second =
    decoyKey === undefined
      ? await held.container.refillBox(boxOf(decoy.box))
      : await writeBox(held, decoy, { region: decoyKey.region === 0 ? 0 : 1, key: decoyKey.key });
  return second.ok ? refill(held, full) : second;
}

export async function writeBox(
  held: Held,
  managed: ManagedProfile,
  profile: ProfileKey,
): Promise<Result<void, BlockFault>> {
  const wrapping = boxKeyOf(held, managed);
  const written = await held.container.box(boxOf(managed.box), profile, wrapping);
  wrapping.wipe();
  return written;
}

async function refill(held: Held, { fillers }: FullVault): Promise<Result<void, BlockFault>> {
  for (const { box, chance } of fillers) {
    if (wide(held.ports.random(2)) >= wide(chance)) continue;
    const refilled = await held.container.refillBox(boxOf(box));
    if (!refilled.ok) return refilled;
  }
  return ok(undefined);
}

/** 0 to 65,535. */
const wide = ([high = 0, low = 0]: ArrayLike<number> & Iterable<number>): number => 256 * high + low;

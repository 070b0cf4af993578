/**
 * What an opened profile knows of its own vault: how to renew its tries, change its PIN and have its boxes look lived in.
 * The first profile knows of the second as well, and how to wipe both; the second knows itself alone.
 * Spec: spec/vault.md, "Record".
 */
import {
  bool,
  decode,
  encode,
  err,
  fixed,
  GUARDIANS_MAX,
  list,
  ok,
  optional,
  SEALED_SHARE_BYTES,
  secretField,
  struct,
  u8,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import type { CommitFailure, Records, Write } from "../container/index.ts";

/** The key of its record in the profile's region. */
export const VAULT_RECORD_KEY = "vault";
const VERSION = 1;

const perSeat = <T>(of: Parameters<typeof list<T>>[1]) => list(GUARDIANS_MAX, of);

/** Where the slots of the PINs are at one guardian. */
const fullSlots = struct({ real: u8, decoy: u8, duress: u8 });

/** What manages one profile: its manager's seed, and for each guardian its slot and its share. */
const managed = struct({
  box: u8,
  managerSeed: secretField(32),
  slots: perSeat(u8),
  shares: perSeat(secretField(32)),
});
export type ManagedProfile = TypeOf<typeof managed>;

/** A box that nobody uses, and with which probability, in 65,536ths, it is rewritten with the others. */
const filler = struct({ box: u8, chance: list(2, u8) });

const full = struct({
  wipeSeed: secretField(32),
  slots: perSeat(fullSlots),
  decoy: managed,
  /** The second profile's place and key, once there is one. */
  decoyKey: optional(struct({ region: u8, key: secretField(32) })),
  fillers: list(2, filler),
  /** Q of each PIN at the first guardian: two PINs of one device differ. */
  elements: list(3, struct({ pin: u8, element: fixed(32) })),
});

/** A change of PIN that is not at every guardian yet. It is taken forward, never back. */
const change = struct({
  pin: u8,
  slots: perSeat(
    struct({ x: u8, slot: u8, element: fixed(32), sealedShare: fixed(SEALED_SHARE_BYTES), isDone: bool }),
  ),
});
export type PinChange = TypeOf<typeof change>;

const recordCodec = struct({
  own: managed,
  full: optional(full),
  change: optional(change),
});
export type VaultRecord = TypeOf<typeof recordCodec>;
export type FullVault = NonNullable<VaultRecord["full"]>;

export async function readVaultRecord(
  records: Records,
): Promise<Result<VaultRecord | undefined, "newer" | "damaged">> {
  const bytes = await records.get(VAULT_RECORD_KEY);
  if (bytes === undefined) return ok(undefined);
  if ((bytes[0] ?? 0) > VERSION) return err("newer");
  const record = decode(recordCodec, bytes.slice(1));
  bytes.fill(0);
  return record.ok ? record : err("damaged");
}

function writeOfVault(record: VaultRecord): Write {
  const body = encode(recordCodec, record);
  const value = new Uint8Array(1 + body.length);
  value[0] = VERSION;
  value.set(body, 1);
  body.fill(0);
  return { key: VAULT_RECORD_KEY, value };
}

export const saveVaultRecord = (
  records: Records,
  record: VaultRecord,
): Promise<Result<void, CommitFailure>> => records.commit([writeOfVault(record)]);

/** Forgets every key of it. */
export function wipeVaultRecord({ own, full: all }: VaultRecord): void {
  const wipe = ({ managerSeed, shares }: ManagedProfile): void => {
    managerSeed.wipe();
    for (const share of shares) share.wipe();
  };
  wipe(own);
  if (!all) return;
  wipe(all.decoy);
  all.wipeSeed.wipe();
  all.decoyKey?.key.wipe();
}

/**
 * The second profile: another account in the other region, under a PIN of its own and one that burns the first. It is whole
 * before any PIN opens it. Spec: spec/vault.md, VT21 to VT24.
 */
import { err, ok, Secret, type Result } from "@sotto/protocol";
import type { BlockFault, CommitFailure, ProfileKey, Records } from "../container/index.ts";
import { KEY_BYTES } from "../container/seal.ts";
import type { Held } from "./held.ts";
import { saveVaultRecord, type VaultRecord } from "./record.ts";
import { writeBox } from "./upkeep.ts";

export type DecoyFailure = { readonly kind: "refused" | "exists" } | CommitFailure | BlockFault;

/**
 * Makes an empty profile in the region that is not `own` and lets `fill` begin an account in it. Called again after it was cut
 * short, it begins anew: no PIN has opened it yet.
 */
export async function makeDecoy<E>(
  held: Held,
  record: VaultRecord,
  own: { readonly region: ProfileKey["region"]; readonly records: Records },
  fill: (records: Records) => Promise<Result<void, E>>,
): Promise<Result<VaultRecord, DecoyFailure | E>> {
  const { full } = record;
  if (full === undefined) return err({ kind: "refused" });
  if (full.decoyKey !== undefined) return err({ kind: "exists" });
  const region = own.region === 0 ? 1 : 0;
  const key = new Secret(held.ports.random(KEY_BYTES));
  const formatted = await held.container.format({ region, key });
  if (!formatted.ok) return formatted;
  const filled = await fillRegion(held, { region, key }, record, fill);
  if (!filled.ok) return filled;
  const boxed = await writeBox(held, full.decoy, { region, key });
  if (!boxed.ok) return boxed;
  const next: VaultRecord = { ...record, full: { ...full, decoyKey: { region, key } } };
  const saved = await saveVaultRecord(own.records, next);
  return saved.ok ? ok(next) : saved;
}

async function fillRegion<E>(
  { container }: Held,
  { region, key }: ProfileKey,
  { full }: VaultRecord,
  fill: (records: Records) => Promise<Result<void, E>>,
): Promise<Result<void, DecoyFailure | E>> {
  const opened = await container.open(region, key);
  if (!opened.ok || full === undefined) return err({ kind: "failing", cause: opened });
  const records = opened.value;
  const filled = await fill(records);
  // It knows its own slot and how to renew its tries; nothing in it says that there is another profile.
  const saved = filled.ok
    ? await saveVaultRecord(records, { own: full.decoy, full: undefined, change: undefined })
    : filled;
  await records.close();
  return saved;
}

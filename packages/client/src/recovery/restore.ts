/**
 * An account comes back from its recovery kit: the backup is fetched, the account taken over by a new entry of its chain, and
 * that entry put into the backup before anybody else sees it. Only then is there a profile. RK11, RK17.
 */
import {
  assert,
  equalBytes,
  err,
  ok,
  Secret,
  type Backup,
  type DeviceKind,
  type IdentityChain,
  type Result,
} from "@sotto/protocol";
import {
  accountIdOf,
  backupKeys,
  newDevice,
  openBackup,
  sealBackup,
  signBackupPut,
  signingKey,
  takeOver,
  wipeBackupKeys,
  type BackupKeys,
} from "@sotto/crypto";
import type { Problem } from "../problems.ts";
import type { StoredIdentity } from "../stored/profile.ts";
import type { StoredKit } from "../stored/recovery.ts";
import { hashOf, NUMBER_MAX } from "./backup.ts";
import { openExchange, type Exchange, type ExchangePorts } from "./exchange.ts";
import { readKit, type TypedKit } from "./kit.ts";

/** What a profile begins with in place of a new account. */
export type Restored = {
  readonly identity: StoredIdentity;
  readonly kit: StoredKit;
  readonly contacts: Backup["contacts"];
};

/** `kit` as it was typed. Its seed is wiped at the end, whatever that is: it stays where it was, on paper. */
export async function restoreAccount(
  ports: ExchangePorts,
  {
    kit: typed,
    relayUrl,
    kind,
  }: { readonly kit: string; readonly relayUrl: string; readonly kind: DeviceKind },
): Promise<Result<Restored, Problem>> {
  const kit = readKit(typed, relayUrl);
  if (!kit.ok) return kit;
  const exchange = await openExchange(ports, kit.value.relayUrl);
  const restored = exchange.ok ? await restoreOver(exchange.value, ports, kit.value, kind) : exchange;
  if (exchange.ok) exchange.value.end();
  kit.value.seed.wipe();
  return restored;
}

async function restoreOver(
  exchange: Exchange,
  ports: ExchangePorts,
  kit: TypedKit,
  kind: DeviceKind,
): Promise<Result<Restored, Problem>> {
  const keys = backupKeys(kit.seed);
  const restored = await takeOverWith(keys, exchange, ports, { ...kit, kind });
  if (!restored.ok) wipeBackupKeys(keys);
  return restored;
}

type Restoring = TypedKit & { readonly kind: DeviceKind };

async function takeOverWith(
  keys: BackupKeys,
  exchange: Exchange,
  ports: ExchangePorts,
  kit: Restoring,
): Promise<Result<Restored, Problem>> {
  const name = keys.name.publicKey;
  const found = await exchange.ask({ kind: "backupGet", name });
  if (found?.kind !== "backup") return err(found === undefined ? UNREACHABLE : { kind: "backup-missing" });
  const backup = openFound(found.sealed, kit);
  if (!backup.ok) return backup;
  if (found.number >= NUMBER_MAX) return err({ kind: "backup-invalid" });
  const identity = takenOver(ports, kit, backup.value.chain);
  if (identity === undefined) return err({ kind: "backup-invalid" });
  const contents = { chain: identity.chain, contacts: backup.value.contacts };
  const now = ports.clock();
  const sealed = sealBackup(keys, { ...contents, madeAt: now }, ports.randomBytes);
  if (!sealed.ok) return err({ kind: "backup-invalid" });
  const put = { number: found.number + 1, sealed: sealed.value.sealed };
  const signature = signBackupPut(keys, exchange.relayId, put);
  const answer = await exchange.ask({ kind: "backupPut", name, ...put, token: undefined, signature });
  if (answer?.kind !== "done") return err(answer === undefined ? UNREACHABLE : { kind: "relay-full" });
  return ok({
    identity,
    contacts: contents.contacts,
    kit: {
      endpoint: { url: kit.relayUrl, relayId: exchange.relayId },
      nameSeed: keys.name.seed,
      sealKey: keys.seal,
      withContacts: contents.contacts.length > 0,
      number: put.number,
      token: undefined,
      kept: { hash: hashOf(contents), at: now },
    },
  });
}

const UNREACHABLE: Problem = { kind: "relay-unreachable" };
const BACKUP_PROBLEM = {
  "not-ours": "backup-invalid",
  "other-account": "backup-invalid",
  newer: "backup-newer",
} as const;

function openFound(sealed: Uint8Array, { seed, accountId }: TypedKit): Result<Backup, Problem> {
  const opened = openBackup(seed, sealed);
  if (!opened.ok) return err({ kind: BACKUP_PROBLEM[opened.error] });
  const isAnother = accountId !== undefined && !equalBytes(accountId, accountIdOf(opened.value.chain));
  return isAnother ? err({ kind: "backup-invalid" }) : opened;
}

/** The recovery seed is not in it. Undefined: the chain takes no further device. */
function takenOver(
  { randomBytes, clock }: ExchangePorts,
  { seed, kind }: Restoring,
  chain: IdentityChain,
): StoredIdentity | undefined {
  const [identitySeed, leafSeed, readerSeed] = [0, 0, 0].map(() => new Secret(randomBytes(32)));
  assert(
    identitySeed !== undefined && leafSeed !== undefined && readerSeed !== undefined,
    "three seeds were drawn",
  );
  const device = newDevice(signingKey(leafSeed).publicKey, kind, clock());
  const { publicKey: identityKey } = signingKey(identitySeed);
  const taken = takeOver(chain, { identityKey, device }, signingKey(seed));
  return taken.ok
    ? { chain: taken.value, identitySeed, recoverySeed: undefined, leafSeed, readerSeed }
    : undefined;
}

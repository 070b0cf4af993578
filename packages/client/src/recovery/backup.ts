/**
 * The backup of a recovery kit is kept current: looked at when a contact changes and once an hour, sealed, and put at the
 * kit's relay on a connection of its own. Spec: spec/recovery.md, RK14 to RK16.
 */
import {
  BACKUP_CONTACTS_MAX,
  BACKUP_VERSION,
  backupCodec,
  encode,
  equalBytes,
  type Backup,
  type Reply,
} from "@sotto/protocol";
import { sealBackup, signBackupPut, signingKey, type BackupKeys } from "@sotto/crypto";
import { sha256 } from "@sotto/verify";
import type { Core } from "../core.ts";
import type { LineId } from "../line/line-id.ts";
import type { Purpose } from "../line/purpose.ts";
import { contacts, conversations } from "../stored/conversation.ts";
import { kits, type StoredKit } from "../stored/recovery.ts";
import { nextToken } from "../tokens.ts";
import type { Turn } from "../turn.ts";

/** It ties a backup's name to a device's address, and should tie it to nothing else. */
export const BACKUP_CIRCUIT = "backup";
const LOOK_MS = 3_600_000;
const RETRY_MS = 60_000;
const NAME = "backup";
/** What still has a next one. */
export const NUMBER_MAX = Number.MAX_SAFE_INTEGER - 1;

const keysOfKit = ({ nameSeed, sealKey }: StoredKit): BackupKeys => ({
  name: signingKey(nameSeed),
  seal: sealKey,
});

export function driveBackup(core: Core, turn: Turn): void {
  const kit = turn.get(kits, "");
  if (kit === undefined) return;
  core.agenda.want(NAME, turn.now + LOOK_MS);
  const contents = contentsOf(core, turn, kit);
  const hash = hashOf(contents);
  if (kit.kept !== undefined && equalBytes(kit.kept.hash, hash)) return;
  const token = kit.number > 0 ? undefined : (kit.token ?? nextToken(turn));
  const changed: StoredKit = { ...kit, token, kept: undefined };
  if (kit.kept !== undefined || token !== kit.token) turn.put(kits, "", changed);
  if (kit.number === 0 && token === undefined) return; // until there are tokens
  ask(core, turn, changed, contents, hash);
}

function ask(core: Core, turn: Turn, kit: StoredKit, contents: Contents, hash: Uint8Array): void {
  const notBefore = core.oneShots.notBefore(NAME);
  if (turn.now < notBefore) return core.agenda.want(NAME, notBefore);
  const line = core.lines.want(kit.endpoint, BACKUP_CIRCUIT);
  if (core.lines.readyNonce(line) === undefined || core.oneShots.isOut(NAME)) return;
  if (kit.number >= NUMBER_MAX) return; // a relay that says so keeps no further backup
  const keys = keysOfKit(kit);
  const sealed = sealBackup(keys, { ...contents, madeAt: turn.now }, core.randomBytes);
  if (!sealed.ok) return; // an account of so many entries that no kit brings it back
  const put = { number: kit.number + 1, sealed: sealed.value.sealed };
  const signature = signBackupPut(keys, kit.endpoint.relayId, put);
  core.oneShots.sent(NAME, line);
  const request = {
    kind: "backupPut",
    name: keys.name.publicKey,
    ...put,
    token: kit.token,
    signature,
  } as const;
  turn.ask(line, request, { kind: "backup", number: put.number, hash });
}

type Contents = Pick<Backup, "chain" | "contacts">;

/** Newest first: should not all fit, the oldest are left out. */
function contentsOf(core: Core, turn: Turn, { withContacts }: StoredKit): Contents {
  const numbers = withContacts ? turn.ids(contacts).slice(-BACKUP_CONTACTS_MAX).toReversed() : [];
  return {
    chain: core.self.chain,
    contacts: numbers.flatMap((number) => {
      const { card } = turn.need(contacts, number);
      const { name, isVerified } = turn.need(conversations, number);
      return card === undefined ? [] : [{ name, isVerified, card }];
    }),
  };
}

/** Whenever it was made. */
export const hashOf = (contents: Contents): Uint8Array =>
  sha256(encode(backupCodec, { version: BACKUP_VERSION, madeAt: 0, ...contents, padding: new Uint8Array() }));

export function answerBackup(
  core: Core,
  turn: Turn,
  line: LineId,
  { number, hash }: Extract<Purpose, { kind: "backup" }>,
  reply: Reply,
): void {
  core.oneShots.back(NAME);
  const kit = turn.get(kits, "");
  if (kit === undefined) return;
  turn.touch(NAME); // something may have changed meanwhile
  if (reply.kind === "done") {
    turn.put(kits, "", { ...kit, number, token: undefined, kept: { hash, at: turn.now } });
    turn.afterwards(() => core.lines.rest(line));
    return;
  }
  core.oneShots.back(NAME, turn.now + RETRY_MS);
  if (reply.kind !== "refused") return;
  if (reply.code === "exists") turn.put(kits, "", { ...kit, number: Math.max(kit.number, reply.detail) });
  if (reply.code === "tokenRefused") turn.put(kits, "", { ...kit, token: undefined });
}

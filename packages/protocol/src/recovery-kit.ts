/** A recovery kit as text for a QR code, and what a backup holds before it is sealed. Spec: spec/recovery.md. */
import { bytesToPayload, payloadToBytes } from "./checked-payload.ts";
import {
  bool,
  constant,
  decode,
  encode,
  fixed,
  list,
  opaque,
  struct,
  text,
  uint,
  type TypeOf,
} from "./codec.ts";
import { isOrigin } from "./contact-link.ts";
import { contactCard, identityChain } from "./identity.ts";
import { BACKUP_BYTES, NAME_BYTES_MAX, URL_BYTES_MAX } from "./limits.ts";
import { assert, err, ok, type Result } from "./result.ts";
import { secretField } from "./secret-field.ts";

const KIT_VERSION = 1;
const KIT_CHARS_MAX = 1_024;
const KIT = /^sotto-kit:([^:]*)$/i;

/** Whoever has this is the account. The relay's address is where the backup is. */
export const recoveryKit = struct({
  version: constant(KIT_VERSION, "recovery kit version 1"),
  accountId: fixed(32),
  recoverySeed: secretField(32),
  relayUrl: text(URL_BYTES_MAX),
});
export type RecoveryKit = TypeOf<typeof recoveryKit>;

/** newer: whole, but of a version this program does not know. */
export type KitProblem = "not-a-kit" | "damaged" | "newer";

/** The text holds the seed in plain: it is for a screen or paper, and not kept. */
export function kitToText(kit: RecoveryKit): string {
  assert(isOrigin(kit.relayUrl), "a recovery kit names its relay by an origin");
  const bytes = encode(recoveryKit, kit);
  const payload = bytesToPayload(bytes);
  bytes.fill(0);
  return `sotto-kit:${payload}`;
}

/** Whether somebody typed a kit's text, whole or not; anything else is its words. */
export const isKitText = (typed: string): boolean => /^\s*sotto-kit/i.test(typed);

/** Of the seed, by BIP-39. */
export const KIT_WORDS = 24;

/** In either case, and without the numbers and punctuation between them that the printed page has. */
export const kitWords = (typed: string): readonly string[] =>
  typed
    .toLowerCase()
    .split(/[\s\d.,;:()]+/)
    .filter((word) => word !== "");

/** Total: any text gives a kit or a problem. White space within it is ignored, as scanning and pasting add it. */
export function textToKit(typed: string): Result<RecoveryKit, KitProblem> {
  if (typed.length > KIT_CHARS_MAX) return err("not-a-kit");
  const payload = KIT.exec(typed.replaceAll(/\s/g, ""))?.[1];
  if (payload === undefined) return err("not-a-kit");
  const bytes = payloadToBytes(payload);
  if (bytes === undefined) return err("damaged");
  // The checksum came first: a version is believed only when the text is whole.
  if ((bytes[0] ?? 0) > KIT_VERSION) return err("newer");
  const kit = decode(recoveryKit, bytes);
  if (!kit.ok || !isOrigin(kit.value.relayUrl)) return err("damaged");
  const accountId = kit.value.accountId.slice();
  bytes.fill(0);
  return ok({ ...kit.value, accountId });
}

export const BACKUP_VERSION = 1;
/** Of the codec; how many fit is a matter of bytes, and about a quarter of it. */
export const BACKUP_CONTACTS_MAX = 1_024;

export const backupContact = struct({ name: text(NAME_BYTES_MAX), isVerified: bool, card: contactCard });
export type BackupContact = TypeOf<typeof backupContact>;

/** No history, no message key, and nothing that opens a device. */
export const backupCodec = struct({
  version: constant(BACKUP_VERSION, "backup version 1"),
  madeAt: uint,
  chain: identityChain,
  contacts: list(BACKUP_CONTACTS_MAX, backupContact),
  /** Zeros: every backup is as long as every other. */
  padding: opaque(BACKUP_BYTES),
});
export type Backup = Omit<TypeOf<typeof backupCodec>, "version" | "padding">;

/** What a device keeps of a recovery kit that was made, and whom a restored account has yet to find again. */
import {
  backupContact,
  bool,
  endpoint,
  fixed,
  optional,
  secretField,
  struct,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import { table } from "./record.ts";

const kit = struct({
  /** Of the relay that the kit names. */
  endpoint,
  /** They follow from the recovery seed, and do not lead back to it. */
  nameSeed: secretField(32),
  sealKey: secretField(32),
  withContacts: bool,
  /** Of the newest backup that the relay is known to have; 0 is none. */
  number: uint,
  /** Pays for the first. Kept until the relay has confirmed it, so that none is lost. */
  token: optional(fixed(32)),
  /** What the relay confirmed last, by its hash; undefined while something newer is on its way. */
  kept: optional(struct({ hash: fixed(32), at: uint })),
});
export type StoredKit = TypeOf<typeof kit>;
export const kits = table("kit", 1, kit);

/** Contacts of a backup, until conversations with them have begun. */
export const restoredContacts = table("restored/", 1, backupContact);

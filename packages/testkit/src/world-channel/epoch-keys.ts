/**
 * The keys of a scripted channel. Real clients take them from MLS; here each epoch's follow from the body of the Commit
 * that began it, so that whoever reads the log can go on, and nobody else needs telling.
 */
import { createHash } from "node:crypto";
import type { EpochPublicKeys } from "@sotto/protocol";
import { createKeyPair, type KeyPair } from "../simulation/ed25519.ts";

export type EpochKeys = {
  readonly write: KeyPair;
  readonly commit: KeyPair;
  readonly readers: readonly KeyPair[];
  readonly public: EpochPublicKeys;
};

/** Also the other way round: the hash of a Commit's body is the next seed. */
export const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash("sha256").update(bytes).digest());

const made = new Map<string, EpochKeys>();

/** `seed` names the epoch; each of `readerCount` members reads with a key of its own. */
export function epochKeysFrom(seed: Uint8Array, readerCount: number): EpochKeys {
  const name = `${seed.toHex()}/${readerCount}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const pair = (label: string): KeyPair => createKeyPair(sha256(Buffer.concat([seed, Buffer.from(label)])));
  const write = pair("write");
  const commit = pair("commit");
  const readers = Array.from({ length: readerCount }, (_, index) => pair(`reader ${index}`));
  const keys: EpochKeys = {
    write,
    commit,
    readers,
    public: {
      write: write.publicKey,
      commit: commit.publicKey,
      admin: undefined,
      readers: readers.map((reader) => reader.publicKey),
    },
  };
  made.set(name, keys);
  return keys;
}

/** The keys of one epoch of a channel, all from one value of the MLS exporter. Spec: spec/keys.md, "Epoch keys". */
import {
  createBytes,
  credentialCodec,
  decode,
  lp,
  openReadBytes,
  openWriteBytes,
  type EpochPublicKeys,
  type RandomBytes,
  type Secret,
} from "@sotto/protocol";
import { deriveKey, sign, signingKey, type SigningKey } from "../keys.ts";
import type { Group, Member, MlsEngine } from "../mls/engine.ts";
import { blindedReaders, signAsReader, type Reader, type ReaderKey } from "./reader-key.ts";

/** Where a channel is: every key and signature of it names both. */
export type ChannelPlace = { readonly relayId: Uint8Array; readonly cid: Uint8Array };

const LABEL = "sotto/channel/v1";

/** X_e, 32 bytes: everything of the epoch follows from it. Stored, so that it outlives the group's own state. */
export const exportChannelSecret = (engine: MlsEngine, group: Group, place: ChannelPlace): Promise<Secret> =>
  engine.exportSecret(group, LABEL, lp(place.relayId, place.cid), 32);

export type EpochKeys = {
  readonly place: ChannelPlace;
  readonly epoch: number;
  /** X_e, still the caller's. */
  readonly exported: Secret;
  readonly write: SigningKey;
  readonly commit: SigningKey;
  /** AES-256-GCM. */
  readonly wrap: Secret;
};

export function deriveEpochKeys(exported: Secret, place: ChannelPlace, epoch: number): EpochKeys {
  const seed = (name: string): Secret => deriveKey(exported, `${LABEL} ${name}`, 32);
  return {
    place,
    epoch,
    exported,
    write: signingKey(seed("write")),
    commit: signingKey(seed("commit")),
    wrap: seed("wrap"),
  };
}

/** The exporter's value is left: it may be stored elsewhere. */
export function wipeEpochKeys(keys: EpochKeys): void {
  keys.write.seed.wipe();
  keys.commit.seed.wipe();
  keys.wrap.wipe();
}

/** The readers of an epoch are the members of its group. Their Credentials were checked when they entered it. */
export const readersOf = (members: readonly Member[]): readonly Reader[] =>
  members.flatMap(({ leaf, credential }) => {
    const decoded = decode(credentialCodec, credential);
    return decoded.ok ? [{ leaf, readerKey: decoded.value.readerKey }] : [];
  });

/** What the relay is told of the epoch. Readers stand in the order of their leaves. `admin`: of a group, the admins' key. */
export function epochPublicKeys(
  keys: EpochKeys,
  readers: readonly Reader[],
  admin?: Uint8Array,
): EpochPublicKeys {
  return {
    write: keys.write.publicKey,
    commit: keys.commit.publicKey,
    admin,
    readers: blindedReaders(
      keys.exported,
      readers.toSorted((a, b) => a.leaf - b.leaf),
    ),
  };
}

/** For CREATE. */
export const signCreate = (keys: EpochKeys, publicKeys: EpochPublicKeys): Uint8Array =>
  sign(keys.commit, createBytes(keys.place.relayId, keys.place.cid, publicKeys));

/** For OPEN; `relayNonce` is of the relay's `welcome` on that connection. */
export const signOpenWrite = (keys: EpochKeys, relayNonce: Uint8Array): Uint8Array =>
  sign(keys.write, openWriteBytes(keys.place.relayId, keys.place.cid, keys.epoch, relayNonce));

export const signOpenRead = (
  keys: EpochKeys,
  own: { readonly leaf: number; readonly reader: ReaderKey },
  relayNonce: Uint8Array,
  randomBytes: RandomBytes,
): { readonly reader: Uint8Array; readonly signature: Uint8Array } =>
  signAsReader(
    keys.exported,
    own.leaf,
    own.reader,
    openReadBytes(keys.place.relayId, keys.place.cid, keys.epoch, relayNonce),
    randomBytes,
  );

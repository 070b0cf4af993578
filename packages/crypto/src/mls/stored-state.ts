/**
 * A group and a KeyPackage as bytes, and the list of everything secret in a group. Spec: spec/mls.md, "Stored
 * state". Two arrays, so that a message rewrites the ratchets and not the tree.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import {
  assert,
  constant,
  decode,
  encode,
  equalBytes,
  err,
  fixed,
  list,
  ok,
  opaque,
  struct,
  u32,
  u8,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import type {
  ClientState,
  GenerationSecret,
  KeyPackage,
  KeySchedule,
  PrivateKeyPackage,
  SecretTree,
} from "ts-mls";
import { decodeGroupContext, encodeGroupContext } from "ts-mls/groupContext.js";
import { decodeKeyPackage, encodeKeyPackage } from "ts-mls/keyPackage.js";
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { exactly } from "./exact.ts";
import type { GroupState, LoadFailure } from "./engine.ts";

const VERSION = 1;
const TREE_BYTES_MAX = 16_777_216;
const LEAVES_MAX = 65_536;
const KEPT_KEYS_MAX = 65_536;

const secretBytes = opaque(64);

const publicHalf = struct({
  version: constant(VERSION, "tree version 1"),
  suite: u8,
  groupContext: opaque(65_536),
  confirmationTag: opaque(64),
  ratchetTree: opaque(TREE_BYTES_MAX),
});

const ratchet = struct({
  generation: u32,
  secret: secretBytes,
  /** Keys of messages that were skipped, so that they open when they come. */
  kept: list(KEPT_KEYS_MAX, struct({ generation: u32, secret: secretBytes })),
});

const secretHalf = struct({
  version: constant(VERSION, "secrets version 1"),
  /** SHA-256 of the public half: halves of different states do not load. */
  treeHash: fixed(32),
  signatureKey: fixed(32),
  ownLeaf: u32,
  pathKeys: list(64, struct({ node: u32, key: opaque(64) })),
  senderDataSecret: secretBytes,
  exporterSecret: secretBytes,
  externalSecret: secretBytes,
  confirmationKey: secretBytes,
  membershipKey: secretBytes,
  resumptionPsk: secretBytes,
  epochAuthenticator: secretBytes,
  initSecret: secretBytes,
  ratchets: list(LEAVES_MAX, struct({ leaf: u32, application: ratchet, handshake: ratchet })),
});

const storedKeyPackage = struct({
  version: constant(VERSION, "KeyPackage version 1"),
  suite: u8,
  keyPackage: opaque(65_536),
  initKey: opaque(64),
  encryptionKey: opaque(64),
  signatureKey: fixed(32),
});

/** Stands where the secret tree has nothing to keep: interior nodes, and leaves without a member. */
const NO_RATCHET: GenerationSecret = { secret: new Uint8Array(), generation: 0, unusedGenerations: {} };
const NO_RATCHETS = { application: NO_RATCHET, handshake: NO_RATCHET };

export type StatePart = Omit<ClientState, "clientConfig">;

/** What a new epoch keeps: nothing of the epochs before, no ratchet of a leaf without a member, no key of a blank node. */
export function settle(state: StatePart): StatePart {
  const { ratchetTree, privatePath } = state;
  const privateKeys: Record<number, Uint8Array> = {};
  for (const [node, key] of Object.entries(privatePath.privateKeys)) {
    if (ratchetTree[Number(node)] !== undefined) privateKeys[Number(node)] = key;
  }
  return {
    groupContext: state.groupContext,
    keySchedule: state.keySchedule,
    secretTree: state.secretTree.map((ratchets, node) =>
      ratchetTree[node]?.nodeType === "leaf" ? ratchets : NO_RATCHETS,
    ),
    ratchetTree,
    privatePath: { leafIndex: privatePath.leafIndex, privateKeys },
    signaturePrivateKey: state.signaturePrivateKey,
    unappliedProposals: {},
    confirmationTag: state.confirmationTag,
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
  };
}

/** Every array of a state that must not outlive it. */
export function secretsOf(state: StatePart): Uint8Array[] {
  const ratchets = state.secretTree.flatMap((node) => [node.application, node.handshake]);
  return [
    ...Object.values({ ...state.keySchedule }),
    ...Object.values(state.privatePath.privateKeys),
    state.signaturePrivateKey,
    ...ratchets.flatMap((one) => [one.secret, ...Object.values(one.unusedGenerations)]),
  ];
}

/** What everybody in the group knows of an epoch. */
export type PublicPart = Pick<StatePart, "groupContext" | "confirmationTag" | "ratchetTree">;

export const encodeTree = (suite: number, state: PublicPart): Uint8Array =>
  encode(publicHalf, {
    version: VERSION,
    suite,
    groupContext: encodeGroupContext(state.groupContext),
    confirmationTag: state.confirmationTag,
    ratchetTree: encodeRatchetTree(state.ratchetTree),
  });

export function encodeSecrets(treeHash: Uint8Array, state: StatePart): Uint8Array {
  const ratchets = [];
  for (let leaf = 0; 2 * leaf < state.secretTree.length; leaf++) {
    const node = state.secretTree[2 * leaf];
    if (node === undefined || node === NO_RATCHETS) continue;
    ratchets.push({
      leaf,
      application: ratchetFields(node.application),
      handshake: ratchetFields(node.handshake),
    });
  }
  return encode(secretHalf, {
    version: VERSION,
    treeHash,
    signatureKey: state.signaturePrivateKey,
    ownLeaf: state.privatePath.leafIndex,
    pathKeys: Object.entries(state.privatePath.privateKeys).map(([node, key]) => ({
      node: Number(node),
      key,
    })),
    ...state.keySchedule,
    ratchets,
  });
}

const ratchetFields = (one: GenerationSecret): TypeOf<typeof ratchet> => ({
  generation: one.generation,
  secret: one.secret,
  kept: Object.entries(one.unusedGenerations).map(([generation, secret]) => ({
    generation: Number(generation),
    secret,
  })),
});

export const hashTree = (tree: Uint8Array): Uint8Array => sha256(tree);

/** The state owns copies: wiping it leaves the caller's arrays alone. */
export function decodeState(suite: number, stored: GroupState): Result<StatePart, LoadFailure> {
  const version = Math.max(stored.tree[0] ?? 0, stored.secrets[0] ?? 0);
  if (version > VERSION) return err("newer");
  const tree = decode(publicHalf, stored.tree.slice());
  const secrets = decode(secretHalf, stored.secrets.slice());
  if (!tree.ok || !secrets.ok || tree.value.suite !== suite) return err("damaged");
  if (!equalBytes(secrets.value.treeHash, hashTree(stored.tree))) return err("damaged");
  const groupContext = exactly(decodeGroupContext, tree.value.groupContext);
  const ratchetTree = exactly(decodeRatchetTree, tree.value.ratchetTree);
  if (groupContext === undefined || ratchetTree === undefined) return err("damaged");
  const { signatureKey, ownLeaf, pathKeys, ratchets, treeHash: _, version: __, ...rest } = secrets.value;
  const keySchedule: KeySchedule = rest;
  const secretTree: SecretTree = ratchetTree.map(() => NO_RATCHETS);
  for (const { leaf, application, handshake } of ratchets) {
    if (ratchetTree[2 * leaf]?.nodeType !== "leaf") return err("damaged");
    secretTree[2 * leaf] = {
      application: fieldsToRatchet(application),
      handshake: fieldsToRatchet(handshake),
    };
  }
  if (secretTree[2 * ownLeaf] === NO_RATCHETS || secretTree[2 * ownLeaf] === undefined) return err("damaged");
  return ok({
    groupContext,
    keySchedule,
    secretTree,
    ratchetTree,
    privatePath: {
      leafIndex: ownLeaf,
      privateKeys: Object.fromEntries(pathKeys.map(({ node, key }) => [node, key])),
    },
    signaturePrivateKey: signatureKey,
    unappliedProposals: {},
    confirmationTag: tree.value.confirmationTag,
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
  });
}

const fieldsToRatchet = (fields: TypeOf<typeof ratchet>): GenerationSecret => ({
  generation: fields.generation,
  secret: fields.secret,
  unusedGenerations: Object.fromEntries(fields.kept.map((one) => [one.generation, one.secret])),
});

export function encodeStoredKeyPackage(
  suite: number,
  publicPackage: KeyPackage,
  privatePackage: PrivateKeyPackage,
): Uint8Array {
  assert(privatePackage.signaturePrivateKey.length === 32, "an Ed25519 key is kept as its seed");
  return encode(storedKeyPackage, {
    version: VERSION,
    suite,
    keyPackage: encodeKeyPackage(publicPackage),
    initKey: privatePackage.initPrivateKey,
    encryptionKey: privatePackage.hpkePrivateKey,
    signatureKey: privatePackage.signaturePrivateKey,
  });
}

export type StoredKeyPackage = {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
};

export function decodeStoredKeyPackage(suite: number, stored: Uint8Array): StoredKeyPackage | undefined {
  const fields = decode(storedKeyPackage, stored.slice());
  if (!fields.ok || fields.value.suite !== suite) return undefined;
  const publicPackage = exactly(decodeKeyPackage, fields.value.keyPackage);
  if (publicPackage === undefined) return undefined;
  return {
    publicPackage,
    privatePackage: {
      initPrivateKey: fields.value.initKey,
      hpkePrivateKey: fields.value.encryptionKey,
      signaturePrivateKey: fields.value.signatureKey,
    },
  };
}

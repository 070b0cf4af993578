/** What every version of a stored group is made of: fields, and how they become a state. Spec: spec/mls.md, "Stored state". */
import { sha256 } from "@noble/hashes/sha2.js";
import { list, opaque, fixed, struct, u32, u8, type TypeOf } from "@sotto/protocol";
import type { ClientState, GenerationSecret, SecretTree } from "ts-mls";
import { decodeGroupContext, encodeGroupContext } from "ts-mls/groupContext.js";
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { exactly } from "./exact.ts";

const TREE_BYTES_MAX = 16_777_216;
export const LEAVES_MAX = 65_536;
const KEPT_KEYS_MAX = 65_536;

export const secretBytes = opaque(64);

export type StatePart = Omit<ClientState, "clientConfig">;

/** What everybody in the group knows of an epoch: the RFC's encodings. */
export const publicFields = {
  suite: u8,
  groupContext: opaque(65_536),
  confirmationTag: opaque(64),
  ratchetTree: opaque(TREE_BYTES_MAX),
};

/** What one member keeps secret of an epoch, from its beginning to its end. */
export const epochSecretFields = {
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
};

export const ratchet = struct({
  generation: u32,
  secret: secretBytes,
  /** Keys of messages that were skipped, so that they open when they come. */
  kept: list(KEPT_KEYS_MAX, struct({ generation: u32, secret: secretBytes })),
});

const publicPart = struct(publicFields);
const epochSecretPart = struct(epochSecretFields);

/** Stands where the secret tree has nothing to keep: interior nodes, and leaves without a member. */
const NO_RATCHET: GenerationSecret = { secret: new Uint8Array(), generation: 0, unusedGenerations: {} };
export const NO_RATCHETS = { application: NO_RATCHET, handshake: NO_RATCHET };

/** By SHA-256 of the tree half: halves of different states do not load. */
export const hashTree = (tree: Uint8Array): Uint8Array => sha256(tree);

export const publicToFields = (suite: number, state: StatePart): TypeOf<typeof publicPart> => ({
  suite,
  groupContext: encodeGroupContext(state.groupContext),
  confirmationTag: state.confirmationTag,
  ratchetTree: encodeRatchetTree(state.ratchetTree),
});

export const epochSecretsToFields = (state: StatePart): TypeOf<typeof epochSecretPart> => ({
  signatureKey: state.signaturePrivateKey,
  ownLeaf: state.privatePath.leafIndex,
  pathKeys: Object.entries(state.privatePath.privateKeys).map(([node, key]) => ({ node: Number(node), key })),
  ...state.keySchedule,
});

export const ratchetToFields = (one: GenerationSecret): TypeOf<typeof ratchet> => ({
  generation: one.generation,
  secret: one.secret,
  kept: Object.entries(one.unusedGenerations).map(([generation, secret]) => ({
    generation: Number(generation),
    secret,
  })),
});

export const fieldsToRatchet = (fields: TypeOf<typeof ratchet>): GenerationSecret => ({
  generation: fields.generation,
  secret: fields.secret,
  unusedGenerations: Object.fromEntries(fields.kept.map((one) => [one.generation, one.secret])),
});

/** A state without ratchets; undefined where the RFC's encodings are none. */
export function fieldsToState(
  known: TypeOf<typeof publicPart>,
  secret: TypeOf<typeof epochSecretPart>,
): StatePart | undefined {
  const groupContext = exactly(decodeGroupContext, known.groupContext);
  const ratchetTree = exactly(decodeRatchetTree, known.ratchetTree);
  if (groupContext === undefined || ratchetTree === undefined) return undefined;
  return {
    groupContext,
    keySchedule: {
      senderDataSecret: secret.senderDataSecret,
      exporterSecret: secret.exporterSecret,
      externalSecret: secret.externalSecret,
      confirmationKey: secret.confirmationKey,
      membershipKey: secret.membershipKey,
      resumptionPsk: secret.resumptionPsk,
      epochAuthenticator: secret.epochAuthenticator,
      initSecret: secret.initSecret,
    },
    secretTree: ratchetTree.map(() => NO_RATCHETS),
    ratchetTree,
    privatePath: {
      leafIndex: secret.ownLeaf,
      privateKeys: Object.fromEntries(secret.pathKeys.map(({ node, key }) => [node, key])),
    },
    signaturePrivateKey: secret.signatureKey,
    unappliedProposals: {},
    confirmationTag: known.confirmationTag,
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
  };
}

/** The state with these ratchets; undefined where the own leaf has none. */
export const withRatchets = (state: StatePart, secretTree: SecretTree): StatePart | undefined => {
  const own = secretTree[2 * state.privatePath.leafIndex];
  return own === undefined || own === NO_RATCHETS ? undefined : { ...state, secretTree };
};

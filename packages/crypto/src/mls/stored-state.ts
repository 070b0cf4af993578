/**
 * A group as bytes, and the list of everything secret in it. Spec: spec/mls.md, "Stored state". Two arrays: a message
 * moves one ratchet of one member, and rewrites nothing that stays as it is until the next Commit.
 */
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
  struct,
  type Result,
} from "@sotto/protocol";
import type { GroupState, LoadFailure } from "./engine.ts";
import {
  epochSecretFields,
  epochSecretsToFields,
  fieldsToRatchet,
  fieldsToState,
  hashTree,
  LEAVES_MAX,
  NO_RATCHETS,
  publicFields,
  publicToFields,
  ratchet,
  ratchetToFields,
  secretBytes,
  withRatchets,
  type StatePart,
} from "./stored-parts.ts";
import { decodeStateV1, encodeSecretsV1 } from "./stored-state-v1.ts";

export type { StatePart } from "./stored-parts.ts";

const VERSION = 2;

const treeHalf = struct({
  version: constant(VERSION, "tree version 2"),
  ...publicFields,
  ...epochSecretFields,
  /** Of each member in the order of leaves: its handshake ratchet, which only a Commit moves, and that ends it. */
  handshakes: list(LEAVES_MAX, secretBytes),
});

const secretHalf = struct({
  version: constant(VERSION, "secrets version 2"),
  treeHash: fixed(32),
  /** Of each member in the order of leaves. */
  applications: list(LEAVES_MAX, ratchet),
});

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

/** The half that only a Commit changes: made when it is first asked for, and shared by all states of the epoch. */
export class TreeHalf {
  readonly #make: () => Uint8Array;
  #bytes: Uint8Array | undefined;
  #hash: Uint8Array | undefined;
  private constructor(make: () => Uint8Array) {
    this.#make = make;
  }
  /** Of the epoch that this state begins. */
  static of(suite: number, state: StatePart): TreeHalf {
    // Not the state as a whole: its application ratchets go on, and their keys must not be held here.
    const secretTree = state.secretTree.map((node) =>
      node === NO_RATCHETS ? node : { ...node, application: NO_RATCHETS.application },
    );
    const epoch = { ...state, secretTree };
    return new TreeHalf(() => encodeTree(suite, epoch));
  }
  /** As it was stored: in another version, it stays what it is. */
  static stored(bytes: Uint8Array): TreeHalf {
    return new TreeHalf(() => bytes);
  }
  get bytes(): Uint8Array {
    return (this.#bytes ??= this.#make());
  }
  get hash(): Uint8Array {
    return (this.#hash ??= hashTree(this.bytes));
  }
}

const memberRatchets = (state: StatePart): StatePart["secretTree"] =>
  state.secretTree.filter((node) => node !== NO_RATCHETS);

const encodeTree = (suite: number, state: StatePart): Uint8Array =>
  encode(treeHalf, {
    version: VERSION,
    ...publicToFields(suite, state),
    ...epochSecretsToFields(state),
    handshakes: memberRatchets(state).map(({ handshake }) => {
      assert(handshake.generation === 0, "a handshake ratchet ends with the epoch that moves it");
      return handshake.secret;
    }),
  });

export function encodeSecrets(half: TreeHalf, state: StatePart): Uint8Array {
  if (half.bytes[0] === 1) return encodeSecretsV1(half.hash, state);
  return encode(secretHalf, {
    version: VERSION,
    treeHash: half.hash,
    applications: memberRatchets(state).map(({ application }) => ratchetToFields(application)),
  });
}

/** The state owns copies: wiping it leaves the caller's arrays alone. */
export function decodeState(
  suite: number,
  stored: GroupState,
): Result<{ readonly state: StatePart; readonly half: TreeHalf }, LoadFailure> {
  const version = Math.max(stored.tree[0] ?? 0, stored.secrets[0] ?? 0);
  if (version > VERSION) return err("newer");
  const own = { tree: stored.tree.slice(), secrets: stored.secrets.slice() };
  const state = version === 1 ? decodeStateV1(suite, own) : decodeStateV2(suite, own);
  return state === undefined ? err("damaged") : ok({ state, half: TreeHalf.stored(stored.tree.slice()) });
}

function decodeStateV2(suite: number, stored: GroupState): StatePart | undefined {
  const tree = decode(treeHalf, stored.tree);
  const secrets = decode(secretHalf, stored.secrets);
  if (!tree.ok || !secrets.ok || tree.value.suite !== suite) return undefined;
  if (!equalBytes(secrets.value.treeHash, hashTree(stored.tree))) return undefined;
  const state = fieldsToState(tree.value, tree.value);
  if (state === undefined) return undefined;
  const { handshakes } = tree.value;
  const { applications } = secrets.value;
  const members = [...state.ratchetTree.keys()].filter(
    (node) => state.ratchetTree[node]?.nodeType === "leaf",
  );
  if (members.length !== handshakes.length || members.length !== applications.length) return undefined;
  const secretTree = [...state.secretTree];
  for (const [place, node] of members.entries()) {
    const [handshake, application] = [handshakes[place], applications[place]];
    if (handshake === undefined || application === undefined) return undefined;
    secretTree[node] = {
      application: fieldsToRatchet(application),
      handshake: { secret: handshake, generation: 0, unusedGenerations: {} },
    };
  }
  return withRatchets(state, secretTree);
}

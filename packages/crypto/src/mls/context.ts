/** What the operations of the ts-mls engine share: the suite, the ports, the group handle and the configuration. */
import { assert, type Clock, type RandomBytes } from "@sotto/protocol";
import {
  defaultKeyPackageEqualityConfig,
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type Credential,
  type LeafNode,
  type RatchetTree,
} from "ts-mls";
import { SUITE_NUMBER } from "./cipher-suite.ts";
import type { Authenticate, Group, Member, Suite } from "./engine.ts";
import { secretsOf, settle, TreeHalf, type StatePart } from "./stored-state.ts";

export type Ports = {
  readonly suite: Suite;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
};

export type Context = Ports & { readonly cipherSuite: CiphersuiteImpl };

/** Skipped messages of one sender in one epoch whose keys are kept. */
export const KEPT_GENERATIONS_MAX = 256;
/** How far ahead one message may move a sender's ratchet. */
export const FORWARD_GENERATIONS_MAX = 4096;

export class TsMlsGroup implements Group {
  readonly state: StatePart;
  readonly treeHalf: TreeHalf;
  constructor(state: StatePart, treeHalf: TreeHalf) {
    this.state = state;
    this.treeHalf = treeHalf;
  }
  get id(): Uint8Array {
    return this.state.groupContext.groupId;
  }
  get epoch(): number {
    return Number(this.state.groupContext.epoch);
  }
  get ownLeaf(): number {
    return this.state.privatePath.leafIndex;
  }
  members(): readonly Member[] {
    return membersOf(this.state.ratchetTree);
  }
}

/** A group at the beginning of an epoch, which keeps of `state` only what an epoch may. */
export function beginEpoch({ suite }: Context, state: StatePart): TsMlsGroup {
  const settled = settle(state);
  return new TsMlsGroup(settled, TreeHalf.of(SUITE_NUMBER[suite], settled));
}

export function groupOf(group: Group): TsMlsGroup {
  assert(group instanceof TsMlsGroup, "a group goes back to the kind of engine that made it");
  return group;
}

/** A KeyPackage or Commit can carry another type of Credential: it has no bytes that would authenticate. */
const credentialBytes = (credential: Credential): Uint8Array =>
  credential.credentialType === "basic" ? credential.identity : new Uint8Array();

const leafToMember = (leaf: number, node: LeafNode): Member => ({
  leaf,
  credential: credentialBytes(node.credential),
  signatureKey: node.signaturePublicKey,
});

export function memberAt(tree: RatchetTree, leaf: number): Member | undefined {
  const node = tree[2 * leaf];
  return node?.nodeType === "leaf" ? leafToMember(leaf, node.leaf) : undefined;
}

export const membersOf = (tree: RatchetTree): Member[] =>
  tree.flatMap((node, index) => (node?.nodeType === "leaf" ? [leafToMember(index / 2, node.leaf)] : []));

/**
 * One operation's questions to the Authentication Service. ts-mls tells "no" only by throwing whatever it throws,
 * and would take a fault of the service for a fault of the peer: both are kept here.
 */
export class Questions {
  readonly #authenticate: Authenticate;
  #fault: { readonly thrown: unknown } | undefined;
  wasRefused = false;
  constructor(authenticate: Authenticate) {
    this.#authenticate = authenticate;
  }
  async ask(credential: Credential, signatureKey: Uint8Array): Promise<boolean> {
    try {
      const isGenuine =
        credential.credentialType === "basic" &&
        (await this.#authenticate(credential.identity, signatureKey));
      this.wasRefused ||= !isGenuine;
      return isGenuine;
    } catch (thrown) {
      this.#fault = { thrown };
      return false;
    }
  }
  rethrowFault(): void {
    if (this.#fault) throw this.#fault.thrown;
  }
}

/** Asked one after the other: who is not genuine is noted in `questions`. */
export async function areGenuine(members: readonly Member[], questions: Questions): Promise<boolean> {
  for (const { credential, signatureKey } of members)
    if (!(await questions.ask({ credentialType: "basic", identity: credential }, signatureKey))) return false;
  return true;
}

export const configFor = (questions: Questions): ClientConfig => ({
  keyRetentionConfig: {
    retainKeysForGenerations: KEPT_GENERATIONS_MAX,
    maximumForwardRatchetSteps: FORWARD_GENERATIONS_MAX,
    // ts-mls takes 0 for "all"; `settle` drops even the one.
    retainKeysForEpochs: 1,
  },
  // Only who adds a KeyPackage judges its lifetime: members whose clocks differ would not agree on the epoch.
  lifetimeConfig: { maximumTotalLifetime: 0n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  // Bodies are padded to buckets where they are wrapped for the channel.
  paddingConfig: { kind: "padUntilLength", padUntilLength: 0 },
  authService: { validateCredential: (credential, key) => questions.ask(credential, key) },
});

export const withConfig = (state: StatePart, questions: Questions): ClientState => ({
  ...state,
  clientConfig: configFor(questions),
});

/** Zeroes what `before` holds and `after` does not, and keys that were derived on the way. */
export function wiper(
  before: StatePart,
  after: StatePart | undefined,
  consumed: readonly Uint8Array[],
): () => void {
  return () => {
    const kept = new Set(after === undefined ? [] : secretsOf(after));
    for (const bytes of [...consumed, ...secretsOf(before)]) if (!kept.has(bytes)) bytes.fill(0);
  };
}

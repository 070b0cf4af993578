/**
 * MlsEngine on ts-mls 1.6.4, and everything that library leaves to its caller: exact decoding, the sender,
 * authentication, the limits of the ratchets, what a state may keep. Spec: spec/mls.md.
 */
import { assert, equalBytes, err, ok, Secret, unreachable, type Result } from "@sotto/protocol";
import {
  createApplicationMessage,
  createCommit,
  createGroup,
  emptyPskIndex,
  encodeMlsMessage,
  mlsExporter,
  type CreateCommitResult,
  type Proposal,
  type Welcome,
} from "ts-mls";
import * as clientState from "ts-mls/clientState.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { createCipherSuite, isSupported, SUITE_NUMBER } from "./cipher-suite.ts";
import {
  beginEpoch,
  configFor,
  groupOf,
  memberAt,
  Questions,
  TsMlsGroup,
  wiper,
  withConfig,
  type Context,
  type Ports,
} from "./context.ts";
import type {
  Change,
  Committed,
  AddFailure,
  DeviceSigner,
  Group,
  GroupState,
  JoinFailure,
  Lifetime,
  LoadFailure,
  MlsEngine,
  NewKeyPackage,
  Opened,
  OpenFailure,
  Sealed,
  Suite,
} from "./engine.ts";
import { messageOf } from "./exact.ts";
import { joinWith } from "./joining.ts";
import { createKeyPackage, generatePair, vetKeyPackage, wipeKeyPackage } from "./key-packages.ts";
import { openMessage } from "./opening.ts";
import { decodeStoredKeyPackage } from "./stored-key-package.ts";
import { decodeState, encodeSecrets, type StatePart } from "./stored-state.ts";

/** `cryptoUnsupported`: this runtime's WebCrypto lacks what the suite needs, as on an insecure origin. */
export async function createTsMlsEngine(ports: Ports): Promise<Result<MlsEngine, "cryptoUnsupported">> {
  assert(clientState.sottoTreePatch === 1, "ts-mls carries our patch: without it one join in twelve fails");
  const cipherSuite = await createCipherSuite(ports.suite, ports.randomBytes);
  if (!(await isSupported(cipherSuite))) return err("cryptoUnsupported");
  return ok(new TsMlsEngine({ ...ports, cipherSuite }));
}

class TsMlsEngine implements MlsEngine {
  readonly #context: Context;
  constructor(context: Context) {
    this.#context = context;
  }

  get suite(): Suite {
    return this.#context.suite;
  }

  createKeyPackage(device: DeviceSigner, lifetime: Lifetime): Promise<NewKeyPackage> {
    return createKeyPackage(this.#context, device, lifetime);
  }

  async createGroup(groupId: Uint8Array, device: DeviceSigner): Promise<Group> {
    const { publicPackage, privatePackage } = await generatePair(this.#context, device);
    const config = configFor(new Questions(this.#context.authenticate));
    const { cipherSuite } = this.#context;
    const state = await createGroup(groupId.slice(), publicPackage, privatePackage, [], cipherSuite, config);
    return beginEpoch(this.#context, state);
  }

  save(group: Group): GroupState {
    const { state, treeHalf } = groupOf(group);
    return { tree: treeHalf.bytes, secrets: encodeSecrets(treeHalf, state) };
  }

  load(stored: GroupState): Result<Group, LoadFailure> {
    const decoded = decodeState(SUITE_NUMBER[this.suite], stored);
    return decoded.ok ? ok(new TsMlsGroup(decoded.value.state, decoded.value.half)) : decoded;
  }

  async commit(group: Group, change: Change): Promise<Result<Committed, AddFailure>> {
    const { state } = groupOf(group);
    const proposals = await this.#proposalsFor(groupOf(group), change);
    if (!proposals.ok) return proposals;
    const made = await this.#createCommit(state, proposals.value);
    // ts-mls asks the system's clock about lifetimes too, which may disagree with the clock given to us.
    if (made === undefined) return err({ index: 0, reason: "expired" });
    const next = beginEpoch(this.#context, made.newState);
    return ok({
      commit: encodeMlsMessage(made.commit),
      welcome: made.welcome && encodeWelcome(made.welcome),
      next,
      wipe: wiper(state, next.state, made.consumed),
    });
  }

  async #createCommit(state: StatePart, extraProposals: Proposal[]): Promise<CreateCommitResult | undefined> {
    const questions = new Questions(this.#context.authenticate);
    try {
      return await createCommit(
        {
          state: withConfig(state, questions),
          cipherSuite: this.#context.cipherSuite,
          pskIndex: emptyPskIndex,
        },
        { extraProposals, ratchetTreeExtension: true, wireAsPublicMessage: false },
      );
    } catch (error) {
      questions.rethrowFault();
      if (extraProposals.some((one) => one.proposalType === "add")) return undefined;
      throw error;
    }
  }

  async #proposalsFor(group: TsMlsGroup, change: Change): Promise<Result<Proposal[], AddFailure>> {
    switch (change.kind) {
      case "update":
        return ok([]);
      case "remove":
        return ok(change.leaves.map((leaf) => removal(group, leaf)));
      case "add":
        return this.#additions(group, change.keyPackages);
      default:
        return unreachable(change);
    }
  }

  async #additions(
    group: TsMlsGroup,
    keyPackages: readonly Uint8Array[],
  ): Promise<Result<Proposal[], AddFailure>> {
    assert(keyPackages.length > 0, "a Commit that adds adds somebody");
    const proposals: Proposal[] = [];
    for (const [index, bytes] of keyPackages.entries()) {
      const vetted = await vetKeyPackage(this.#context, group.state, bytes);
      if (!vetted.ok) return err({ index, reason: vetted.error });
      const key = vetted.value.leafNode.signaturePublicKey;
      const isRepeated = proposals.some(
        (one) =>
          one.proposalType === "add" && equalBytes(one.add.keyPackage.leafNode.signaturePublicKey, key),
      );
      if (isRepeated) return err({ index, reason: "alreadyMember" });
      proposals.push({ proposalType: "add", add: { keyPackage: vetted.value } });
    }
    return ok(proposals);
  }

  async seal(group: Group, plaintext: Uint8Array): Promise<Sealed> {
    const { state, treeHalf } = groupOf(group);
    const questions = new Questions(this.#context.authenticate);
    const made = await createApplicationMessage(
      withConfig(state, questions),
      plaintext,
      this.#context.cipherSuite,
    );
    const next = { ...state, secretTree: made.newState.secretTree };
    return {
      message: encodeMlsMessage({
        version: "mls10",
        wireformat: "mls_private_message",
        privateMessage: made.privateMessage,
      }),
      next: new TsMlsGroup(next, treeHalf),
      wipe: wiper(state, next, made.consumed),
    };
  }

  open(group: Group, message: Uint8Array): Promise<Result<Opened, OpenFailure>> {
    return openMessage(this.#context, groupOf(group), message);
  }

  async join(
    welcomeBytes: Uint8Array,
    stored: readonly Uint8Array[],
  ): Promise<Result<{ readonly group: Group; readonly used: Uint8Array }, JoinFailure>> {
    const message = messageOf(welcomeBytes);
    if (message?.wireformat !== "mls_welcome" || message.version !== "mls10") return err("malformed");
    const { welcome } = message;
    for (const bytes of stored) {
      const candidate = decodeStoredKeyPackage(SUITE_NUMBER[this.suite], bytes);
      if (candidate === undefined) return err("unreadableKeyPackage");
      const used = await makeKeyPackageRef(candidate.publicPackage, this.#context.cipherSuite.hash);
      if (welcome.secrets.some((one) => equalBytes(one.newMember, used))) {
        const joined = await joinWith(this.#context, welcome, candidate);
        return joined.ok ? ok({ group: joined.value, used }) : joined;
      }
      wipeKeyPackage(candidate.privatePackage);
    }
    return err("notForUs");
  }

  async exportSecret(group: Group, label: string, context: Uint8Array, length: number): Promise<Secret> {
    const { exporterSecret } = groupOf(group).state.keySchedule;
    return new Secret(await mlsExporter(exporterSecret, label, context, length, this.#context.cipherSuite));
  }

  epochAuthenticator(group: Group): Uint8Array {
    return groupOf(group).state.keySchedule.epochAuthenticator.slice();
  }
}

function removal(group: TsMlsGroup, leaf: number): Proposal {
  const isOther = leaf !== group.ownLeaf && memberAt(group.state.ratchetTree, leaf) !== undefined;
  assert(isOther, "a Commit removes other members of the group");
  return { proposalType: "remove", remove: { removed: leaf } };
}

const encodeWelcome = (welcome: Welcome): Uint8Array =>
  encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome });

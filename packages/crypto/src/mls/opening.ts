/** Opening a PrivateMessage: who sent it, whether it may be, what the group is afterwards. RFC 9420 section 12.4. */
import { equalBytes, err, ok, unreachable, type Result } from "@sotto/protocol";
import {
  emptyPskIndex,
  processPrivateMessage,
  type ClientState,
  type GenerationSecret,
  type IncomingMessageCallback,
  type PrivateMessage,
  type ProposalWithSender,
  type RatchetTree,
} from "ts-mls";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import {
  beginEpoch,
  configFor,
  FORWARD_GENERATIONS_MAX,
  memberAt,
  Questions,
  TsMlsGroup,
  wiper,
  withConfig,
  type Context,
} from "./context.ts";
import type { Member, Opened, OpenFailure } from "./engine.ts";
import { messageOf } from "./exact.ts";
import { hasOnlyHpkeKeys } from "./hpke-keys.ts";

type Opening = Promise<Result<Opened, OpenFailure>>;

export async function openMessage(context: Context, group: TsMlsGroup, bytes: Uint8Array): Opening {
  const message = messageOf(bytes);
  if (message === undefined) return err("malformed");
  if (message.wireformat !== "mls_private_message") return err("forbidden");
  const { privateMessage } = message;
  const placed = placeOf(group, privateMessage);
  if (placed !== "here") return err(placed);
  const sender = await senderOf(context, group, privateMessage);
  if (!sender.ok) return sender;
  switch (privateMessage.contentType) {
    case "application":
      return openApplication(context, group, privateMessage, sender.value);
    case "commit":
      return openCommit(context, group, privateMessage, sender.value);
    case "proposal":
      return err("forbidden");
    default:
      return unreachable(privateMessage.contentType);
  }
}

function placeOf(group: TsMlsGroup, message: PrivateMessage): "here" | OpenFailure {
  if (!equalBytes(message.groupId, group.id)) return "otherGroup";
  const { epoch } = group.state.groupContext;
  if (message.epoch < epoch) return "pastEpoch";
  return message.epoch > epoch ? "futureEpoch" : "here";
}

/** ts-mls does not tell the sender of a message, and has one error for a repeat, a gap and a forgery. */
async function senderOf(
  context: Context,
  group: TsMlsGroup,
  message: PrivateMessage,
): Promise<Result<Member, OpenFailure>> {
  const { ratchetTree, secretTree, keySchedule } = group.state;
  const data = await refusedIfThrown(() =>
    decryptSenderData(message, keySchedule.senderDataSecret, context.cipherSuite),
  );
  const member = data && memberAt(ratchetTree, data.leafIndex);
  const ratchets = member && secretTree[2 * member.leaf];
  if (data === undefined || member === undefined || ratchets === undefined) return err("refused");
  if (member.leaf === group.ownLeaf) return err("own");
  const ratchet = message.contentType === "application" ? ratchets.application : ratchets.handshake;
  if (wasUsed(ratchet, data.generation)) return err("replayed");
  return data.generation - ratchet.generation > FORWARD_GENERATIONS_MAX ? err("tooFarAhead") : ok(member);
}

const wasUsed = (ratchet: GenerationSecret, generation: number): boolean =>
  generation < ratchet.generation && ratchet.unusedGenerations[generation] === undefined;

async function openApplication(
  context: Context,
  group: TsMlsGroup,
  message: PrivateMessage,
  sender: Member,
): Opening {
  const { state } = group;
  const opened = await refusedIfThrown(() =>
    unprotectPrivateMessage(
      state.keySchedule.senderDataSecret,
      message,
      state.secretTree,
      state.ratchetTree,
      state.groupContext,
      configFor(new Questions(context.authenticate)).keyRetentionConfig,
      context.cipherSuite,
    ),
  );
  const content = opened?.content.content;
  if (opened === undefined || content?.contentType !== "application") return err("refused");
  const next = { ...state, secretTree: opened.tree };
  return ok({
    kind: "application",
    sender,
    plaintext: content.applicationData,
    next: new TsMlsGroup(next, group.treeHalf),
    wipe: wiper(state, next, opened.consumed),
  });
}

async function openCommit(
  context: Context,
  group: TsMlsGroup,
  message: PrivateMessage,
  sender: Member,
): Opening {
  const questions = new Questions(context.authenticate);
  let isAllowed = true;
  const judge: IncomingMessageCallback = (incoming) => {
    isAllowed = incoming.kind === "commit" && isOneChange(incoming.proposals, sender.leaf);
    return isAllowed ? "accept" : "reject";
  };
  const processed = await refusedIfThrown(() =>
    processPrivateMessage(
      withConfig(group.state, questions),
      message,
      emptyPskIndex,
      context.cipherSuite,
      judge,
    ),
  );
  questions.rethrowFault();
  if (questions.wasRefused) return err("unauthenticated");
  if (!isAllowed) return err("forbidden");
  if (processed === undefined || processed.kind !== "newState") return err("refused");
  if (processed.newState.groupActiveState.kind === "removedFromGroup") {
    return ok({ kind: "removed", sender, wipe: wiper(group.state, undefined, processed.consumed) });
  }
  const { ratchetTree } = processed.newState;
  if (!isSameMember(sender, memberAt(ratchetTree, sender.leaf))) return err("forbidden");
  return hasOnlyHpkeKeys(context.suite, ratchetTree, group.state.ratchetTree)
    ? ok(advance(context, group, sender, processed.newState, processed.consumed))
    : err("refused");
}

/** By value, and one kind only: what `Change` can say and nothing else. */
function isOneChange(proposals: readonly ProposalWithSender[], committer: number): boolean {
  const kinds = new Set(proposals.map((one) => one.proposal.proposalType));
  const isOurs = [...kinds].every((kind) => kind === "add" || kind === "remove");
  return isOurs && kinds.size <= 1 && proposals.every((one) => one.senderLeafIndex === committer);
}

const isSameMember = (before: Member, after: Member | undefined): boolean =>
  after !== undefined &&
  equalBytes(before.credential, after.credential) &&
  equalBytes(before.signatureKey, after.signatureKey);

function advance(
  context: Context,
  group: TsMlsGroup,
  sender: Member,
  newState: ClientState,
  consumed: readonly Uint8Array[],
): Opened {
  const next = beginEpoch(context, newState);
  return {
    kind: "commit",
    sender,
    added: notIn(group.state.ratchetTree, next.members()),
    removed: notIn(next.state.ratchetTree, group.members()),
    next,
    wipe: wiper(group.state, next.state, consumed),
  };
}

/** A member keeps its leaf for as long as it is one. */
const notIn = (tree: RatchetTree, members: readonly Member[]): Member[] =>
  members.filter((one) => !isSameMember(one, memberAt(tree, one.leaf)));

/** Whatever ts-mls throws at a peer's bytes means that they are refused. */
async function refusedIfThrown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

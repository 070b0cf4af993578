/**
 * Joining by a Welcome, RFC 9420 section 12.4.3.1, from the parts of ts-mls: its joinGroup leaves no room between its
 * steps, and checks a tree in a time that grows with the square of its leaves. Spec: spec/mls.md, MG24;
 * docs/decisions/0017-groups-of-250-devices.md.
 */
import { equalBytes, err, ok, type Result } from "@sotto/protocol";
import type { CiphersuiteImpl, PrivateKeyPackage, RatchetTree, Welcome } from "ts-mls";
import { deriveSecret } from "ts-mls/crypto/kdf.js";
import {
  decodeGroupInfo,
  extractWelcomeSecret,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
  type GroupInfo,
} from "ts-mls/groupInfo.js";
import type { GroupSecrets } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { pathToRoot } from "ts-mls/pathSecrets.js";
import { mergePrivateKeyPaths, toPrivateKeyPath, type PrivateKeyPath } from "ts-mls/privateKeyPath.js";
import { findLeafIndex, getHpkePublicKey } from "ts-mls/ratchetTree.js";
import { createSecretTree } from "ts-mls/secretTree.js";
import { leafWidth, toLeafIndex, type LeafIndex } from "ts-mls/treemath.js";
import { firstCommonAncestor } from "ts-mls/updatePath.js";
import { decryptGroupSecrets, welcomeKey, welcomeNonce } from "ts-mls/welcome.js";
import {
  areGenuine,
  beginEpoch,
  memberAt,
  membersOf,
  Questions,
  type Context,
  type TsMlsGroup,
} from "./context.ts";
import type { JoinFailure } from "./engine.ts";
import { exactly } from "./exact.ts";
import { isSoundTree, ratchetTreeOf } from "./received-trees.ts";
import type { StoredKeyPackage } from "./stored-key-package.ts";

/** The Welcome names this KeyPackage, whose init key is zeroed whatever comes of it. */
export async function joinWith(
  context: Context,
  welcome: Welcome,
  candidate: StoredKeyPackage,
): Promise<Result<TsMlsGroup, JoinFailure>> {
  const questions = new Questions(context.authenticate);
  let group: TsMlsGroup | undefined;
  try {
    group = await joined(context, welcome, candidate, questions);
  } catch {
    // Whatever ts-mls throws at a peer's bytes means that they are refused.
  } finally {
    candidate.privatePackage.initPrivateKey.fill(0);
  }
  questions.rethrowFault();
  if (questions.wasRefused) return err("unauthenticated");
  return group === undefined ? err("refused") : ok(group);
}

async function joined(
  context: Context,
  welcome: Welcome,
  { publicPackage, privatePackage }: StoredKeyPackage,
  questions: Questions,
): Promise<TsMlsGroup | undefined> {
  const { cipherSuite } = context;
  const initKey = await cipherSuite.hpke.importPrivateKey(privatePackage.initPrivateKey);
  const reference = await makeKeyPackageRef(publicPackage, cipherSuite.hash);
  const secrets = await decryptGroupSecrets(initKey, reference, welcome, cipherSuite.hpke);
  if (secrets === undefined || secrets.psks.length > 0) return undefined;
  const { joinerSecret } = secrets;
  // This project uses no PSKs: RFC 9420 section 8.4 puts zeroes in their place.
  const noPsk = new Uint8Array(cipherSuite.kdf.size);
  const info = await groupInfoOf(welcome, joinerSecret, noPsk, cipherSuite);
  const tree = info && ratchetTreeOf(info);
  if (info === undefined || tree === undefined) return undefined;
  const { groupContext, confirmationTag } = info;
  if (!(await isSignedByMember(info, tree, cipherSuite))) return undefined;
  if (!(await isSoundTree(context, tree, groupContext))) return undefined;
  if (!(await verifyGroupInfoConfirmationTag(info, joinerSecret, noPsk, cipherSuite))) return undefined;
  if (!(await areGenuine(membersOf(tree), questions))) return undefined;
  const leaf = findLeafIndex(tree, publicPackage.leafNode);
  if (leaf === undefined) return undefined;
  const privatePath = await privatePathOf(tree, leaf, info, secrets, privatePackage, cipherSuite);
  if (privatePath === undefined) return undefined;
  const { kdf } = cipherSuite;
  const [keySchedule, encryptionSecret] = await deriveKeySchedule(joinerSecret, noPsk, groupContext, kdf);
  const secretTree = await createSecretTree(leafWidth(tree.length), encryptionSecret, kdf);
  encryptionSecret.fill(0);
  joinerSecret.fill(0);
  return beginEpoch(context, {
    groupContext,
    confirmationTag,
    ratchetTree: tree,
    keySchedule,
    secretTree,
    privatePath,
    signaturePrivateKey: privatePackage.signaturePrivateKey,
    unappliedProposals: {},
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
  });
}

async function groupInfoOf(
  { encryptedGroupInfo }: Welcome,
  joinerSecret: Uint8Array,
  psk: Uint8Array,
  cipherSuite: CiphersuiteImpl,
): Promise<GroupInfo | undefined> {
  const secret = await extractWelcomeSecret(joinerSecret, psk, cipherSuite.kdf);
  const key = await welcomeKey(secret, cipherSuite);
  const nonce = await welcomeNonce(secret, cipherSuite);
  return exactly(
    decodeGroupInfo,
    await cipherSuite.hpke.decryptAead(key, nonce, undefined, encryptedGroupInfo),
  );
}

/** Of our suite and without extensions, too: no member is asked to support what it does not know. */
async function isSignedByMember(
  info: GroupInfo,
  tree: RatchetTree,
  cipherSuite: CiphersuiteImpl,
): Promise<boolean> {
  const { version, cipherSuite: suite, extensions } = info.groupContext;
  const signer = memberAt(tree, info.signer);
  return (
    version === "mls10" &&
    suite === cipherSuite.name &&
    extensions.length === 0 &&
    signer !== undefined &&
    (await verifyGroupInfoSignature(info, signer.signatureKey, cipherSuite.signature))
  );
}

/** The joiner's own leaf key and, where the Commit had a path, the keys of what it shares with the committer. */
async function privatePathOf(
  tree: RatchetTree,
  leaf: LeafIndex,
  { signer }: GroupInfo,
  { pathSecret }: GroupSecrets,
  { hpkePrivateKey }: PrivateKeyPackage,
  cipherSuite: CiphersuiteImpl,
): Promise<PrivateKeyPath | undefined> {
  const own = { leafIndex: leaf, privateKeys: { [2 * leaf]: hpkePrivateKey } };
  if (pathSecret === undefined) return own;
  const shared = firstCommonAncestor(tree, leaf, toLeafIndex(signer));
  const secrets = await pathToRoot(tree, shared, pathSecret, cipherSuite.kdf);
  if (!(await arePathSecretsOf(tree, secrets, cipherSuite))) return undefined;
  return mergePrivateKeyPaths(await toPrivateKeyPath(secrets, leaf, cipherSuite), own);
}

/** Whether each is of the public key that its node shows. ts-mls takes any, and fails at a later Commit. */
async function arePathSecretsOf(
  tree: RatchetTree,
  secrets: Readonly<Record<number, Uint8Array>>,
  { hpke, kdf }: CiphersuiteImpl,
): Promise<boolean> {
  for (const [index, secret] of Object.entries(secrets)) {
    const node = tree[Number(index)];
    if (node === undefined) return false;
    const { publicKey } = await hpke.deriveKeyPair(await deriveSecret(secret, "node", kdf));
    if (!equalBytes(await hpke.exportPublicKey(publicKey), getHpkePublicKey(node))) return false;
  }
  return true;
}

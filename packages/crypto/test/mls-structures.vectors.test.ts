import assert from "node:assert/strict";
import {
  decodeMlsMessage,
  encodeMlsMessage,
  mlsExporter,
  type CiphersuiteImpl,
  type MLSMessage,
  type RatchetTree,
} from "ts-mls";
import { decodeAuthenticatedContent } from "ts-mls/authenticatedContent.js";
import { determineLength } from "ts-mls/codec/variableLength.js";
import { decodeCommit, encodeCommit } from "ts-mls/commit.js";
import { applyUpdatePathSecret } from "ts-mls/createCommit.js";
import { refhash } from "ts-mls/crypto/hash.js";
import { decryptWithLabel, encryptWithLabel } from "ts-mls/crypto/hpke.js";
import { deriveSecret, deriveTreeSecret, expandWithLabel } from "ts-mls/crypto/kdf.js";
import { signWithLabel, verifyWithLabel } from "ts-mls/crypto/signature.js";
import { verifyConfirmationTag } from "ts-mls/framedContent.js";
import { encodeGroupContext } from "ts-mls/groupContext.js";
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import { decodeGroupSecrets, encodeGroupSecrets } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { initializeEpoch } from "ts-mls/keySchedule.js";
import { verifyLeafNodeSignature, verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { verifyParentHashes } from "ts-mls/parentHash.js";
import { pathToRoot } from "ts-mls/pathSecrets.js";
import { mergePrivateKeyPaths, toPrivateKeyPath } from "ts-mls/privateKeyPath.js";
import {
  decodeAdd,
  decodeExternalInit,
  decodeGroupContextExtensions,
  decodeProposal,
  decodePSK,
  decodeReinit,
  decodeRemove,
  decodeUpdate,
  encodeAdd,
  encodeExternalInit,
  encodeGroupContextExtensions,
  encodeProposal,
  encodePSK,
  encodeReinit,
  encodeRemove,
  encodeUpdate,
} from "ts-mls/proposal.js";
import { computePskSecret } from "ts-mls/presharedkey.js";
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  removeLeafNode,
  resolution,
  updateLeafNode,
} from "ts-mls/ratchetTree.js";
import { createSecretTree, deriveKey, deriveNonce, ratchetUntil } from "ts-mls/secretTree.js";
import { expandSenderDataKey, expandSenderDataNonce } from "ts-mls/sender.js";
import { createConfirmedHash, createInterimHash } from "ts-mls/transcriptHash.js";
import { treeHash, treeHashRoot } from "ts-mls/treeHash.js";
import { left, nodeWidth, parent, right, root, sibling, toLeafIndex, toNodeIndex } from "ts-mls/treemath.js";
import { applyUpdatePath, decodeUpdatePath } from "ts-mls/updatePath.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { TreeHashes } from "../src/mls/tree-hashes.ts";
import { contextOf, decoded, hex, isHex, testSuiteVectors, testVectors } from "./mls-vectors.ts";

/** Suites whose curves are quick here: the others would take a minute and say nothing of ours. */
const FAST = [1, 2];

const retention = {
  retainKeysForGenerations: 1000,
  retainKeysForEpochs: 4,
  maximumForwardRatchetSteps: 5000,
};

testVectors<{ vlbytes_header: string; length: number }>("deserialization.json", (one) => {
  assert.equal(determineLength(hex(one.vlbytes_header)).length, one.length);
});

type TreeMath = {
  n_leaves: number;
  n_nodes: number;
  root: number;
  left: (number | null)[];
  right: (number | null)[];
  parent: (number | null)[];
  sibling: (number | null)[];
};
testVectors<TreeMath>("tree-math.json", (one) => {
  assert.equal(nodeWidth(one.n_leaves), one.n_nodes);
  assert.equal(root(one.n_leaves), one.root);
  for (let node = 0; node < one.n_nodes; node++) {
    const index = toNodeIndex(node);
    if (typeof one.left[node] === "number") assert.equal(left(index), one.left[node]);
    if (typeof one.right[node] === "number") assert.equal(right(index), one.right[node]);
    if (typeof one.parent[node] === "number") assert.equal(parent(index, one.n_leaves), one.parent[node]);
    if (typeof one.sibling[node] === "number") assert.equal(sibling(index, one.n_leaves), one.sibling[node]);
  }
});

type CryptoBasics = {
  cipher_suite: number;
  ref_hash: { label: string; value: string; out: string };
  expand_with_label: { secret: string; label: string; context: string; length: number; out: string };
  derive_secret: { secret: string; label: string; out: string };
  derive_tree_secret: { secret: string; label: string; generation: number; length: number; out: string };
  sign_with_label: { priv: string; pub: string; content: string; label: string; signature: string };
  encrypt_with_label: {
    priv: string;
    pub: string;
    label: string;
    context: string;
    plaintext: string;
    kem_output: string;
    ciphertext: string;
  };
};
testSuiteVectors<CryptoBasics>("crypto-basics.json", async (one, suite) => {
  const { ref_hash, expand_with_label: expand, derive_secret: derive, derive_tree_secret: tree } = one;
  isHex(await refhash(ref_hash.label, hex(ref_hash.value), suite.hash), ref_hash.out);
  const expanded = expandWithLabel(
    hex(expand.secret),
    expand.label,
    hex(expand.context),
    expand.length,
    suite.kdf,
  );
  isHex(await expanded, expand.out);
  isHex(await deriveSecret(hex(derive.secret), derive.label, suite.kdf), derive.out);
  isHex(
    await deriveTreeSecret(hex(tree.secret), tree.label, tree.generation, tree.length, suite.kdf),
    tree.out,
  );
  const { priv, pub, content, label, signature } = one.sign_with_label;
  const verify = (bytes: Uint8Array): Promise<boolean> =>
    verifyWithLabel(hex(pub), label, hex(content), bytes, suite.signature);
  assert.ok(await verify(hex(signature)));
  assert.ok(await verify(await signWithLabel(hex(priv), label, hex(content), suite.signature)));
  const sealed = one.encrypt_with_label;
  const key = await suite.hpke.importPrivateKey(hex(sealed.priv));
  const open = (kem: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array> =>
    decryptWithLabel(key, sealed.label, hex(sealed.context), kem, ciphertext, suite.hpke);
  isHex(await open(hex(sealed.kem_output), hex(sealed.ciphertext)), sealed.plaintext);
  const publicKey = await suite.hpke.importPublicKey(hex(sealed.pub));
  const { enc, ct } = await encryptWithLabel(
    publicKey,
    sealed.label,
    hex(sealed.context),
    hex(sealed.plaintext),
    suite.hpke,
  );
  isHex(await open(enc, ct), sealed.plaintext);
});

type KeyScheduleEpoch = Record<
  | "commit_secret"
  | "confirmation_key"
  | "confirmed_transcript_hash"
  | "encryption_secret"
  | "epoch_authenticator"
  | "exporter_secret"
  | "external_pub"
  | "external_secret"
  | "group_context"
  | "init_secret"
  | "joiner_secret"
  | "membership_key"
  | "psk_secret"
  | "resumption_psk"
  | "sender_data_secret"
  | "tree_hash"
  | "welcome_secret",
  string
> & { exporter: { label: string; context: string; length: number; secret: string } };
type KeyScheduleCase = {
  cipher_suite: number;
  group_id: string;
  initial_init_secret: string;
  epochs: KeyScheduleEpoch[];
};
testSuiteVectors<KeyScheduleCase>("key-schedule.json", async (one, suite) => {
  let initSecret: Uint8Array = hex(one.initial_init_secret);
  for (const [epoch, given] of one.epochs.entries()) {
    const context = contextOf(suite, { ...given, group_id: one.group_id, epoch });
    isHex(encodeGroupContext(context), given.group_context);
    const begun = await initializeEpoch(
      initSecret,
      hex(given.commit_secret),
      context,
      hex(given.psk_secret),
      suite.kdf,
    );
    isHex(begun.joinerSecret, given.joiner_secret);
    isHex(begun.welcomeSecret, given.welcome_secret);
    isHex(begun.encryptionSecret, given.encryption_secret);
    const { keySchedule } = begun;
    isHex(keySchedule.initSecret, given.init_secret);
    isHex(keySchedule.senderDataSecret, given.sender_data_secret);
    isHex(keySchedule.exporterSecret, given.exporter_secret);
    isHex(keySchedule.epochAuthenticator, given.epoch_authenticator);
    isHex(keySchedule.externalSecret, given.external_secret);
    isHex(keySchedule.confirmationKey, given.confirmation_key);
    isHex(keySchedule.membershipKey, given.membership_key);
    isHex(keySchedule.resumptionPsk, given.resumption_psk);
    const external = await suite.hpke.deriveKeyPair(keySchedule.externalSecret);
    isHex(await suite.hpke.exportPublicKey(external.publicKey), given.external_pub);
    const { label, context: exported, length, secret } = given.exporter;
    isHex(await mlsExporter(keySchedule.exporterSecret, label, hex(exported), length, suite), secret);
    initSecret = keySchedule.initSecret;
  }
});

type Protection = Record<
  | "group_id"
  | "tree_hash"
  | "confirmed_transcript_hash"
  | "signature_pub"
  | "encryption_secret"
  | "sender_data_secret"
  | "membership_key"
  | "proposal"
  | "proposal_priv"
  | "proposal_pub"
  | "commit"
  | "commit_priv"
  | "commit_pub"
  | "application"
  | "application_priv",
  string
> & { cipher_suite: number; epoch: number };
testSuiteVectors<Protection>("message-protection.json", async (one, suite) => {
  const context = contextOf(suite, one);
  const key = hex(one.signature_pub);
  const openPrivate = async (bytes: string) => {
    const message = decoded(decodeMlsMessage, bytes);
    assert.equal(message.wireformat, "mls_private_message");
    const tree = await createSecretTree(2, hex(one.encryption_secret), suite.kdf);
    return unprotectPrivateMessage(
      hex(one.sender_data_secret),
      (message as Extract<MLSMessage, { wireformat: "mls_private_message" }>).privateMessage,
      tree,
      [],
      context,
      retention,
      suite,
      key,
    );
  };
  const openPublic = (bytes: string) => {
    const message = decoded(decodeMlsMessage, bytes);
    assert.equal(message.wireformat, "mls_public_message");
    const { publicMessage } = message as Extract<MLSMessage, { wireformat: "mls_public_message" }>;
    return unprotectPublicMessage(hex(one.membership_key), context, [], publicMessage, suite, key);
  };
  const proposals = [(await openPrivate(one.proposal_priv)).content, await openPublic(one.proposal_pub)];
  for (const { content } of proposals) {
    assert.ok(content.contentType === "proposal");
    isHex(encodeProposal(content.proposal), one.proposal);
  }
  const commits = [(await openPrivate(one.commit_priv)).content, await openPublic(one.commit_pub)];
  for (const { content } of commits) {
    assert.ok(content.contentType === "commit");
    isHex(encodeCommit(content.commit), one.commit);
  }
  const { content } = (await openPrivate(one.application_priv)).content;
  assert.ok(content.contentType === "application");
  isHex(content.applicationData, one.application);
});

type SecretTreeCase = {
  cipher_suite: number;
  encryption_secret: string;
  sender_data: { sender_data_secret: string; ciphertext: string; key: string; nonce: string };
  leaves: {
    generation: number;
    handshake_key: string;
    handshake_nonce: string;
    application_key: string;
    application_nonce: string;
  }[][];
};
testSuiteVectors<SecretTreeCase>("secret-tree.json", async (one, suite) => {
  const { sender_data_secret, ciphertext, key, nonce } = one.sender_data;
  isHex(await expandSenderDataKey(suite, hex(sender_data_secret), hex(ciphertext)), key);
  isHex(await expandSenderDataNonce(suite, hex(sender_data_secret), hex(ciphertext)), nonce);
  const tree = await createSecretTree(one.leaves.length, hex(one.encryption_secret), suite.kdf);
  for (const [leaf, generations] of one.leaves.entries()) {
    const ratchets = tree[2 * leaf];
    assert.ok(ratchets);
    for (const given of generations) {
      const [hand] = await ratchetUntil(ratchets.handshake, given.generation, retention, suite.kdf);
      isHex(await deriveKey(hand.secret, given.generation, suite), given.handshake_key);
      isHex(await deriveNonce(hand.secret, given.generation, suite), given.handshake_nonce);
      const [app] = await ratchetUntil(ratchets.application, given.generation, retention, suite.kdf);
      isHex(await deriveKey(app.secret, given.generation, suite), given.application_key);
      isHex(await deriveNonce(app.secret, given.generation, suite), given.application_nonce);
    }
  }
});

type Transcript = {
  cipher_suite: number;
  confirmation_key: string;
  authenticated_content: string;
  interim_transcript_hash_before: string;
  confirmed_transcript_hash_after: string;
  interim_transcript_hash_after: string;
};
testSuiteVectors<Transcript>("transcript-hashes.json", async (one, suite) => {
  const { wireformat, content, auth } = decoded(decodeAuthenticatedContent, one.authenticated_content);
  assert.ok(content.contentType === "commit" && auth.contentType === "commit");
  const before = hex(one.interim_transcript_hash_before);
  const input = { wireformat, content, signature: auth.signature };
  const confirmed = await createConfirmedHash(before, input, suite.hash);
  isHex(confirmed, one.confirmed_transcript_hash_after);
  isHex(
    await createInterimHash(confirmed, auth.confirmationTag, suite.hash),
    one.interim_transcript_hash_after,
  );
  const key = hex(one.confirmation_key);
  assert.ok(await verifyConfirmationTag(key, auth.confirmationTag, confirmed, suite.hash));
});

type PskCase = {
  cipher_suite: number;
  psks: { psk_id: string; psk: string; psk_nonce: string }[];
  psk_secret: string;
};
testSuiteVectors<PskCase>("psk_secret.json", async (one, suite) => {
  const psks = one.psks.map((psk): Parameters<typeof computePskSecret>[0][number] => [
    { psktype: "external", pskId: hex(psk.psk_id), pskNonce: hex(psk.psk_nonce) },
    hex(psk.psk),
  ]);
  isHex(await computePskSecret(psks, suite), one.psk_secret);
});

type WelcomeCase = {
  cipher_suite: number;
  init_priv: string;
  key_package: string;
  signer_pub: string;
  welcome: string;
};
testSuiteVectors<WelcomeCase>("welcome.json", async (one, suite) => {
  const keyPackage = decoded(decodeMlsMessage, one.key_package);
  const message = decoded(decodeMlsMessage, one.welcome);
  assert.ok(keyPackage.wireformat === "mls_key_package" && message.wireformat === "mls_welcome");
  const { welcome } = message;
  const reference = await makeKeyPackageRef(keyPackage.keyPackage, suite.hash);
  const key = await suite.hpke.importPrivateKey(hex(one.init_priv));
  const secrets = await decryptGroupSecrets(key, reference, welcome, suite.hpke);
  assert.ok(secrets);
  const noPsk = new Uint8Array(suite.kdf.size);
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite);
  assert.ok(info);
  assert.ok(await verifyGroupInfoSignature(info, hex(one.signer_pub), suite.signature));
  assert.ok(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite));
});

type TreeOperation = {
  cipher_suite: number;
  proposal: string;
  proposal_sender: number;
  tree_before: string;
  tree_after: string;
  tree_hash_before: string;
  tree_hash_after: string;
};
testSuiteVectors<TreeOperation>("tree-operations.json", async (one, suite) => {
  const before = decoded(decodeRatchetTree, one.tree_before);
  isHex(await treeHashRoot(before, suite.hash), one.tree_hash_before);
  const proposal = decoded(decodeProposal, one.proposal);
  const apply = () => {
    const { proposalType } = proposal;
    if (proposalType === "add") return addLeafNode(before, proposal.add.keyPackage.leafNode)[0];
    if (proposalType === "remove") return removeLeafNode(before, toLeafIndex(proposal.remove.removed));
    assert.ok(proposalType === "update", "a tree operation adds, removes or updates");
    return updateLeafNode(before, proposal.update.leafNode, toLeafIndex(one.proposal_sender));
  };
  const after = apply();
  isHex(encodeRatchetTree(after), one.tree_after);
  isHex(await treeHashRoot(after, suite.hash), one.tree_hash_after);
});

/** What joining computes itself; each parent, and each leaf that chains to one, has a say in whether the tree is valid. */
async function hasTheseHashes(
  tree: RatchetTree,
  suite: CiphersuiteImpl,
  expected: readonly string[],
): Promise<void> {
  const hashes = new TreeHashes(tree, suite.hash);
  for (const [node, hash] of expected.entries()) isHex(await hashes.of(toNodeIndex(node)), hash);
  assert.ok(await hashes.areParentHashesValid());
  for (const [index, node] of tree.entries()) {
    if (node?.nodeType !== "parent") continue;
    const parent = { ...node.parent, hpkePublicKey: node.parent.hpkePublicKey.map((byte) => byte ^ 1) };
    const changed = tree.with(index, { nodeType: "parent", parent });
    assert.equal(await new TreeHashes(changed, suite.hash).areParentHashesValid(), false);
    assert.equal(await verifyParentHashes(changed, suite.hash), false);
  }
}

type TreeValidation = {
  cipher_suite: number;
  tree: string;
  group_id: string;
  tree_hashes: string[];
  resolutions: number[][];
};
testSuiteVectors<TreeValidation>(
  "tree-validation.json",
  async (one, suite) => {
    const tree = decoded(decodeRatchetTree, one.tree);
    for (const [node, expected] of one.tree_hashes.entries()) {
      isHex(await treeHash(tree, toNodeIndex(node), suite.hash), expected);
    }
    for (const [node, expected] of one.resolutions.entries()) {
      assert.deepEqual(resolution(tree, toNodeIndex(node)), expected);
    }
    assert.ok(await verifyParentHashes(tree, suite.hash));
    await hasTheseHashes(tree, suite, one.tree_hashes);
    for (const [index, node] of tree.entries()) {
      if (node?.nodeType !== "leaf") continue;
      const { leaf } = node;
      const isSigned =
        leaf.leafNodeSource === "key_package"
          ? verifyLeafNodeSignatureKeyPackage(leaf, suite.signature)
          : verifyLeafNodeSignature(leaf, hex(one.group_id), index / 2, suite.signature);
      assert.ok(await isSigned);
    }
  },
  FAST,
);

type TreeKem = {
  cipher_suite: number;
  confirmed_transcript_hash: string;
  epoch: number;
  group_id: string;
  ratchet_tree: string;
  leaves_private: {
    index: number;
    encryption_priv: string;
    path_secrets: { node: number; path_secret: string }[];
  }[];
  update_paths: {
    sender: number;
    update_path: string;
    path_secrets: (string | null)[];
    commit_secret: string;
    tree_hash_after: string;
  }[];
};
testSuiteVectors<TreeKem>(
  "treekem.json",
  async (one, suite) => {
    const tree = decoded(decodeRatchetTree, one.ratchet_tree);
    for (const given of one.update_paths) {
      const path = decoded(decodeUpdatePath, given.update_path);
      const sender = toLeafIndex(given.sender);
      const updated = await applyUpdatePath(tree, sender, path, suite.hash);
      isHex(await treeHashRoot(updated, suite.hash), given.tree_hash_after);
      const context = contextOf(suite, { ...one, tree_hash: given.tree_hash_after });
      for (const reader of one.leaves_private) {
        const expected = given.path_secrets[reader.index];
        if (reader.index === given.sender || typeof expected !== "string") continue;
        const secrets = Object.fromEntries(
          reader.path_secrets.map((secret) => [secret.node, hex(secret.path_secret)]),
        );
        const keys = mergePrivateKeyPaths(await toPrivateKeyPath(secrets, reader.index, suite), {
          leafIndex: reader.index,
          privateKeys: { [2 * reader.index]: hex(reader.encryption_priv) },
        });
        const opened = await applyUpdatePathSecret(updated, keys, sender, context, path, [], suite);
        isHex(opened.pathSecret, expected);
        const start = toNodeIndex(opened.nodeIndex);
        const above = await pathToRoot(updated, start, opened.pathSecret, suite.kdf);
        const top = above[root((tree.length + 1) / 2)];
        assert.ok(top);
        isHex(await deriveSecret(top, "path", suite.kdf), given.commit_secret);
      }
    }
  },
  FAST,
);

type Messages = Record<string, string>;
const messageFields = [
  "mls_welcome",
  "mls_group_info",
  "mls_key_package",
  "public_message_application",
  "public_message_proposal",
  "public_message_commit",
  "private_message",
];
const partFields: Readonly<Record<string, (bytes: string) => Uint8Array>> = {
  ratchet_tree: (bytes) => encodeRatchetTree(decoded(decodeRatchetTree, bytes)),
  group_secrets: (bytes) => encodeGroupSecrets(decoded(decodeGroupSecrets, bytes)),
  add_proposal: (bytes) => encodeAdd(decoded(decodeAdd, bytes)),
  update_proposal: (bytes) => encodeUpdate(decoded(decodeUpdate, bytes)),
  remove_proposal: (bytes) => encodeRemove(decoded(decodeRemove, bytes)),
  pre_shared_key_proposal: (bytes) => encodePSK(decoded(decodePSK, bytes)),
  re_init_proposal: (bytes) => encodeReinit(decoded(decodeReinit, bytes)),
  external_init_proposal: (bytes) => encodeExternalInit(decoded(decodeExternalInit, bytes)),
  group_context_extensions_proposal: (bytes) =>
    encodeGroupContextExtensions(decoded(decodeGroupContextExtensions, bytes)),
  commit: (bytes) => encodeCommit(decoded(decodeCommit, bytes)),
};
testVectors<Messages>("messages.json", (one) => {
  for (const field of messageFields) {
    const bytes = one[field];
    assert.ok(bytes !== undefined);
    isHex(encodeMlsMessage(decoded(decodeMlsMessage, bytes)), bytes);
  }
  for (const [field, again] of Object.entries(partFields)) {
    const bytes = one[field];
    assert.ok(bytes !== undefined);
    isHex(again(bytes), bytes);
  }
});

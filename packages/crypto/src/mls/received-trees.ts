/**
 * A ratchet tree as a joiner receives it: what RFC 9420 section 12.4.3.1 asks of it, but for who its members are.
 * ts-mls asks the same one signature after the other, and with every hash anew. Spec: spec/mls.md, MG24.
 */
import { equalBytes, READERS_MAX } from "@sotto/protocol";
import type { GroupContext, LeafNode, ParentNode, RatchetTree } from "ts-mls";
import { extensionsSupportedByCapabilities } from "ts-mls/extension.js";
import type { GroupInfo } from "ts-mls/groupInfo.js";
import { verifyLeafNodeSignature } from "ts-mls/leafNode.js";
import { decodeRatchetTree, getHpkePublicKey } from "ts-mls/ratchetTree.js";
import { directPath, leafToNodeIndex, leafWidth, toLeafIndex } from "ts-mls/treemath.js";
import type { Context } from "./context.ts";
import { exactly } from "./exact.ts";
import { hasOnlyHpkeKeys } from "./hpke-keys.ts";
import { TreeHashes } from "./tree-hashes.ts";

/**
 * Whoever holds a contact link can send a Welcome, and a blank node of its tree costs them one byte and us a hash:
 * undefined for a tree with more leaves than a channel has readers, and for none.
 */
export function ratchetTreeOf(groupInfo: GroupInfo): RatchetTree | undefined {
  const extension = groupInfo.extensions.find((one) => one.extensionType === "ratchet_tree");
  const tree = extension && exactly(decodeRatchetTree, extension.extensionData);
  return tree === undefined || tree.length > 2 * READERS_MAX - 1 ? undefined : tree;
}

/** Whether it is the tree of this group, and can be one at all. Rejects where a key or signature is none. */
export async function isSoundTree(
  { suite, cipherSuite }: Context,
  tree: RatchetTree,
  { groupId, treeHash }: GroupContext,
): Promise<boolean> {
  const leaves = leavesOf(tree);
  if (!isWellFormed(tree, leaves) || !hasOnlyHpkeKeys(suite, tree)) return false;
  const hashes = new TreeHashes(tree, cipherSuite.hash);
  if (!equalBytes(await hashes.root(), treeHash) || !(await hashes.areParentHashesValid())) return false;
  const signatures = leaves.map(({ leaf, at }) =>
    verifyLeafNodeSignature(leaf, groupId, at, cipherSuite.signature),
  );
  return (await Promise.all(signatures)).every(Boolean);
}

type Leaf = { readonly leaf: LeafNode; readonly at: number };

const leavesOf = (tree: RatchetTree): Leaf[] =>
  tree.flatMap((node, index) => (node?.nodeType === "leaf" ? [{ leaf: node.leaf, at: index / 2 }] : []));

/** Everything about the tree that needs neither hash nor signature. */
function isWellFormed(tree: RatchetTree, leaves: readonly Leaf[]): boolean {
  return (
    tree.every((node, index) => node?.nodeType !== (index % 2 === 0 ? "parent" : "leaf")) &&
    areDistinct(tree.flatMap((node) => (node === undefined ? [] : [getHpkePublicKey(node).toHex()]))) &&
    areDistinct(leaves.map(({ leaf }) => leaf.signaturePublicKey.toHex())) &&
    leaves.every(({ leaf }) => isAmongEquals(leaf)) &&
    tree.every((node, index) => node?.nodeType !== "parent" || isUnmergedListSound(tree, index, node.parent))
  );
}

/** Every member can read every other's Credential, which is a basic one, and says so of its own extensions. */
const isAmongEquals = ({ credential, capabilities, extensions }: LeafNode): boolean =>
  credential.credentialType === "basic" &&
  capabilities.credentials.includes("basic") &&
  extensionsSupportedByCapabilities(extensions, capabilities);

const areDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** Each is a member below the parent that lists it, and every parent between the two lists it too. */
function isUnmergedListSound(tree: RatchetTree, index: number, { unmergedLeaves }: ParentNode): boolean {
  if (!areDistinct(unmergedLeaves)) return false;
  return unmergedLeaves.every((leaf) => {
    // First of all: the way up from a leaf beyond the tree does not end.
    if (tree[2 * leaf] === undefined) return false;
    const path: readonly number[] = directPath(leafToNodeIndex(toLeafIndex(leaf)), leafWidth(tree.length));
    const place = path.indexOf(index);
    return place >= 0 && path.slice(0, place).every((between) => isListedAt(tree[between], leaf));
  });
}

const isListedAt = (node: RatchetTree[number], leaf: number): boolean =>
  node?.nodeType !== "parent" || node.parent.unmergedLeaves.includes(leaf);

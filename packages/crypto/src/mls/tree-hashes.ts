/**
 * Hashes of a ratchet tree, RFC 9420 sections 7.8 and 7.9, each computed once. ts-mls hashes a subtree anew whenever a
 * parent hash asks for it, which for a joiner is once for every leaf: most of what joining a large group would cost.
 * Spec: spec/mls.md, MG24.
 */
import { equalBytes } from "@sotto/protocol";
import type { CiphersuiteImpl, ParentNode, RatchetTree } from "ts-mls";
import { encodeParentHashInput } from "ts-mls/parentHash.js";
import { resolution } from "ts-mls/ratchetTree.js";
import { encodeLeafNodeHashInput, encodeParentNodeHashInput } from "ts-mls/treeHash.js";
import {
  directPath,
  isLeaf,
  leafWidth,
  left,
  nodeToLeafIndex,
  right,
  rootFromNodeWidth,
  toNodeIndex,
  type NodeIndex,
} from "ts-mls/treemath.js";

/** Of a tree that is structurally sound: parents where parents belong, and unmerged leaves below the parent that lists them. */
export class TreeHashes {
  readonly #tree: RatchetTree;
  readonly #hash: CiphersuiteImpl["hash"];
  readonly #whole = new Map<NodeIndex, Uint8Array>();
  readonly #parents = new Map<string, Uint8Array>();
  constructor(tree: RatchetTree, hash: CiphersuiteImpl["hash"]) {
    this.#tree = tree;
    this.#hash = hash;
  }

  root(): Promise<Uint8Array> {
    return this.of(rootFromNodeWidth(this.#tree.length));
  }

  async of(node: NodeIndex): Promise<Uint8Array> {
    const known = this.#whole.get(node);
    if (known !== undefined) return known;
    const made = await this.#compute(node, []);
    this.#whole.set(node, made);
    return made;
  }

  /** Every parent that is not blank has the hash of exactly one node below it, which chains it to whom it comes from. */
  async areParentHashesValid(): Promise<boolean> {
    const chained = new Map<NodeIndex, number>();
    for (const [index, node] of this.#tree.entries()) {
      if (node?.nodeType !== "leaf" || node.leaf.leafNodeSource !== "commit") continue;
      for (const ancestor of await this.#chainFrom(toNodeIndex(index), node.leaf.parentHash))
        chained.set(ancestor, (chained.get(ancestor) ?? 0) + 1);
    }
    return this.#tree.every(
      (node, index) => node?.nodeType !== "parent" || chained.get(toNodeIndex(index)) === 1,
    );
  }

  /** The ancestors that are not blank, for as long as each one's key and list of leaves come from the node below it. */
  async #chainFrom(leaf: NodeIndex, leafSays: Uint8Array): Promise<NodeIndex[]> {
    const chain: NodeIndex[] = [];
    let [below, says] = [leaf, leafSays];
    for (const ancestor of directPath(leaf, leafWidth(this.#tree.length))) {
      const node = this.#tree[ancestor];
      if (node?.nodeType !== "parent") continue;
      if (!equalBytes(await this.#parentHash(ancestor, below < ancestor), says)) break;
      if (!this.#hasOnlyUnmergedBeside(below, ancestor, node.parent)) break;
      chain.push(ancestor);
      [below, says] = [ancestor, node.parent.parentHash];
    }
    return chain;
  }

  /**
   * Below that child of the parent, whoever does not know its key is in its list, and nobody else is. No hash has this
   * half of the list in it, and ts-mls does not look: a member left out could never read what is encrypted to the parent.
   */
  #hasOnlyUnmergedBeside(below: NodeIndex, ancestor: NodeIndex, { unmergedLeaves }: ParentNode): boolean {
    const child = below < ancestor ? left(ancestor) : right(ancestor);
    const [first, last] = leavesBelow(child);
    const listed = unmergedLeaves.filter((leaf) => first <= leaf && leaf <= last);
    const others = resolution(this.#tree, child).filter((node) => node !== below);
    return others.length === listed.length && others.every((node) => listed.includes(node / 2));
  }

  /** As its child on the left, or on the right, states it: with the other child as it was when the key was set. */
  async #parentHash(node: NodeIndex, isFromLeft: boolean): Promise<Uint8Array> {
    const side = `${node} ${isFromLeft}`;
    const known = this.#parents.get(side);
    if (known !== undefined) return known;
    const at = this.#tree[node];
    if (at?.nodeType !== "parent") throw new RangeError("a blank node has no parent hash");
    const { hpkePublicKey, parentHash, unmergedLeaves } = at.parent;
    const made = await this.#hash.digest(
      encodeParentHashInput({
        encryptionKey: hpkePublicKey,
        parentHash,
        originalSiblingTreeHash: await this.#without(isFromLeft ? right(node) : left(node), unmergedLeaves),
      }),
    );
    this.#parents.set(side, made);
    return made;
  }

  /** As if `leaves` had never been added. */
  #without(node: NodeIndex, leaves: readonly number[]): Promise<Uint8Array> {
    const [first, last] = leavesBelow(node);
    const here = leaves.filter((leaf) => first <= leaf && leaf <= last);
    return here.length === 0 ? this.of(node) : this.#compute(node, here);
  }

  async #compute(node: NodeIndex, without: readonly number[]): Promise<Uint8Array> {
    const at = this.#tree[node];
    if (isLeaf(node)) {
      const leafIndex = nodeToLeafIndex(node);
      const isThere = at?.nodeType === "leaf" && !without.includes(leafIndex);
      const leafNode = isThere ? at.leaf : undefined;
      return this.#hash.digest(encodeLeafNodeHashInput({ nodeType: "leaf", leafIndex, leafNode }));
    }
    const parentNode =
      at?.nodeType === "parent"
        ? {
            ...at.parent,
            unmergedLeaves: at.parent.unmergedLeaves.filter((leaf) => !without.includes(leaf)),
          }
        : undefined;
    const leftHash = await this.#without(left(node), without);
    const rightHash = await this.#without(right(node), without);
    return this.#hash.digest(
      encodeParentNodeHashInput({ nodeType: "parent", parentNode, leftHash, rightHash }),
    );
  }
}

/** The first and the last leaf below a node. */
function leavesBelow(node: NodeIndex): readonly [number, number] {
  let [first, last] = [node, node];
  while (!isLeaf(first)) first = left(first);
  while (!isLeaf(last)) last = right(last);
  return [nodeToLeafIndex(first), nodeToLeafIndex(last)];
}

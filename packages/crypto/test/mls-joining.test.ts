/**
 * What a joiner refuses. The inviter is a member with every key it needs, so that all that it says fits together but for
 * the one thing that is wrong. Beside each answer stands the one of ts-mls, whose checks ours replace.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { READERS_MAX, Secret, textToBytes, type RandomBytes, type Result } from "@sotto/protocol";
import {
  emptyPskIndex,
  encodeMlsMessage,
  joinGroup,
  type CiphersuiteImpl,
  type GroupContext,
  type KeyPackage,
  type LeafNode,
  type ParentNode,
  type RatchetTree,
  type Welcome,
} from "ts-mls";
import { createRng, type Rng } from "@sotto/testkit";
import { createConfirmationTag } from "ts-mls/framedContent.js";
import { extractWelcomeSecret, signGroupInfo } from "ts-mls/groupInfo.js";
import type { GroupSecrets } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { signLeafNodeCommit, signLeafNodeKeyPackage } from "ts-mls/leafNode.js";
import { addLeafNode, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { createCipherSuite } from "../src/mls/cipher-suite.ts";
import { configFor, groupOf, Questions } from "../src/mls/context.ts";
import type { Authenticate, Change, DeviceSigner, Group, MlsEngine, Suite } from "../src/mls/engine.ts";
import { messageOf } from "../src/mls/exact.ts";
import { decodeStoredKeyPackage } from "../src/mls/stored-key-package.ts";
import type { StatePart } from "../src/mls/stored-state.ts";
import { createTsMlsEngine } from "../src/mls/ts-mls-engine.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
const now = Date.now();
const lifetime = { notBefore: now - 86_400_000, notAfter: now + 86_400_000 };

function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok, `refused: ${JSON.stringify(result.ok ? "" : result.error)}`);
  return result.value;
}

function device(name: string): DeviceSigner {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return {
    credential: textToBytes(name),
    publicKey: Uint8Array.from(Buffer.from(x, "base64url")),
    privateKey: new Secret(Uint8Array.from(Buffer.from(d, "base64url"))),
  };
}

const engineFor = async (suite: Suite, authenticate: Authenticate): Promise<MlsEngine> =>
  valueOf(await createTsMlsEngine({ suite, authenticate, clock: () => now, randomBytes }));

/** A group of everybody but the joiner, seen by its inviter, whose leaf is the first. */
type Scene = {
  readonly suite: Suite;
  readonly cipherSuite: CiphersuiteImpl;
  readonly inviter: StatePart;
  /** The group's tree with the joiner in it. */
  readonly tree: RatchetTree;
  readonly joiner: KeyPackage;
  readonly stored: Uint8Array;
  readonly signatureKeys: ReadonlyMap<number, Uint8Array>;
};

/** Indices of the tree of eight leaves: the root, a parent in each half, and one that is blank. */
const [ROOT, LEFT, RIGHT, BLANK] = [7, 3, 9, 13];
/** Of leaves: who has committed nothing, so that no parent hash has its leaf in it; who joins; where nobody is. */
const [NEWCOMER, JOINER, NOBODY] = [3, 6, 7];
/** Who renewed its key last. */
const RENEWED = 2;

/** Leaf 3 has gone; then all have renewed their keys, one of the left half last; and then somebody took place 3. */
async function sceneOf(suite: Suite): Promise<Scene> {
  const engine = await engineFor(suite, () => true);
  let groups = new Map([[0, await engine.createGroup(randomBytes(32), device("leaf 0"))]]);
  const commitBy = async (author: number, change: Change): Promise<Uint8Array | undefined> => {
    const made = valueOf(await engine.commit(groupAt(author), change));
    const next = new Map([[author, made.next]]);
    for (const [leaf, group] of groups) {
      const opened = leaf !== author && valueOf(await engine.open(group, made.commit));
      if (opened && opened.kind === "commit") next.set(leaf, opened.next);
    }
    groups = next;
    return made.welcome;
  };
  const groupAt = (leaf: number): Group => {
    const group = groups.get(leaf);
    assert.ok(group);
    return group;
  };
  const add = async (leaf: number): Promise<void> => {
    const { keyPackage, stored } = await engine.createKeyPackage(device(`leaf ${leaf}`), lifetime);
    const welcome = await commitBy(0, { kind: "add", keyPackages: [keyPackage] });
    assert.ok(welcome);
    groups.set(leaf, valueOf(await engine.join(welcome, [stored])).group);
    assert.equal(groupAt(leaf).ownLeaf, leaf);
  };
  for (const leaf of [1, 2, 3, 4, 5]) await add(leaf);
  await commitBy(0, { kind: "remove", leaves: [NEWCOMER] });
  for (const leaf of [1, 4, 5, 0, RENEWED]) await commitBy(leaf, { kind: "update" });
  await add(NEWCOMER);
  const { keyPackage, stored } = await engine.createKeyPackage(device("joiner"), lifetime);
  const message = messageOf(keyPackage);
  assert.ok(message?.wireformat === "mls_key_package");
  const inviter = groupOf(groupAt(0)).state;
  const [tree, at] = addLeafNode(inviter.ratchetTree, message.keyPackage.leafNode);
  assert.deepEqual([at, tree.length, tree[BLANK], tree[2 * NOBODY]], [2 * JOINER, 15, undefined, undefined]);
  assert.deepEqual(parentAt(tree, ROOT).unmergedLeaves, [NEWCOMER, JOINER]);
  return {
    suite,
    cipherSuite: await createCipherSuite(suite, randomBytes),
    inviter,
    tree,
    joiner: message.keyPackage,
    stored,
    signatureKeys: new Map(
      [...groups].map(([leaf, group]) => [leaf, groupOf(group).state.signaturePrivateKey]),
    ),
  };
}

/** What an inviter can say otherwise. */
type Forgery = {
  readonly tree?: RatchetTree;
  readonly context?: Partial<GroupContext>;
  readonly secrets?: Partial<GroupSecrets>;
  readonly signer?: number;
  readonly badTag?: boolean;
  readonly badSignature?: boolean;
};

async function welcomeOf(scene: Scene, forgery: Forgery): Promise<Welcome> {
  const { cipherSuite, inviter, joiner } = scene;
  const { kdf, hash, hpke, signature } = cipherSuite;
  const tree = forgery.tree ?? scene.tree;
  const groupContext: GroupContext = {
    ...inviter.groupContext,
    epoch: inviter.groupContext.epoch + 1n,
    treeHash: forgery.context?.treeHash ?? (await treeHashRoot(tree, hash)),
    ...forgery.context,
  };
  const joinerSecret = randomBytes(kdf.size);
  const noPsk = new Uint8Array(kdf.size);
  const [{ confirmationKey }] = await deriveKeySchedule(joinerSecret, noPsk, groupContext, kdf);
  const confirmationTag = await createConfirmationTag(
    confirmationKey,
    groupContext.confirmedTranscriptHash,
    hash,
  );
  const extensionData = encodeRatchetTree(tree);
  const info = await signGroupInfo(
    {
      groupContext,
      extensions: [{ extensionType: "ratchet_tree", extensionData }],
      confirmationTag: forgery.badTag ? flipped(confirmationTag) : confirmationTag,
      signer: forgery.signer ?? 0,
    },
    inviter.signaturePrivateKey,
    signature,
  );
  const shown = forgery.badSignature ? { ...info, signature: flipped(info.signature) } : info;
  const welcomeSecret = await extractWelcomeSecret(joinerSecret, noPsk, kdf);
  const encryptedGroupInfo = await encryptGroupInfo(shown, welcomeSecret, cipherSuite);
  const { enc, ct } = await encryptGroupSecrets(
    await hpke.importPublicKey(joiner.initKey),
    encryptedGroupInfo,
    { joinerSecret, pathSecret: undefined, psks: [], ...forgery.secrets },
    hpke,
  );
  return {
    cipherSuite: cipherSuite.name,
    secrets: [
      {
        newMember: await makeKeyPackageRef(joiner, hash),
        encryptedGroupSecrets: { kemOutput: enc, ciphertext: ct },
      },
    ],
    encryptedGroupInfo,
  };
}

type Answer = "joined" | "refused" | "unauthenticated";

async function answerOf(
  scene: Scene,
  welcome: Welcome,
  authenticate: Authenticate = () => true,
): Promise<Answer> {
  const engine = await engineFor(scene.suite, authenticate);
  const bytes = encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
  const joined = await engine.join(bytes, [scene.stored]);
  if (joined.ok) return "joined";
  assert.ok(joined.error === "refused" || joined.error === "unauthenticated", joined.error);
  return joined.error;
}

/** Of ts-mls, patched, in one call. */
async function theirAnswer(scene: Scene, welcome: Welcome): Promise<"joined" | "refused"> {
  const own = decodeStoredKeyPackage(scene.suite === "x-wing" ? 1 : 2, scene.stored);
  assert.ok(own);
  const config = configFor(new Questions(() => true));
  const { publicPackage, privatePackage } = own;
  try {
    await joinGroup(
      welcome,
      publicPackage,
      privatePackage,
      emptyPskIndex,
      scene.cipherSuite,
      undefined,
      undefined,
      config,
    );
    return "joined";
  } catch {
    return "refused";
  }
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(0, (bytes[0] ?? 0) ^ 1);

function leafAt(tree: RatchetTree, leaf: number): LeafNode {
  const node = tree[2 * leaf];
  assert.ok(node?.nodeType === "leaf");
  return node.leaf;
}

function parentAt(tree: RatchetTree, index: number): ParentNode {
  const node = tree[index];
  assert.ok(node?.nodeType === "parent", `there is a parent at ${index}`);
  return node.parent;
}

const withParent = (tree: RatchetTree, index: number, change: Partial<ParentNode>): RatchetTree =>
  tree.with(index, { nodeType: "parent", parent: { ...parentAt(tree, index), ...change } });

const withLeaf = (tree: RatchetTree, leaf: number, change: Partial<LeafNode>): RatchetTree => {
  const changed = { ...leafAt(tree, leaf), ...change } as LeafNode;
  return tree.with(2 * leaf, { nodeType: "leaf", leaf: changed });
};

/** The leaf as its owner, or whoever has `key`, would sign it. */
async function withSignedLeaf(
  scene: Scene,
  leaf: number,
  change: Partial<LeafNode>,
  key = scene.signatureKeys.get(leaf),
  groupId = scene.inviter.groupContext.groupId,
): Promise<RatchetTree> {
  assert.ok(key);
  const changed = leafAt(withLeaf(scene.tree, leaf, change), leaf);
  const { signature } = scene.cipherSuite;
  assert.ok(changed.leafNodeSource !== "update");
  const signed =
    changed.leafNodeSource === "commit"
      ? await signLeafNodeCommit({ ...changed, groupId, leafIndex: leaf }, key, signature)
      : await signLeafNodeKeyPackage(changed, key, signature);
  return withLeaf(scene.tree, leaf, { signature: signed.signature, ...change });
}

/** Lists of unmerged leaves, changed at these nodes. */
const withUnmerged = (
  tree: RatchetTree,
  indices: readonly number[],
  change: (leaves: readonly number[]) => number[],
): Forgery => ({
  tree: indices.reduce(
    (changed, index) =>
      withParent(changed, index, { unmergedLeaves: change(parentAt(tree, index).unmergedLeaves) }),
    tree,
  ),
});
const withoutNewcomer = (leaves: readonly number[]): number[] => leaves.filter((leaf) => leaf !== NEWCOMER);
const andAlso =
  (leaf: number) =>
  (leaves: readonly number[]): number[] => [...leaves, leaf];

/** With what ts-mls says where that is something else. It never comes back from a leaf far beyond the tree. */
type Fault = readonly [fault: string, forgery: Forgery, theirs?: "joined" | "not asked"];

async function faultsOf(scene: Scene): Promise<Fault[]> {
  const { tree, cipherSuite, signatureKeys } = scene;
  const { hpke, kdf, hash } = cipherSuite;
  const freshKey = await hpke.exportPublicKey((await hpke.generateKeyPair()).publicKey);
  const random = randomBytes(kdf.size);
  const renewed = leafAt(tree, RENEWED);
  const newcomer = leafAt(tree, NEWCOMER);
  const madeUp: ParentNode = { hpkePublicKey: freshKey, parentHash: random, unmergedLeaves: [JOINER] };
  const signed = async (change: Partial<LeafNode>, key?: Uint8Array): Promise<Forgery> => ({
    tree: await withSignedLeaf(scene, NEWCOMER, change, key),
  });
  return [
    ["another tree hash", { context: { treeHash: flipped(await treeHashRoot(tree, hash)) } }],
    ["another confirmation tag", { badTag: true }],
    ["a GroupInfo that nobody signed", { badSignature: true }],
    ["a GroupInfo signed by another", { signer: 1 }],
    ["a signer where nobody is", { signer: NOBODY }],
    ["a signer beyond the tree", { signer: 0x7fff_fff0 }],

    ["another parent hash in a parent", { tree: withParent(tree, LEFT, { parentHash: random }) }],
    ["another key in a parent", { tree: withParent(tree, RIGHT, { hpkePublicKey: freshKey }) }],
    ["another key in the root", { tree: withParent(tree, ROOT, { hpkePublicKey: freshKey }) }],
    ["a parent that nobody made", { tree: tree.with(BLANK, { nodeType: "parent", parent: madeUp }) }],
    [
      "another parent hash in a leaf",
      { tree: await withSignedLeaf(scene, RENEWED, { parentHash: random } as Partial<LeafNode>) },
    ],

    [
      "a newcomer's leaf that nobody signed",
      { tree: withLeaf(tree, NEWCOMER, { signature: flipped(newcomer.signature) }) },
    ],
    ["a newcomer's leaf signed by another", await signed({}, signatureKeys.get(1))],
    [
      "a committer's leaf that nobody signed",
      { tree: withLeaf(tree, RENEWED, { signature: flipped(renewed.signature) }) },
    ],
    [
      "a leaf signed for another group",
      { tree: await withSignedLeaf(scene, RENEWED, {}, undefined, randomBytes(32)) },
    ],

    ["two leaves of one key", await signed({ hpkePublicKey: renewed.hpkePublicKey })],
    ["a leaf of a parent's key", await signed({ hpkePublicKey: parentAt(tree, ROOT).hpkePublicKey })],
    [
      "two leaves of one signature key",
      await signed({ signaturePublicKey: renewed.signaturePublicKey }, signatureKeys.get(RENEWED)),
    ],
    [
      "a Credential of another type",
      await signed({ credential: { credentialType: "x509", certificates: [] } }),
    ],
    [
      "a member that reads no basic Credential",
      await signed({ capabilities: { ...newcomer.capabilities, credentials: ["x509"] } }),
    ],
    [
      "an extension that its leaf does not support",
      await signed({ extensions: [{ extensionType: 0xf123, extensionData: random }] }),
    ],

    ["an unmerged leaf where nobody is", withUnmerged(tree, [ROOT], andAlso(NOBODY))],
    ["an unmerged leaf beyond the tree", withUnmerged(tree, [ROOT], andAlso(0x7fff_fff0)), "not asked"],
    ["an unmerged leaf that is not below", withUnmerged(tree, [RIGHT], andAlso(JOINER))],
    ["an unmerged leaf not listed between", withUnmerged(tree, [LEFT], withoutNewcomer)],
    ["an unmerged leaf listed at the root alone", withUnmerged(tree, [ROOT], andAlso(4))],
    ["an unmerged leaf not listed at the root", withUnmerged(tree, [ROOT], withoutNewcomer), "joined"],
    ["an unmerged leaf not listed anywhere", withUnmerged(tree, [LEFT, ROOT], withoutNewcomer), "joined"],
    ["an unmerged leaf listed twice", withUnmerged(tree, [ROOT], andAlso(JOINER)), "joined"],

    [
      "a leaf where a parent belongs",
      { tree: tree.with(BLANK, { nodeType: "leaf", leaf: newcomer }), context: { treeHash: random } },
    ],
    [
      "a parent where a leaf belongs",
      { tree: tree.with(2 * NOBODY, { nodeType: "parent", parent: madeUp }), context: { treeHash: random } },
    ],
    ["the joiner left out", { tree: scene.inviter.ratchetTree }],
    ["a path secret of other keys", { secrets: { pathSecret: random } }, "joined"],
    ["a PSK", { secrets: { psks: [{ psktype: "external", pskId: textToBytes("psk"), pskNonce: random }] } }],
    [
      "an extension of the GroupContext",
      {
        context: {
          extensions: [{ extensionType: "required_capabilities", extensionData: new Uint8Array(3) }],
        },
      },
      "joined",
    ],
    ["another suite", { context: { cipherSuite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256" } }],
  ];
}

for (const suite of ["x25519", "x-wing"] as const) {
  test(`[MG24] a joiner refuses whatever does not fit together (${suite})`, async () => {
    const scene = await sceneOf(suite);
    const honest = await welcomeOf(scene, {});
    assert.deepEqual([await answerOf(scene, honest), await theirAnswer(scene, honest)], ["joined", "joined"]);
    for (const [fault, forgery, theirs = "refused"] of await faultsOf(scene)) {
      const welcome = await welcomeOf(scene, forgery);
      assert.equal(await answerOf(scene, welcome), "refused", fault);
      if (theirs !== "not asked") assert.equal(await theirAnswer(scene, welcome), theirs, `ts-mls: ${fault}`);
    }
  });
}

test("[MG11] a joiner refuses a tree that is wider than any channel, though all of it fits together", async () => {
  const scene = await sceneOf("x25519");
  const engine = await engineFor("x25519", () => true);
  const { keyPackage } = await engine.createKeyPackage(device("far away"), lifetime);
  const message = messageOf(keyPackage);
  assert.ok(message?.wireformat === "mls_key_package");
  const { leafNode } = message.keyPackage;
  const withLeafAt = (leaf: number): RatchetTree => {
    const blanks = Array.from({ length: 2 ** Math.ceil(Math.log2(2 * leaf + 2)) - 1 - scene.tree.length });
    return [...scene.tree, ...blanks.map(() => undefined)].with(2 * leaf, {
      nodeType: "leaf",
      leaf: leafNode,
    });
  };
  for (const [leaf, ours] of [
    [READERS_MAX - 1, "joined"],
    [READERS_MAX, "refused"],
  ] as const) {
    const welcome = await welcomeOf(scene, { tree: withLeafAt(leaf) });
    assert.equal(await answerOf(scene, welcome), ours);
    assert.equal(await theirAnswer(scene, welcome), "joined");
  }
});

test("[MG24] whatever ts-mls refuses of a tree that was changed at random, we refuse", async () => {
  const scene = await sceneOf("x25519");
  const rng = createRng(17);
  const answers: Record<string, number> = {};
  for (let round = 0; round < 300; round++) {
    const welcome = await welcomeOf(scene, { tree: await disturbed(scene, rng) });
    const [ours, theirs] = [await answerOf(scene, welcome), await theirAnswer(scene, welcome)];
    if (theirs === "refused") assert.equal(ours, "refused", `round ${round}`);
    answers[`${ours} ${theirs}`] = (answers[`${ours} ${theirs}`] ?? 0) + 1;
  }
  // Signed anew, a newcomer's leaf may say what it likes; of a list of unmerged leaves ts-mls checks less than half.
  assert.deepEqual(Object.keys(answers).toSorted(), ["joined joined", "refused joined", "refused refused"]);
});

/** One or two changes that somebody can make who has every member's signature key. */
async function disturbed(scene: Scene, rng: Rng): Promise<RatchetTree> {
  const parents = [...scene.tree.keys()].filter((index) => scene.tree[index]?.nodeType === "parent");
  const once = async (tree: RatchetTree): Promise<RatchetTree> => {
    const index = rng.pick(parents);
    const parent = parentAt(scene.tree, index);
    const leaf = rng.pick([...scene.signatureKeys.keys()]);
    switch (rng.below(6)) {
      case 0:
        return tree.with(index, undefined);
      case 1:
        return withParent(scene.tree, index, { parentHash: rng.bytes(32) });
      case 2: {
        const leaves = new Set(parent.unmergedLeaves);
        const one = rng.below(8);
        if (!leaves.delete(one)) leaves.add(one);
        return withParent(scene.tree, index, { unmergedLeaves: [...leaves] });
      }
      case 3:
        return tree.with(2 * leaf, undefined);
      case 4:
        return withSignedLeaf(scene, leaf, {
          hpkePublicKey: flipped(leafAt(scene.tree, leaf).hpkePublicKey),
        });
      default:
        return tree.with(index, scene.tree[rng.pick(parents)]);
    }
  };
  const changed = await once(scene.tree);
  return rng.chance(0.5) ? changed : once(changed);
}

test("[MG13] a joiner asks for every member once, and only where everything else is right", async () => {
  const scene = await sceneOf("x25519");
  const asked: string[] = [];
  const doubting =
    (doubted?: string): Authenticate =>
    (credential) => {
      asked.push(bytesToText(credential));
      return bytesToText(credential) !== doubted;
    };
  assert.equal(await answerOf(scene, await welcomeOf(scene, {}), doubting()), "joined");
  const everybody = ["leaf 0", "leaf 1", "leaf 2", "leaf 3", "leaf 4", "leaf 5", "joiner"];
  assert.deepEqual(asked.splice(0), everybody);
  for (const name of everybody)
    assert.equal(await answerOf(scene, await welcomeOf(scene, {}), doubting(name)), "unauthenticated", name);
  asked.splice(0);
  assert.equal(await answerOf(scene, await welcomeOf(scene, { badTag: true }), doubting()), "refused");
  assert.deepEqual(asked, []);
});

const bytesToText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

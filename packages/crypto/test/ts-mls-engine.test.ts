/** What ts-mls would let through or leave behind, seen from inside. What any engine does is in the contract suite. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { before, test } from "node:test";
import { concat, Secret, textToBytes, type RandomBytes, type Result } from "@sotto/protocol";
import {
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeMlsMessage,
  generateKeyPackage,
  joinGroupExternal,
  makePskIndex,
  bytesToBase64,
  type ClientState,
  type Proposal,
} from "ts-mls";
import { sottoTreePatch } from "ts-mls/clientState.js";
import { createCipherSuite } from "../src/mls/cipher-suite.ts";
import { groupOf, Questions, withConfig } from "../src/mls/context.ts";
import type { Authenticate, DeviceSigner, Group, MlsEngine, OpenFailure, Suite } from "../src/mls/engine.ts";
import { messageOf } from "../src/mls/exact.ts";
import { isHpkeKey } from "../src/mls/hpke-keys.ts";
import { secretsOf } from "../src/mls/stored-state.ts";
import { createTsMlsEngine } from "../src/mls/ts-mls-engine.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
const now = Date.now();
const lifetime = { notBefore: now - 86_400_000, notAfter: now + 86_400_000 };
const PLAIN = textToBytes("at six");

function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok, `refused: ${JSON.stringify(result.ok ? "" : result.error)}`);
  return result.value;
}

function device(name: string): DeviceSigner {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "", d = "" } = privateKey.export({ format: "jwk" });
  return {
    credential: textToBytes(name),
    publicKey: Uint8Array.from(Buffer.from(x, "base64url")),
    privateKey: new Secret(Uint8Array.from(Buffer.from(d, "base64url"))),
  };
}

const engineFor = async (suite: Suite, authenticate: Authenticate = () => true): Promise<MlsEngine> =>
  valueOf(await createTsMlsEngine({ suite, authenticate, clock: () => now, randomBytes }));

type Pair = { readonly engine: MlsEngine; readonly alice: Group; readonly mallory: Group };
async function pair(): Promise<Pair> {
  const engine = await engineFor("x25519");
  const alone = await engine.createGroup(randomBytes(32), device("alice"));
  const { keyPackage, stored } = await engine.createKeyPackage(device("mallory"), lifetime);
  const made = valueOf(await engine.commit(alone, { kind: "add", keyPackages: [keyPackage] }));
  assert.ok(made.welcome);
  const mallory = valueOf(await engine.join(made.welcome, [stored])).group;
  return { engine, alice: made.next, mallory };
}

let cipherSuite: Awaited<ReturnType<typeof createCipherSuite>>;
before(async () => {
  cipherSuite = await createCipherSuite("x25519", randomBytes);
});

const credulous = (): Questions => new Questions(() => true);
const stateOf = (group: Group): ClientState => withConfig(groupOf(group).state, credulous());

/** A Commit as somebody makes it who does not go through our engine. */
async function rawCommit(
  state: ClientState,
  extraProposals: Proposal[],
  wireAsPublicMessage = false,
  suite = cipherSuite,
) {
  const psks = { [bytesToBase64(textToBytes("psk"))]: new Uint8Array(32) };
  const pskIndex = makePskIndex(state, psks);
  const { commit } = await createCommit(
    { state, cipherSuite: suite, pskIndex },
    { extraProposals, wireAsPublicMessage },
  );
  return encodeMlsMessage(commit);
}

async function refusal(
  engine: MlsEngine,
  group: Group,
  message: Uint8Array,
): Promise<OpenFailure | "opened"> {
  const opened = await engine.open(group, message);
  return opened.ok ? "opened" : opened.error;
}

test("[MG14] a member that renames itself, or takes another key, is refused", async () => {
  const { engine, alice, mallory } = await pair();
  const changed = (leafChange: object): ClientState => {
    const state = stateOf(mallory);
    const at = 2 * mallory.ownLeaf;
    const node = state.ratchetTree[at];
    assert.ok(node?.nodeType === "leaf");
    const leaf = { ...node.leaf, ...leafChange };
    return { ...state, ratchetTree: state.ratchetTree.with(at, { nodeType: "leaf", leaf }) };
  };
  const renamed = changed({ credential: { credentialType: "basic", identity: textToBytes("bob") } });
  assert.equal(await refusal(engine, alice, await rawCommit(renamed, [])), "forbidden");
  const other = device("mallory");
  const rekeyed = {
    ...changed({ signaturePublicKey: other.publicKey }),
    signaturePrivateKey: other.privateKey.expose((bytes) => bytes.slice()),
  };
  assert.equal(await refusal(engine, alice, await rawCommit(rekeyed, [])), "refused");
  assert.equal(await refusal(engine, alice, await rawCommit(changed({}), [])), "opened");
});

test("[MG9] PublicMessage handshakes are refused, even genuine ones", async () => {
  const { engine, alice, mallory } = await pair();
  assert.equal(await refusal(engine, alice, await rawCommit(stateOf(mallory), [], true)), "forbidden");
});

test("[MG9] a Proposal outside a Commit is refused, private or public", async () => {
  const { engine, alice, mallory } = await pair();
  for (const isPublic of [false, true]) {
    const proposal: Proposal = { proposalType: "remove", remove: { removed: alice.ownLeaf } };
    const { message } = await createProposal(stateOf(mallory), isPublic, proposal, cipherSuite);
    assert.equal(await refusal(engine, alice, encodeMlsMessage(message)), "forbidden");
  }
});

test("[MG9] a Commit with extensions, a PSK, a ReInit or a proposal of another kind is refused", async () => {
  const { engine, alice, mallory } = await pair();
  const state = stateOf(mallory);
  const psk = { psktype: "external", pskId: textToBytes("psk"), pskNonce: randomBytes(32) } as const;
  const reinit = {
    groupId: randomBytes(32),
    version: "mls10",
    cipherSuite: cipherSuite.name,
    extensions: [],
  } as const;
  const proposals: Proposal[] = [
    { proposalType: "group_context_extensions", groupContextExtensions: { extensions: [] } },
    { proposalType: "psk", psk: { preSharedKeyId: psk } },
    { proposalType: "reinit", reinit: { ...reinit, extensions: [] } },
    { proposalType: 0xf200, proposalData: textToBytes("own kind") },
  ];
  for (const proposal of proposals) {
    const answer = await refusal(engine, alice, await rawCommit(state, [proposal]));
    assert.ok(answer === "forbidden" || answer === "refused", `${proposal.proposalType}: ${answer}`);
  }
});

test("[MG9] Add and Remove in one Commit are refused", async () => {
  const { engine, alice, mallory } = await pair();
  const carol = await engine.createKeyPackage(device("carol"), lifetime);
  const added = valueOf(await engine.commit(alice, { kind: "add", keyPackages: [carol.keyPackage] }));
  const opened = valueOf(await engine.open(mallory, added.commit));
  assert.ok(opened.kind === "commit");
  const dave = await engine.createKeyPackage(device("dave"), lifetime);
  const message = messageOf(dave.keyPackage);
  assert.ok(message?.wireformat === "mls_key_package");
  const both: Proposal[] = [
    { proposalType: "remove", remove: { removed: 2 } },
    { proposalType: "add", add: { keyPackage: message.keyPackage } },
  ];
  assert.equal(await refusal(engine, added.next, await rawCommit(stateOf(opened.next), both)), "forbidden");
});

test("[MG9] an external Commit is refused", async () => {
  const { engine, alice, mallory } = await pair();
  const info = await createGroupInfoWithExternalPubAndRatchetTree(stateOf(mallory), [], cipherSuite);
  const capabilities = {
    versions: ["mls10" as const],
    ciphersuites: [cipherSuite.name],
    extensions: [],
    proposals: [],
    credentials: ["basic" as const],
  };
  const { publicPackage, privatePackage } = await generateKeyPackage(
    { credentialType: "basic", identity: textToBytes("eve") },
    capabilities,
    { notBefore: 0n, notAfter: 2n ** 60n },
    [],
    cipherSuite,
  );
  const { clientConfig } = stateOf(mallory);
  const joined = await joinGroupExternal(
    info,
    publicPackage,
    privatePackage,
    false,
    cipherSuite,
    undefined,
    clientConfig,
  );
  const commit = encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_public_message",
    publicMessage: joined.publicMessage,
  });
  assert.equal(await refusal(engine, alice, commit), "forbidden");
});

test("[MG15] a KeyPackage, a Welcome and a state of the other suite are refused", async () => {
  const [hybrid, classic] = await Promise.all([engineFor("x-wing"), engineFor("x25519")]);
  const bob = await classic.createKeyPackage(device("bob"), lifetime);
  const group = await hybrid.createGroup(randomBytes(32), device("alice"));
  const refused = await hybrid.commit(group, { kind: "add", keyPackages: [bob.keyPackage] });
  assert.deepEqual(refused, { ok: false, error: { index: 0, reason: "otherSuite" } });
  const { welcome } = valueOf(
    await classic.commit(await classic.createGroup(randomBytes(32), device("carol")), {
      kind: "add",
      keyPackages: [bob.keyPackage],
    }),
  );
  assert.ok(welcome);
  assert.deepEqual(await hybrid.join(welcome, [bob.stored]), {
    ok: false,
    error: "unreadableKeyPackage",
  });
  assert.deepEqual(classic.load(hybrid.save(group)), { ok: false, error: "damaged" });
});

test("[MG15] a KeyPackage names its own suite and nothing else", async () => {
  const engine = await engineFor("x-wing");
  const { keyPackage } = await engine.createKeyPackage(device("bob"), lifetime);
  const message = messageOf(keyPackage);
  assert.ok(message?.wireformat === "mls_key_package");
  assert.deepEqual(message.keyPackage.leafNode.capabilities, {
    versions: ["mls10"],
    ciphersuites: ["MLS_256_XWING_AES256GCM_SHA512_Ed25519"],
    extensions: [],
    proposals: [],
    credentials: ["basic"],
  });
});

/** A suite that shows, as the `nth` public key it makes, this one instead. */
function showing(publicKey: Uint8Array, nth: number): typeof cipherSuite {
  let count = 0;
  return {
    ...cipherSuite,
    hpke: {
      ...cipherSuite.hpke,
      exportPublicKey: async (key) =>
        ++count === nth ? publicKey : await cipherSuite.hpke.exportPublicKey(key),
    },
  };
}

test("[MG23] a Commit with a key of small order is refused: nobody could encrypt to it", async () => {
  const { engine, alice, mallory } = await pair();
  for (const nth of [1, 2]) {
    const commit = await rawCommit(stateOf(mallory), [], false, showing(new Uint8Array(32), nth));
    assert.equal(await refusal(engine, alice, commit), "refused");
  }
  const honest = showing(new Uint8Array(32), 0);
  assert.equal(await refusal(engine, alice, await rawCommit(stateOf(mallory), [], false, honest)), "opened");
});

test("[MG23] a KeyPackage or a Welcome with a key of small order is refused", async () => {
  const { engine, mallory } = await pair();
  const capabilities = {
    versions: ["mls10" as const],
    ciphersuites: [cipherSuite.name],
    extensions: [],
    proposals: [],
    credentials: ["basic" as const],
  };
  const generate = (suite: typeof cipherSuite) =>
    generateKeyPackage(
      { credentialType: "basic", identity: textToBytes("bob") },
      capabilities,
      { notBefore: 0n, notAfter: 2n ** 60n },
      [],
      suite,
    );
  for (const nth of [1, 2]) {
    const { publicPackage } = await generate(showing(new Uint8Array(32), nth));
    const keyPackage = encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_key_package",
      keyPackage: publicPackage,
    });
    const refused = await engine.commit(mallory, { kind: "add", keyPackages: [keyPackage] });
    assert.deepEqual(refused, { ok: false, error: { index: 0, reason: "refused" } });
  }
  const bob = await engine.createKeyPackage(device("bob"), lifetime);
  const message = messageOf(bob.keyPackage);
  assert.ok(message?.wireformat === "mls_key_package");
  for (const [nth, expected] of [
    [0, "joined"],
    [1, "refused"],
  ] as const) {
    const inviter = await generate(showing(new Uint8Array(32), nth));
    const { clientConfig } = stateOf(mallory);
    const { publicPackage, privatePackage } = inviter;
    const state = await createGroup(
      randomBytes(32),
      publicPackage,
      privatePackage,
      [],
      cipherSuite,
      clientConfig,
    );
    const { welcome } = await createCommit(
      { state, cipherSuite, pskIndex: makePskIndex(state, {}) },
      {
        extraProposals: [{ proposalType: "add", add: { keyPackage: message.keyPackage } }],
        ratchetTreeExtension: true,
      },
    );
    assert.ok(welcome);
    const invited = encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
    const joined = await engine.join(invited, [bob.stored]);
    assert.equal(joined.ok ? "joined" : joined.error, expected);
  }
});

test("[MG23] an HPKE key is one that can be encrypted to, in either suite", async () => {
  for (const suite of ["x25519", "x-wing"] as const) {
    const { hpke } = await createCipherSuite(suite, randomBytes);
    const key = await hpke.exportPublicKey((await hpke.generateKeyPair()).publicKey);
    const canBeEncryptedTo = async (bytes: Uint8Array): Promise<boolean> => {
      try {
        await hpke.seal(await hpke.importPublicKey(bytes), PLAIN, PLAIN);
        return true;
      } catch {
        return false;
      }
    };
    const point = key.length - 32;
    const withPoint = (hex: string): Uint8Array => concat(key.subarray(0, point), Uint8Array.fromHex(hex));
    const bad = [
      key.subarray(1),
      new Uint8Array(),
      withPoint("00".repeat(32)),
      withPoint(`01${"00".repeat(31)}`),
      withPoint("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      withPoint("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      withPoint(`ec${"ff".repeat(30)}7f`),
      withPoint(`ed${"ff".repeat(30)}7f`),
      withPoint(`ee${"ff".repeat(30)}ff`),
      ...(suite === "x-wing"
        ? [
            concat(Uint8Array.of(0x01, 0x0d), key.subarray(2)), // the first coefficient is 3329
            concat(key.subarray(0, 1150), Uint8Array.of(0x1f, 0xd0), key.subarray(1152)), // and the last
          ]
        : []),
    ];
    for (const bytes of bad) {
      assert.equal(await canBeEncryptedTo(bytes), false, `${suite} ${bytes.length}`);
      assert.equal(isHpkeKey(suite, bytes), false, `${suite} ${bytes.length}`);
    }
    assert.ok(isHpkeKey(suite, key));
  }
});

test("[MG18] a wipe zeroes what the next state does not share, and nothing of it", async () => {
  const { engine, alice, mallory } = await pair();
  const sealed = await engine.seal(mallory, PLAIN);
  const update = valueOf(await engine.commit(sealed.next, { kind: "update" }));
  const opened = valueOf(await engine.open(alice, sealed.message));
  assert.ok(opened.kind === "application");
  const followed = valueOf(await engine.open(opened.next, update.commit));
  assert.ok(followed.kind === "commit");
  const steps = [
    [mallory, sealed],
    [sealed.next, update],
    [alice, opened],
    [opened.next, followed],
  ] as const;
  for (const [group, step] of steps) {
    const kept = new Set(secretsOf(groupOf(step.next).state));
    const before = [...kept].map((bytes) => bytes.toHex());
    const dropped = secretsOf(groupOf(group).state).filter((bytes) => !kept.has(bytes) && bytes.length > 0);
    step.wipe();
    assert.ok(dropped.length > 0);
    assert.ok(dropped.every((bytes) => bytes.every((byte) => byte === 0)));
    assert.deepEqual(
      [...kept].map((bytes) => bytes.toHex()),
      before,
    );
  }
});

test("[MG19] a saved state holds no key of an opened message and none of an epoch that is over", async () => {
  const { engine, alice, mallory } = await pair();
  const sealed = await engine.seal(mallory, PLAIN);
  const usedSecret = groupOf(alice).state.secretTree[2 * mallory.ownLeaf]?.application.secret.toHex();
  const before = engine.save(alice).secrets.toHex();
  assert.ok(usedSecret && before.includes(usedSecret));
  const opened = valueOf(await engine.open(alice, sealed.message));
  assert.ok(opened.kind === "application");
  for (const half of Object.values(engine.save(opened.next))) assert.ok(!half.toHex().includes(usedSecret));
  const epochSecrets = Object.values({ ...groupOf(opened.next).state.keySchedule });
  const leafKey = groupOf(opened.next).state.privatePath.privateKeys[2 * alice.ownLeaf]?.toHex();
  const update = valueOf(await engine.commit(opened.next, { kind: "update" }));
  const saved = engine.save(update.next);
  const after = `${saved.tree.toHex()} ${saved.secrets.toHex()}`;
  assert.ok(epochSecrets.every((secret) => !after.includes(secret.toHex())));
  assert.ok(leafKey && !after.includes(leafKey));
  assert.equal(groupOf(update.next).state.historicalReceiverData.size, 0);
});

test("[MG19] the private key of a node that a Remove blanked is forgotten", async () => {
  const { engine, alice } = await pair();
  const carol = await engine.createKeyPackage(device("carol"), lifetime);
  const added = valueOf(await engine.commit(alice, { kind: "add", keyPackages: [carol.keyPackage] }));
  const updated = valueOf(await engine.commit(added.next, { kind: "update" }));
  const removed = valueOf(await engine.commit(updated.next, { kind: "remove", leaves: [1] }));
  const { privatePath, ratchetTree } = groupOf(removed.next).state;
  for (const node of Object.keys(privatePath.privateKeys)) assert.ok(ratchetTree[Number(node)]);
});

test("[MG20] ts-mls is patched, and a runtime without WebCrypto is an answer", async () => {
  assert.equal(sottoTreePatch, 1);
  const real = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  assert.ok(real);
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: undefined }, configurable: true });
  try {
    const ports = { suite: "x-wing", authenticate: () => true, clock: () => now, randomBytes } as const;
    assert.deepEqual(await createTsMlsEngine(ports), { ok: false, error: "cryptoUnsupported" });
  } finally {
    Object.defineProperty(globalThis, "crypto", real);
  }
});

test("[MG9] hostile MLSMessages of every kind are values: no input throws", async () => {
  const { engine, alice, mallory } = await pair();
  const update = valueOf(await engine.commit(mallory, { kind: "update" }));
  const { keyPackage } = await engine.createKeyPackage(device("x"), lifetime);
  const sealed = await engine.seal(mallory, PLAIN);
  for (const whole of [update.commit, keyPackage, sealed.message]) {
    for (let length = 0; length < whole.length; length += 7) {
      assert.notEqual(await refusal(engine, alice, whole.subarray(0, length)), "opened");
      const noise = concat(whole.subarray(0, length), randomBytes(whole.length - length));
      assert.notEqual(await refusal(engine, alice, noise), "opened");
      const joined = await engine.join(noise, []);
      assert.ok(!joined.ok);
    }
  }
});

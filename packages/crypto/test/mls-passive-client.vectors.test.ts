import assert from "node:assert/strict";
import {
  bytesToBase64,
  decodeMlsMessage,
  joinGroup,
  makePskIndex,
  processPrivateMessage,
  processPublicMessage,
  type CiphersuiteImpl,
  type ClientState,
} from "ts-mls";
import type { RandomBytes } from "@sotto/protocol";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { joinWith } from "../src/mls/joining.ts";
import { decoded, hex, isHex, testSuiteVectors } from "./mls-vectors.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

type PassiveClient = {
  cipher_suite: number;
  external_psks: { psk_id: string; psk: string }[];
  key_package: string;
  signature_priv: string;
  encryption_priv: string;
  init_priv: string;
  welcome: string;
  ratchet_tree: string | null;
  initial_epoch_authenticator: string;
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[];
};

async function follow(one: PassiveClient, suite: CiphersuiteImpl): Promise<void> {
  const keyPackage = decoded(decodeMlsMessage, one.key_package);
  const welcome = decoded(decodeMlsMessage, one.welcome);
  assert.ok(keyPackage.wireformat === "mls_key_package" && welcome.wireformat === "mls_welcome");
  const psks = Object.fromEntries(
    one.external_psks.map((psk) => [bytesToBase64(hex(psk.psk_id)), hex(psk.psk)]),
  );
  let state = await joinGroup(
    welcome.welcome,
    keyPackage.keyPackage,
    {
      signaturePrivateKey: hex(one.signature_priv),
      hpkePrivateKey: hex(one.encryption_priv),
      initPrivateKey: hex(one.init_priv),
    },
    makePskIndex(undefined, psks),
    suite,
    one.ratchet_tree === null ? undefined : decoded(decodeRatchetTree, one.ratchet_tree),
  );
  isHex(state.keySchedule.epochAuthenticator, one.initial_epoch_authenticator);
  for (const epoch of one.epochs) {
    for (const message of [...epoch.proposals, epoch.commit]) {
      state = await processed(state, message, psks, suite);
    }
    isHex(state.keySchedule.epochAuthenticator, epoch.epoch_authenticator);
  }
}

async function processed(
  state: ClientState,
  bytes: string,
  psks: Record<string, Uint8Array>,
  suite: CiphersuiteImpl,
): Promise<ClientState> {
  const message = decoded(decodeMlsMessage, bytes);
  const index = makePskIndex(state, psks);
  if (message.wireformat === "mls_private_message") {
    return (await processPrivateMessage(state, message.privateMessage, index, suite)).newState;
  }
  assert.ok(message.wireformat === "mls_public_message");
  return (await processPublicMessage(state, message.publicMessage, index, suite)).newState;
}

/** Our own way in: without PSKs and extensions, which are refused, and with the tree inside the Welcome. */
async function join(one: PassiveClient, suite: CiphersuiteImpl): Promise<void> {
  const keyPackage = decoded(decodeMlsMessage, one.key_package);
  const message = decoded(decodeMlsMessage, one.welcome);
  assert.ok(keyPackage.wireformat === "mls_key_package" && message.wireformat === "mls_welcome");
  const ports = { suite: "x25519", authenticate: () => true, clock: Date.now, randomBytes } as const;
  const joined = await joinWith({ ...ports, cipherSuite: suite }, message.welcome, {
    publicPackage: keyPackage.keyPackage,
    privatePackage: {
      signaturePrivateKey: hex(one.signature_priv),
      hpkePrivateKey: hex(one.encryption_priv),
      initPrivateKey: hex(one.init_priv),
    },
  });
  if (one.external_psks.length > 0 || one.ratchet_tree !== null) assert.ok(!joined.ok);
  else {
    assert.ok(joined.ok);
    isHex(joined.value.state.keySchedule.epochAuthenticator, one.initial_epoch_authenticator);
  }
}

testSuiteVectors<PassiveClient>("passive-client-welcome.json", join, [1]);
testSuiteVectors<PassiveClient>("passive-client-welcome.json", follow);
testSuiteVectors<PassiveClient>("passive-client-handling-commit.json", follow);

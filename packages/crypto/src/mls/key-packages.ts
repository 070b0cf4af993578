/** KeyPackages: making one, and judging one before its device is added. RFC 9420 section 10. */
import { equalBytes, err, ok, type Result } from "@sotto/protocol";
import {
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type Capabilities,
  type KeyPackage,
  type Lifetime as MlsLifetime,
  type PrivateKeyPackage,
} from "ts-mls";
import { makeKeyPackageRef, verifyKeyPackage } from "ts-mls/keyPackage.js";
import { verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { SUITE_NAME, SUITE_NUMBER } from "./cipher-suite.ts";
import { membersOf, Questions, type Context } from "./context.ts";
import type { DeviceSigner, KeyPackageFailure, Lifetime, NewKeyPackage, Suite } from "./engine.ts";
import { messageOf } from "./exact.ts";
import { isHpkeKey } from "./hpke-keys.ts";
import { encodeStoredKeyPackage } from "./stored-key-package.ts";
import type { StatePart } from "./stored-state.ts";

const FOR_EVER: MlsLifetime = { notBefore: 0n, notAfter: 2n ** 63n - 1n };

const capabilities = (suite: Suite): Capabilities => ({
  versions: ["mls10"],
  ciphersuites: [SUITE_NAME[suite]],
  extensions: [],
  proposals: [],
  credentials: ["basic"],
});

const seconds = (milliseconds: number): bigint => BigInt(Math.floor(milliseconds / 1000));

type Pair = { readonly publicPackage: KeyPackage; readonly privatePackage: PrivateKeyPackage };

/** Without a lifetime: the leaf of a group's first member, which nobody adds. */
export function generatePair(context: Context, device: DeviceSigner, lifetime?: Lifetime): Promise<Pair> {
  return generateKeyPackageWithKey(
    { credentialType: "basic", identity: device.credential.slice() },
    capabilities(context.suite),
    lifetime ? { notBefore: seconds(lifetime.notBefore), notAfter: seconds(lifetime.notAfter) } : FOR_EVER,
    [],
    {
      signKey: device.privateKey.expose((bytes) => bytes.slice()),
      publicKey: device.publicKey.slice(),
    },
    context.cipherSuite,
  );
}

export async function createKeyPackage(
  context: Context,
  device: DeviceSigner,
  lifetime: Lifetime,
): Promise<NewKeyPackage> {
  const { publicPackage, privatePackage } = await generatePair(context, device, lifetime);
  const stored = encodeStoredKeyPackage(SUITE_NUMBER[context.suite], publicPackage, privatePackage);
  wipeKeyPackage(privatePackage);
  return {
    keyPackage: encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_key_package",
      keyPackage: publicPackage,
    }),
    stored,
    reference: await makeKeyPackageRef(publicPackage, context.cipherSuite.hash),
  };
}

export function wipeKeyPackage(keys: PrivateKeyPackage): void {
  keys.initPrivateKey.fill(0);
  keys.hpkePrivateKey.fill(0);
  keys.signaturePrivateKey.fill(0);
}

/** Whether a device may be added to a group. ts-mls checks most of this again, and says nothing of which failed. */
export async function vetKeyPackage(
  context: Context,
  group: StatePart,
  bytes: Uint8Array,
): Promise<Result<KeyPackage, KeyPackageFailure>> {
  const message = messageOf(bytes);
  if (message?.wireformat !== "mls_key_package") return err("malformed");
  const { keyPackage } = message;
  const { leafNode } = keyPackage;
  if (message.version !== "mls10" || keyPackage.version !== "mls10") return err("otherSuite");
  if (keyPackage.cipherSuite !== context.cipherSuite.name) return err("otherSuite");
  if (!(await isSound(context, keyPackage))) return err("refused");
  const now = seconds(context.clock());
  if (leafNode.lifetime.notBefore > now || leafNode.lifetime.notAfter < now) return err("expired");
  const isMember = membersOf(group.ratchetTree).some((one) =>
    equalBytes(one.signatureKey, leafNode.signaturePublicKey),
  );
  if (isMember) return err("alreadyMember");
  const questions = new Questions(context.authenticate);
  const isAuthentic = await questions.ask(leafNode.credential, leafNode.signaturePublicKey);
  questions.rethrowFault();
  return isAuthentic ? ok(keyPackage) : err("unauthenticated");
}

/** Signed by its leaf key, leaf and whole, and both HPKE keys can be encrypted to. */
async function isSound({ suite, cipherSuite }: Context, keyPackage: KeyPackage): Promise<boolean> {
  const { signature } = cipherSuite;
  try {
    return (
      isHpkeKey(suite, keyPackage.initKey) &&
      isHpkeKey(suite, keyPackage.leafNode.hpkePublicKey) &&
      (await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, signature)) &&
      (await verifyKeyPackage(keyPackage, signature))
    );
  } catch {
    return false;
  }
}

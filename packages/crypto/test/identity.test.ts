import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decode,
  encode,
  identityBodyBytes,
  identityChain,
  Secret,
  type Device,
  type IdentityChain,
  type IdentityEntry,
} from "@sotto/protocol";
import {
  checkCredential,
  isContinuation,
  validDevice,
  verifyChain,
  type ChainFailure,
  type VerifiedChain,
} from "@sotto/verify";
import { readerKey } from "../src/channel/reader-key.ts";
import {
  accountIdOf,
  addDevice,
  appendEntry,
  createChain,
  deviceSigner,
  newDevice,
  revokeDevice,
} from "../src/identity/identity.ts";
import { sign, signingKey, type SigningKey } from "../src/keys.ts";

const secret = (fill: number): Secret => new Secret(new Uint8Array(32).fill(fill));
const keyed = (fill: number): SigningKey => signingKey(secret(fill));

const identity = keyed(1);
const recovery = keyed(2);
const leaf = keyed(3);
const phone = newDevice(leaf.publicKey, "web", 1_700_000_000_000);
const laptop = newDevice(keyed(4).publicKey, "launcher", 1_700_000_100_000);
const chain = createChain({ identity, recovery }, [phone]);
const accountId = accountIdOf(chain);

function verified(of: IdentityChain): VerifiedChain {
  const result = verifyChain(of, accountId);
  assert.ok(result.ok, `refused: ${result.ok ? "" : result.error}`);
  return result.value;
}
const failureOf = (of: IdentityChain, account = accountId): ChainFailure | "verified" => {
  const result = verifyChain(of, account);
  return result.ok ? "verified" : result.error;
};

type Body = Pick<IdentityEntry, "identityKey" | "recoveryKey" | "devices">;
const bodyOf = (entry: IdentityEntry): Body => ({
  identityKey: entry.identityKey,
  recoveryKey: entry.recoveryKey,
  devices: entry.devices,
});
/** The next entry as somebody writes it who keeps to no rule. */
function forgedEntry(
  after: IdentityChain,
  body: Body,
  byIdentity?: SigningKey,
  byRecovery?: SigningKey,
): IdentityChain {
  const bytes = identityBodyBytes(after.length, verified(after).head, body);
  const entry = {
    ...body,
    byIdentity: byIdentity && sign(byIdentity, bytes),
    byRecovery: byRecovery && sign(byRecovery, bytes),
  };
  return [...after, entry];
}
const first = chain[0];
assert.ok(first);
const same = bodyOf(first);

test("[ID1] a first entry is signed by both its keys, and its hash is the account", () => {
  const { head, hashes, devices, identityKey, recoveryKey, firstIdentityKey } = verified(chain);
  assert.deepEqual(hashes, [head]);
  assert.deepEqual(devices, [phone]);
  assert.deepEqual(
    [identityKey, recoveryKey, firstIdentityKey],
    [identity.publicKey, recovery.publicKey, identity.publicKey],
  );
  assert.equal(failureOf(chain, new Uint8Array(32)), "otherAccount");
  assert.equal(failureOf([]), "empty");
  assert.equal(failureOf([{ ...first, byRecovery: undefined }]), "signature");
  assert.equal(failureOf([{ ...first, byIdentity: undefined }]), "signature");
  assert.equal(failureOf([{ ...first, byIdentity: first.byRecovery }]), "signature");
});

test("[ID1] no field of the first entry can be changed under the same account", () => {
  const others: Partial<Body>[] = [
    { identityKey: keyed(9).publicKey },
    { recoveryKey: keyed(9).publicKey },
    { devices: [] },
    { devices: [{ ...phone, kind: "cli" }] },
    { devices: [{ ...phone, notBefore: 0 }] },
    { devices: [{ ...phone, revoked: true }] },
  ];
  for (const other of others) assert.equal(failureOf([{ ...first, ...other }]), "otherAccount");
});

test("[ID2] the identity key adds a device; the chain goes on from the one before", () => {
  const longer = addDevice(chain, laptop, identity);
  assert.deepEqual(verified(longer).devices, [phone, laptop]);
  assert.deepEqual(verified(longer).hashes[0], verified(chain).head);
  assert.ok(isContinuation(verified(chain), verified(longer)));
  assert.ok(isContinuation(verified(chain), verified(chain)));
  assert.ok(!isContinuation(verified(longer), verified(chain)));
  const branch = addDevice(chain, { ...laptop, kind: "cli" }, identity);
  assert.ok(!isContinuation(verified(longer), verified(branch)));
});

test("[ID2] an entry by anybody else, by the newest key instead of the one before, or by nobody is refused", () => {
  const body = { ...same, identityKey: keyed(9).publicKey };
  assert.equal(failureOf(forgedEntry(chain, body, identity)), "verified");
  assert.equal(failureOf(forgedEntry(chain, body, keyed(9))), "signature");
  assert.equal(failureOf(forgedEntry(chain, body, leaf)), "signature");
  assert.equal(failureOf(forgedEntry(chain, body)), "signature");
  assert.equal(failureOf(forgedEntry(chain, body, identity, keyed(9))), "signature");
});

test("[ID3] only the recovery key changes the recovery key", () => {
  const body = { ...same, recoveryKey: keyed(9).publicKey };
  assert.equal(failureOf(forgedEntry(chain, body, identity)), "signature");
  assert.equal(failureOf(forgedEntry(chain, body, undefined, recovery)), "verified");
  assert.equal(failureOf(forgedEntry(chain, body, identity, recovery)), "verified");
});

test("[ID3] with the recovery key a stolen identity key is replaced, and the thief's entries are a branch", () => {
  const stolen = addDevice(chain, newDevice(keyed(8).publicKey, "cli", 1), identity);
  const rescued = revokeDevice(stolen, keyed(8).publicKey, keyed(7).publicKey, {
    by: "recovery",
    key: recovery,
  });
  assert.equal(validDevice(verified(rescued), keyed(8).publicKey), undefined);
  assert.equal(failureOf(forgedEntry(rescued, bodyOf(rescued.at(-1) ?? first), identity)), "signature");
});

test("[ID4] a device stands once, and who was revoked or left out never comes back", () => {
  const twice = { ...same, devices: [phone, { ...phone, revoked: true }] };
  assert.equal(failureOf(forgedEntry(chain, twice, identity)), "devices");
  const both = addDevice(chain, laptop, identity);
  const next = keyed(9);
  const gone = revokeDevice(both, phone.leafKey, next.publicKey, { by: "identity", key: identity });
  assert.deepEqual(
    verified(gone).devices.map((device) => device.revoked),
    [true, false],
  );
  const back = (devices: readonly Device[]): IdentityChain =>
    forgedEntry(gone, { ...bodyOf(gone.at(-1) ?? first), devices }, next);
  assert.equal(failureOf(back([phone, laptop])), "devices");
  const dropped = back([laptop]);
  assert.equal(failureOf(dropped), "verified");
  const after = { ...bodyOf(gone.at(-1) ?? first), devices: [laptop, phone] };
  assert.equal(failureOf(forgedEntry(dropped, after, next)), "devices");
});

test("[ID5] a device goes only together with the identity key it knew", () => {
  const both = addDevice(chain, laptop, identity);
  const body = bodyOf(both.at(-1) ?? first);
  const revoked = [{ ...phone, revoked: true }, laptop];
  assert.equal(failureOf(forgedEntry(both, { ...body, devices: revoked }, identity)), "identityKeyKept");
  assert.equal(failureOf(forgedEntry(both, { ...body, devices: [laptop] }, identity)), "identityKeyKept");
  const replaced = { ...body, devices: revoked, identityKey: keyed(9).publicKey };
  assert.equal(failureOf(forgedEntry(both, replaced, identity)), "verified");
});

test("[ID2] a chain survives the wire, and one that was cut or put in another order does not verify", () => {
  const three = appendEntry(addDevice(chain, laptop, identity), {}, { by: "identity", key: identity });
  const read = decode(identityChain, encode(identityChain, three));
  assert.ok(read.ok);
  assert.deepEqual(verified(read.value), verified(three));
  assert.notEqual(failureOf(three.slice(1)), "verified");
  assert.notEqual(failureOf([three[0] ?? first, three[2] ?? first, three[1] ?? first]), "verified");
  assert.notEqual(failureOf([three[0] ?? first, three[2] ?? first]), "verified");
});

test("[ID2] appending to a chain that does not verify, or with another's key, is a bug", () => {
  const broken = [{ ...first, byRecovery: undefined }];
  assert.throws(() => addDevice(broken, laptop, identity), { name: "InvariantError" });
  assert.throws(() => addDevice(chain, laptop, keyed(9)), { name: "InvariantError" });
});

const reader = readerKey(secret(5));
const signer = deviceSigner(verified(chain), { leaf, reader });
const chainOf =
  (...known: readonly IdentityChain[]) =>
  (id: Uint8Array): VerifiedChain | undefined =>
    known.map(verified).find((one) => one.accountId.toHex() === id.toHex());
const check = (credential: Uint8Array, leafKey: Uint8Array, of = chainOf(chain)): string => {
  const result = checkCredential(credential, leafKey, of);
  return result.ok ? "genuine" : result.error;
};

test("[ID6] a Credential holds for the leaf key of a device of its account", () => {
  const result = checkCredential(signer.credential, leaf.publicKey, chainOf(chain));
  assert.ok(result.ok);
  assert.deepEqual(result.value.device, phone);
  assert.deepEqual(result.value.credential.accountId, accountId);
  assert.deepEqual(result.value.credential.readerKey, reader.publicKey);
});

test("[ID6] what cannot be decided is refused", () => {
  assert.equal(check(signer.credential.subarray(1), leaf.publicKey), "malformed");
  assert.equal(check(new Uint8Array(), leaf.publicKey), "malformed");
  assert.equal(check(signer.credential, leaf.publicKey, chainOf()), "unknownAccount");
  assert.equal(check(signer.credential, laptop.leafKey), "notADevice");
  const other = new Uint8Array(32).fill(9);
  const headed = deviceSigner({ ...verified(chain), head: other }, { leaf, reader });
  assert.equal(check(headed.credential, leaf.publicKey), "unknownEntry");
  const elsewhere = deviceSigner({ ...verified(chain), accountId: other }, { leaf, reader });
  assert.equal(check(elsewhere.credential, leaf.publicKey), "unknownAccount");
});

test("[ID6] a Credential of an earlier entry holds while its device does", () => {
  const both = addDevice(chain, laptop, identity);
  assert.equal(check(signer.credential, leaf.publicKey, chainOf(both)), "genuine");
  const gone = revokeDevice(both, phone.leafKey, keyed(9).publicKey, { by: "identity", key: identity });
  assert.equal(check(signer.credential, leaf.publicKey, chainOf(gone)), "notADevice");
});

test("[ID7] a reader key that is no point of the prime-order subgroup is refused", () => {
  const bad = [
    "0100000000000000000000000000000000000000000000000000000000000000", // the identity
    "0000000000000000000000000000000000000000000000000000000000000000", // of order 4
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // of order 8
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p: not canonical
    "0200000000000000000000000000000000000000000000000000000000000000", // not on the curve
  ];
  for (const point of bad) {
    const keys = { leaf, reader: { ...reader, publicKey: Uint8Array.fromHex(point) } };
    assert.equal(check(deviceSigner(verified(chain), keys).credential, leaf.publicKey), "readerKey");
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bytesToPayload,
  encode,
  kitToText,
  recoveryKit,
  Secret,
  textToKit,
  type RecoveryKit,
} from "@sotto/protocol";
import vectors from "../../../vectors/recovery.json" with { type: "json" };
import { anyOrigin } from "./arbitraries.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kitOf = (accountId: Uint8Array, seed: Uint8Array, relayUrl: string): RecoveryKit => ({
  version: 1,
  accountId,
  recoverySeed: new Secret(seed.slice()),
  relayUrl,
});
const kit = kitOf(Uint8Array.fromHex(vectors.accountId), Uint8Array.fromHex(vectors.seed), vectors.relayUrl);
const problemOf = (text: string): string => {
  const read = textToKit(text);
  return read.ok ? "a kit" : read.error;
};

test("[RK1] a kit comes back from its text, whatever white space was added", () => {
  assert.equal(kitToText(kit), vectors.kit);
  fc.assert(
    fc.property(bytes32, bytes32, anyOrigin, (accountId, seed, relayUrl) => {
      const text = kitToText(kitOf(accountId, seed, relayUrl));
      const read = textToKit(`\n${text.slice(0, 30)} \t${text.slice(30)}\r\n`);
      assert.ok(read.ok);
      assert.deepEqual(read.value.accountId, accountId);
      assert.equal(read.value.relayUrl, relayUrl);
      read.value.recoverySeed.expose((bytes) => assert.deepEqual(bytes, seed));
      assert.equal(kitToText(read.value), text);
    }),
  );
});

test("[RK2] what is no kit, a damaged one and a newer one are told apart", () => {
  for (const text of [
    "",
    "hello",
    "sotto-safety:1:abc",
    `x${vectors.kit}`,
    `${vectors.kit}:`,
    "a".repeat(9_999),
  ])
    assert.equal(problemOf(text), "not-a-kit");
  const payload = vectors.kit.slice("sotto-kit:".length);
  for (let at = 0; at < payload.length; at++) {
    const other = payload[at] === "A" ? "B" : "A";
    assert.equal(problemOf(`sotto-kit:${payload.slice(0, at)}${other}${payload.slice(at + 1)}`), "damaged");
    assert.equal(problemOf(`sotto-kit:${payload.slice(0, at)}`), "damaged");
  }
  const bytes = encode(recoveryKit, kit);
  assert.equal(problemOf(`sotto-kit:${bytesToPayload(bytes.with(0, 2))}`), "newer");
  assert.equal(problemOf(`sotto-kit:${bytesToPayload(bytes.with(0, 0))}`), "damaged");
  const elsewhere = encode(recoveryKit, { ...kit, relayUrl: "https://relay.example/path" });
  assert.equal(problemOf(`sotto-kit:${bytesToPayload(elsewhere)}`), "damaged");
  fc.assert(fc.property(fc.string(), (text) => assert.notEqual(problemOf(`sotto-kit:${text}`), "a kit")));
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  accountIdBytes,
  backupPutBytes,
  bindBytes,
  commitBytes,
  commitContentBytes,
  createBytes,
  decode,
  epochKeys,
  firstHeadBytes,
  helloBytes,
  identityBodyBytes,
  identityEntry,
  identityHashBytes,
  inboxCreateBytes,
  inboxOpenBytes,
  knockBytes,
  nextHeadBytes,
  openReadBytes,
  openWriteBytes,
  policy,
  receiptBytes,
  RUNGS,
  type Codec,
} from "@sotto/protocol";
import * as signed from "../src/signed.ts";
import vectors from "../../../vectors/signed.json" with { type: "json" };

type Given = Readonly<Record<string, string | number | readonly string[] | null>>;

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** The inputs of one vector, each by its name. */
class Input {
  readonly #given: Given;
  constructor(given: Given) {
    this.#given = given;
  }
  bytes(name: string): Uint8Array {
    const value = this.#given[name];
    assert.ok(typeof value === "string", name);
    return Uint8Array.fromHex(value);
  }
  maybeBytes(name: string): Uint8Array | undefined {
    return (this.#given[name] ?? null) === null ? undefined : this.bytes(name);
  }
  list(name: string): Uint8Array[] {
    const value = this.#given[name];
    assert.ok(Array.isArray(value), name);
    return value.map((item: string) => Uint8Array.fromHex(item));
  }
  number(name: string): number {
    const value = this.#given[name];
    assert.ok(typeof value === "number", name);
    return value;
  }
  word<W extends string>(name: string, words: readonly W[]): W | undefined {
    const value = this.#given[name];
    const found = words.find((word) => word === value);
    assert.equal(found ?? null, value, name);
    return found;
  }
  encoded<T>(name: string, codec: Codec<T>): T {
    const decoded = decode(codec, this.bytes(name));
    assert.ok(decoded.ok, name);
    return decoded.value;
  }
}

const layouts: Readonly<Record<string, (input: Input) => Uint8Array>> = {
  helloBytes: (input) =>
    helloBytes({
      relayId: input.bytes("relayId"),
      clientNonce: input.bytes("clientNonce"),
      relayNonce: input.bytes("relayNonce"),
      time: input.number("time"),
      policy: input.encoded("policy", policy),
    }),
  createBytes: (input) =>
    createBytes(input.bytes("relayId"), input.bytes("cid"), input.encoded("keys", epochKeys)),
  openWriteBytes: (input) =>
    openWriteBytes(input.bytes("relayId"), input.bytes("cid"), input.number("epoch"), input.bytes("nonce")),
  openReadBytes: (input) =>
    openReadBytes(input.bytes("relayId"), input.bytes("cid"), input.number("epoch"), input.bytes("nonce")),
  commitBytes: (input) =>
    commitBytes(sha256, {
      relayId: input.bytes("relayId"),
      cid: input.bytes("cid"),
      epoch: input.number("epoch"),
      body: input.bytes("body"),
      next: input.encoded("next", epochKeys),
    }),
  bindBytes: (input) =>
    bindBytes(sha256, {
      cid: input.bytes("cid"),
      epoch: input.number("epoch"),
      mlsCommit: input.bytes("mlsCommit"),
      welcome: input.maybeBytes("welcome"),
      next: input.encoded("next", epochKeys),
      roster: input.maybeBytes("roster"),
    }),
  knockBytes: (input) =>
    knockBytes({
      groupId: input.bytes("groupId"),
      cid: input.bytes("cid"),
      epoch: input.number("epoch"),
      accountId: input.bytes("accountId"),
      adminId: input.bytes("adminId"),
    }),
  receiptBytes: (input) =>
    receiptBytes(
      input.bytes("relayId"),
      input.bytes("cid"),
      input.number("seq"),
      input.number("epoch"),
      input.bytes("head"),
    ),
  inboxCreateBytes: (input) =>
    inboxCreateBytes(input.bytes("relayId"), {
      inboxId: input.bytes("inboxId"),
      readers: input.list("readers"),
      postTokenHashes: input.list("postTokenHashes"),
    }),
  inboxOpenBytes: (input) =>
    inboxOpenBytes(input.bytes("relayId"), input.bytes("inboxId"), input.bytes("nonce")),
  backupPutBytes: (input) =>
    backupPutBytes(sha256, {
      relayId: input.bytes("relayId"),
      name: input.bytes("name"),
      number: input.number("number"),
      sealed: input.bytes("sealed"),
    }),
  firstHeadBytes: (input) =>
    firstHeadBytes(input.bytes("relayId"), input.bytes("cid"), input.encoded("keys", epochKeys)),
  commitContentBytes: (input) =>
    commitContentBytes({
      body: input.bytes("body"),
      next: input.encoded("next", epochKeys),
      signature: input.bytes("signature"),
      adminSignature: input.maybeBytes("adminSignature"),
    }),
  nextHeadBytes: (input) =>
    nextHeadBytes(input.bytes("head"), {
      seq: input.number("seq"),
      epoch: input.number("epoch"),
      time: input.number("time"),
      was: input.word("was", ["message", "commit"]) ?? assert.fail("was"),
      rung: input.word("rung", RUNGS),
      messageId: input.maybeBytes("messageId"),
      commitment: input.maybeBytes("commitment"),
      contentHash: input.bytes("contentHash"),
    }),
  identityBodyBytes: (input) =>
    identityBodyBytes(input.number("number"), input.bytes("previous"), input.encoded("entry", identityEntry)),
  identityHashBytes: (input) => identityHashBytes(input.bytes("body")),
  accountIdBytes: (input) => accountIdBytes(input.bytes("firstHash")),
};

for (const { name, layout, input, bytes } of vectors.layouts)
  test(`[${name}] ${layout}`, () => {
    const write = layouts[layout];
    assert.ok(write);
    assert.equal(write(new Input(input as unknown as Given)).toHex(), bytes);
  });

test("[W13] every layout has a vector", () => {
  const tried = new Set(vectors.layouts.map(({ layout }) => layout));
  assert.deepEqual(tried, new Set(Object.keys(layouts)));
  for (const name of Object.keys(signed)) assert.ok(tried.has(name), name);
});

test("[W13] no two vectors give the same bytes, so no signature means two things", () => {
  assert.equal(new Set(vectors.layouts.map(({ bytes }) => bytes)).size, vectors.layouts.length);
});

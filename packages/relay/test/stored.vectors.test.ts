import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@sotto/protocol";
import { valueToJson } from "../../protocol/test/value-json.ts";
import vectors from "../../../vectors/relay-stored.json" with { type: "json" };
import { bytesToGrant, grantToBytes } from "../src/blob-token.ts";
import { bytesToTicket, ticketToBytes } from "../src/ticket.ts";
import { formats, keyRing } from "./stored-formats.ts";

const formatOf = (name: string) => formats.find((one) => one.name === name);

for (const { name, format, bytes, value } of vectors.accept) {
  const codec = formatOf(format)?.codec;
  if (codec)
    test(`[${name}] accepted, and written back byte for byte`, () => {
      const decoded = decode(codec, Uint8Array.fromHex(bytes));
      assert.ok(decoded.ok);
      assert.deepEqual(valueToJson(decoded.value), value);
      assert.equal(encode(codec, decoded.value).toHex(), bytes);
    });
}

for (const { name, format, bytes, offset } of vectors.reject) {
  const codec = formatOf(format)?.codec;
  if (codec)
    test(`[${name}] refused at byte ${offset}`, () => {
      const decoded = decode(codec, Uint8Array.fromHex(bytes));
      assert.equal(decoded.ok ? "accepted" : decoded.error.offset, offset);
    });
}

for (const { name, bytes, value } of vectors.tickets)
  test(`[${name}] names what it was made for, and is made again byte for byte`, () => {
    const ticket = bytesToTicket(keyRing, Uint8Array.fromHex(bytes), value.until);
    assert.ok(ticket);
    assert.deepEqual(valueToJson(ticket), value);
    assert.equal(ticketToBytes(keyRing, ticket).toHex(), bytes);
  });

for (const { name, blobId, bytes, value } of vectors.blobTokens)
  test(`[${name}] grants what it was made for, and is made again byte for byte`, () => {
    const id = Uint8Array.fromHex(blobId);
    const grant = bytesToGrant(keyRing, id, Uint8Array.fromHex(bytes));
    assert.ok(grant);
    assert.deepEqual(valueToJson(grant), value);
    assert.equal(grantToBytes(keyRing, id, grant).toHex(), bytes);
  });

test("[ST25] every format has a vector that is accepted and one that is refused", () => {
  for (const { name } of formats)
    for (const list of [vectors.accept, vectors.reject])
      assert.ok(
        list.some(({ format }) => format === name),
        name,
      );
  assert.ok(vectors.tickets.length > 0 && vectors.blobTokens.length > 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, encode } from "@sotto/protocol";
import { bytesToGrant, grantToBytes } from "../src/blob-token.ts";
import { bytesToTicket, ticketToBytes } from "../src/ticket.ts";
import { blobGrants, formats, keyRing, tickets } from "./stored-formats.ts";

const noise = fc.uint8Array({ maxLength: 400 });
/** Nearly valid bytes reach deeper into a decoder than noise does. */
const damaged = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(valid, fc.nat(), fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 2 }))
    .map(([bytes, at, cut, added]) =>
      Uint8Array.from([...bytes].toSpliced(at % (bytes.length + 1), cut, ...added)),
    );

for (const { name, codec, values } of formats) {
  const valid = values.map((value) => encode(codec, value));

  test(`[ST25] ${name}: what is stored is read back unchanged`, () =>
    fc.assert(
      fc.property(values, (value) => {
        const decoded = decode(codec, encode(codec, value));
        assert.ok(decoded.ok);
        assert.deepEqual(decoded.value, value);
      }),
    ));

  test(`[ST26] ${name}: decoding never throws, and each value has one encoding`, () =>
    fc.assert(
      fc.property(fc.oneof(noise, damaged(valid)), (input) => {
        const decoded = decode(codec, input);
        if (decoded.ok) assert.deepEqual(encode(codec, decoded.value), input);
      }),
    ));
}

test("[CH7] a ticket names what it was made for until it expires, and nothing after", () =>
  fc.assert(
    fc.property(tickets, (ticket) => {
      const bytes = ticketToBytes(keyRing, ticket);
      assert.deepEqual(bytesToTicket(keyRing, bytes, ticket.until), ticket);
      assert.equal(bytesToTicket(keyRing, bytes, ticket.until + 1), undefined);
    }),
  ));

test("[CH7] whatever the bytes of a ticket are, reading them gives one this service made, or nothing", () =>
  fc.assert(
    fc.property(fc.oneof(noise, damaged(tickets.map((one) => ticketToBytes(keyRing, one)))), (input) => {
      const ticket = bytesToTicket(keyRing, input, 0);
      if (ticket) assert.deepEqual(ticketToBytes(keyRing, ticket), input);
    }),
  ));

const blobId = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("[BL2] a blob's token names what was granted for its id, and nothing for another", () =>
  fc.assert(
    fc.property(blobGrants, blobId, blobId, (grant, id, other) => {
      const bytes = grantToBytes(keyRing, id, grant);
      assert.deepEqual(bytesToGrant(keyRing, id, bytes), grant);
      if (id.toHex() !== other.toHex()) assert.equal(bytesToGrant(keyRing, other, bytes), undefined);
    }),
  ));

test("[BL2] whatever the bytes of a blob's token are, reading them gives a grant this service made, or nothing", () => {
  const id = new Uint8Array(32).fill(9);
  const valid = blobGrants.map((grant) => grantToBytes(keyRing, id, grant));
  fc.assert(
    fc.property(
      fc.oneof(noise, damaged(valid), damaged(tickets.map((one) => ticketToBytes(keyRing, one)))),
      (input) => {
        const grant = bytesToGrant(keyRing, id, input);
        if (grant) assert.deepEqual(grantToBytes(keyRing, id, grant), input);
      },
    ),
  );
});

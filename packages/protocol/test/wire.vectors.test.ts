import assert from "node:assert/strict";
import { test } from "node:test";
import {
  contactCard,
  credentialCodec,
  decode,
  decodeReply,
  decodeRequest,
  encode,
  encodeReply,
  encodeRequest,
  endpoint,
  entryCodec,
  envelope,
  fileContent,
  epochKeys,
  identityChain,
  identityEntry,
  adminKeyPost,
  forwardContent,
  groupInvitation,
  invitation,
  knockPost,
  pinContent,
  roster,
  policy,
  readBurnContent,
  profileContent,
  shelfItem,
  textContent,
  wasReadContent,
  type Codec,
  type Malformed,
  type Result,
} from "@sotto/protocol";
import vectors from "../../../vectors/wire.json" with { type: "json" };
import { entries, replies, requests } from "./arbitraries.ts";
import { valueToJson } from "./value-json.ts";

interface Format {
  read(bytes: Uint8Array): Result<unknown, Malformed>;
  write(value: unknown): Uint8Array;
}
const of = <T>(codec: Codec<T>): Format => ({
  read: (bytes) => decode(codec, bytes),
  write: (value) => encode(codec, value as T),
});
const frameOf = <T>(
  read: (bytes: Uint8Array) => Result<{ number: number; body: T }, Malformed>,
  write: (number: number, body: T) => Uint8Array,
): Format => ({
  read,
  write(value) {
    const { number, body } = value as { number: number; body: T };
    return write(number, body);
  },
});

const formats: Readonly<Record<string, Format>> = {
  request: frameOf(decodeRequest, encodeRequest),
  reply: frameOf(decodeReply, encodeReply),
  entry: of(entryCodec),
  epochKeys: of(epochKeys),
  policy: of(policy),
  identityEntry: of(identityEntry),
  identityChain: of(identityChain),
  credential: of(credentialCodec),
  endpoint: of(endpoint),
  contactCard: of(contactCard),
  envelope: of(envelope),
  textContent: of(textContent),
  profileContent: of(profileContent),
  fileContent: of(fileContent),
  forwardContent: of(forwardContent),
  pinContent: of(pinContent),
  readBurnContent: of(readBurnContent),
  wasReadContent: of(wasReadContent),
  invitation: of(invitation),
  roster: of(roster),
  groupInvitation: of(groupInvitation),
  adminKeyPost: of(adminKeyPost),
  knockPost: of(knockPost),
  shelfItem: of(shelfItem),
};
function formatOf(name: string): Format {
  const format = formats[name];
  assert.ok(format, `a format ${name}`);
  return format;
}

for (const { name, format, bytes, value } of vectors.accept)
  test(`[${name}] accepted, and written back byte for byte`, () => {
    const decoded = formatOf(format).read(Uint8Array.fromHex(bytes));
    assert.ok(decoded.ok);
    assert.deepEqual(valueToJson(decoded.value), value);
    assert.equal(formatOf(format).write(decoded.value).toHex(), bytes);
  });

for (const { name, format, bytes, offset } of vectors.reject)
  test(`[${name}] refused at byte ${offset}`, () => {
    const decoded = formatOf(format).read(Uint8Array.fromHex(bytes));
    assert.equal(decoded.ok ? "accepted" : decoded.error.offset, offset);
  });

test("[W11] every format and every case of a union has a vector", () => {
  const kinds = (format: string) =>
    new Set(
      vectors.accept.flatMap((vector) => {
        if (vector.format !== format) return [];
        const value = vector.value as { kind?: string; body?: { kind: string } };
        return value.body?.kind ?? value.kind ?? [];
      }),
    );
  assert.deepEqual(kinds("request"), new Set(Object.keys(requests)));
  assert.deepEqual(kinds("reply"), new Set(Object.keys(replies)));
  assert.deepEqual(kinds("entry"), new Set(Object.keys(entries)));
  assert.deepEqual(new Set(vectors.accept.map(({ format }) => format)), new Set(Object.keys(formats)));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  cardToLink,
  CONTACT_LINK_CHARS_MAX,
  contactCard,
  crc32,
  decode,
  InvariantError,
  isOrigin,
  linkToCard,
  textToBytes,
  URL_BYTES_MAX,
} from "@sotto/protocol";
import vectors from "../../../vectors/wire-contact-link.json" with { type: "json" };
import { anyCard, anyOrigin } from "./arbitraries.ts";

const holds = <T>(input: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(input, check), { numRuns: 500 });
const decodedCard = decode(contactCard, Uint8Array.fromHex(vectors.card));
assert.ok(decodedCard.ok);
const card = decodedCard.value;
const link = cardToLink(card, vectors.origin);

for (const { name, text, crc } of vectors.crc32)
  test(`[${name}] CRC-32`, () => {
    assert.equal(crc32(textToBytes(text)).toString(16).padStart(8, "0"), crc);
  });

for (const { name, text } of vectors.accept)
  test(`[${name}] gives the card`, () => {
    assert.deepEqual(linkToCard(text), { ok: true, value: card });
  });

for (const { name, text, problem } of vectors.reject)
  test(`[${name}] ${problem}`, () => {
    assert.deepEqual(linkToCard(text), { ok: false, error: problem });
  });

test("[LK1] a card is written as the vector says", () => {
  assert.equal(link, vectors.accept[0]?.text);
});

test("[LK1] every card comes back from its link", () =>
  holds(fc.tuple(anyCard, anyOrigin), ([given, origin]) => {
    const written = cardToLink(given, origin);
    assert.ok(written.startsWith(`${origin}/#c`));
    assert.deepEqual(linkToCard(written), { ok: true, value: given });
  }));

test("[LK1] nothing of the card stands before the fragment, which no server sees", () =>
  holds(anyCard, (given) => {
    assert.equal(new URL(cardToLink(given, vectors.origin)).hash.length > 1, true);
    assert.equal(cardToLink(given, vectors.origin).split("#")[0], `${vectors.origin}/`);
  }));

test("[LK3] white space anywhere changes nothing", () =>
  holds(
    fc.array(
      fc.tuple(fc.nat({ max: link.length }), fc.constantFrom(" ", "\n", "\r\n", "\t", "\u00a0", "\u2028")),
    ),
    (spaces) => {
      let text = link;
      for (const [at, space] of spaces) text = text.slice(0, at) + space + text.slice(at);
      if (text.length <= CONTACT_LINK_CHARS_MAX)
        assert.deepEqual(linkToCard(text), { ok: true, value: card });
    },
  ));

test("[LK5] a card cut short, or with one character changed, is never accepted", () => {
  const start = link.indexOf("#") + 2;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let at = start; at < link.length; at++) {
    assert.deepEqual(linkToCard(link.slice(0, at)), { ok: false, error: "damaged" });
    for (const other of alphabet)
      if (other !== link[at])
        assert.deepEqual(linkToCard(link.slice(0, at) + other + link.slice(at + 1)), {
          ok: false,
          error: "damaged",
        });
  }
});

test("[LK5] stray bits after the last byte are refused", () => {
  // With this address the payload ends in a character of which two bits stand for nothing.
  const url = "https://relay.example1";
  const written = cardToLink({ ...card, endpoint: { ...card.endpoint, url } }, vectors.origin);
  const payload = written.split("#c")[1] ?? "";
  const stray =
    payload.slice(0, -1) + String.fromCharCode((payload.codePointAt(payload.length - 1) ?? 0) + 1);
  const lenient = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
  assert.deepEqual(lenient(stray), lenient(payload));
  assert.deepEqual(linkToCard(`#c${stray}`), { ok: false, error: "damaged" });
});

test("[LK8] no text makes parsing throw, and a card comes only from its one payload", () =>
  holds(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((text) => `https://sotto.example/#c${text}`),
      fc.base64String().map((text) => `#c${text}`),
      fc
        .tuple(fc.nat({ max: link.length }), fc.string({ maxLength: 3 }))
        .map(([at, text]) => link.slice(0, at) + text),
      fc.constantFrom("\ud800#c", "#c\ud800", "c", "sotto:", "sotto:#", "##c", "#c#c"),
    ),
    (text) => {
      const read = linkToCard(text);
      if (!read.ok) assert.ok(["not-a-link", "damaged", "newer"].includes(read.error));
      else
        assert.equal(
          cardToLink(read.value, vectors.origin).split("#c")[1],
          text.replaceAll(/\s/g, "").split("#c").at(-1),
        );
    },
  ));

test("[LK4] one character over the limit is no link, the limit is", () => {
  assert.ok(linkToCard(link.padEnd(CONTACT_LINK_CHARS_MAX)).ok);
  assert.deepEqual(linkToCard(link.padEnd(CONTACT_LINK_CHARS_MAX + 1)), { ok: false, error: "not-a-link" });
});

test("[LK1] the longest address still gives a link within the limit", () => {
  const url = `https://${"a".repeat(URL_BYTES_MAX - 8)}`;
  const long = { ...card, endpoint: { ...card.endpoint, url } };
  assert.deepEqual(linkToCard(cardToLink(long, url)), { ok: true, value: long });
});

test("[LK7] an origin is a scheme, a host and perhaps a port", () => {
  for (const url of [
    "https://a",
    "http://127.0.0.1:8080",
    "http://[::1]:1",
    "https://xn--bse-sna.example:65535",
  ])
    assert.ok(isOrigin(url), url);
  for (const url of [
    "",
    "https://",
    "https://a/",
    "https://a:",
    "https://a:080",
    "https://a:65536",
    "https://a..b",
    "https://a#",
    "//a",
  ])
    assert.ok(!isOrigin(url), url);
});

test("[LK7] what would be refused is never written", () => {
  assert.throws(() => cardToLink(card, "https://sotto.example/"), InvariantError);
  const wrong = { ...card, endpoint: { ...card.endpoint, url: "https://relay.example/path" } };
  assert.throws(() => cardToLink(wrong, vectors.origin), InvariantError);
});

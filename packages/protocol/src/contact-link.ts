/** A contact card as text to paste, print or scan. Spec: spec/contact-link.md. */
import { concat, equalBytes } from "./bytes.ts";
import { decode, encode } from "./codec.ts";
import { contactCard, type ContactCard } from "./identity.ts";
import { CONTACT_LINK_CHARS_MAX } from "./limits.ts";
import { assert, err, ok, type Result } from "./result.ts";

/** Why a text gives no contact card. */
export type LinkProblem =
  /** It holds no fragment of ours, or is far too long for one. */
  | "not-a-link"
  /** A link of ours that lost or changed something on its way. */
  | "damaged"
  /** Whole, but of a version this program does not know. */
  | "newer";

const CARD_VERSION = 1;
const CHECKSUM_BYTES = 4;
const ORIGIN = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?$/;
const PORT_MAX = 65_535;
const LINK = /^(?:[Ss]otto:#?|[^#]*#)c([^#]*)$/;
const BASE64URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$/;

/** Whether `url` is `http:` or `https:`, a host and perhaps a port, in lower case, and nothing more. */
export function isOrigin(url: string): boolean {
  const found = ORIGIN.exec(url);
  return found !== null && Number(found[1] ?? 1) <= PORT_MAX;
}

/** CRC-32 of ISO 3309 (reflected, polynomial edb88320): finds accidents, not forgers. */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

function checksum(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(CHECKSUM_BYTES);
  new DataView(out.buffer).setUint32(0, crc32(bytes));
  return out;
}

const bytesToPayload = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });

/** One payload for each run of bytes: what is not written the way we write it is undefined. */
function payloadToBytes(payload: string): Uint8Array | undefined {
  if (!BASE64URL.test(payload)) return undefined;
  const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
  return bytesToPayload(bytes) === payload ? bytes : undefined;
}

/**
 * `origin` serves the page that opens the link. The card stands in the fragment, which no browser sends to a server.
 * The link carries the card's secrets: whoever reads it can post to the inbox.
 */
export function cardToLink(card: ContactCard, origin: string): string {
  assert(isOrigin(origin), "a contact link begins with an origin");
  assert(isOrigin(card.endpoint.url), "a contact card names its relay by an origin");
  const bytes = encode(contactCard, card);
  return `${origin}/#c${bytesToPayload(concat(bytes, checksum(bytes)))}`;
}

/** Total: any text gives a card or a problem. White space within it is ignored, as pasting adds it. */
export function linkToCard(text: string): Result<ContactCard, LinkProblem> {
  if (text.length > CONTACT_LINK_CHARS_MAX) return err("not-a-link");
  const payload = LINK.exec(text.replaceAll(/\s/g, ""))?.[1];
  if (payload === undefined) return err("not-a-link");
  const checked = payloadToBytes(payload);
  if (checked === undefined || checked.length <= CHECKSUM_BYTES) return err("damaged");
  const bytes = checked.subarray(0, -CHECKSUM_BYTES);
  if (!equalBytes(checksum(bytes), checked.subarray(-CHECKSUM_BYTES))) return err("damaged");
  // The checksum comes first: a version is believed only when the text is whole.
  if ((bytes[0] ?? 0) > CARD_VERSION) return err("newer");
  const card = decode(contactCard, bytes);
  return card.ok && isOrigin(card.value.endpoint.url) ? ok(card.value) : err("damaged");
}

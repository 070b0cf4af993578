/** A contact card as text to paste, print or scan. Spec: spec/contact-link.md. */
import { bytesToPayload, payloadToBytes } from "./checked-payload.ts";
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
const ORIGIN = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?$/;
const PORT_MAX = 65_535;
const LINK = /^(?:[Ss]otto:#?|[^#]*#)c([^#]*)$/;

/** Whether `url` is `http:` or `https:`, a host and perhaps a port, in lower case, and nothing more. */
export function isOrigin(url: string): boolean {
  const found = ORIGIN.exec(url);
  return found !== null && Number(found[1] ?? 1) <= PORT_MAX;
}

/**
 * `origin` serves the page that opens the link. The card stands in the fragment, which no browser sends to a server.
 * The link carries the card's secrets: whoever reads it can post to the inbox.
 */
export function cardToLink(card: ContactCard, origin: string): string {
  assert(isOrigin(origin), "a contact link begins with an origin");
  assert(isOrigin(card.endpoint.url), "a contact card names its relay by an origin");
  return `${origin}/#c${bytesToPayload(encode(contactCard, card))}`;
}

/** Total: any text gives a card or a problem. White space within it is ignored, as pasting adds it. */
export function linkToCard(text: string): Result<ContactCard, LinkProblem> {
  if (text.length > CONTACT_LINK_CHARS_MAX) return err("not-a-link");
  const payload = LINK.exec(text.replaceAll(/\s/g, ""))?.[1];
  if (payload === undefined) return err("not-a-link");
  const bytes = payloadToBytes(payload);
  if (bytes === undefined) return err("damaged");
  // The checksum comes first: a version is believed only when the text is whole.
  if ((bytes[0] ?? 0) > CARD_VERSION) return err("newer");
  const card = decode(contactCard, bytes);
  return card.ok && isOrigin(card.value.endpoint.url) ? ok(card.value) : err("damaged");
}

/** Where an address of the web really leads, as the browser itself reads it. Spec: spec/handset.md, UI52. */

export type WebAddress = {
  readonly href: string;
  /** With its port; letters of other scripts as Punycode, because those that look alike are not told apart by eye. */
  readonly host: string;
  /** The host is not what a reader takes it for: letters of other scripts, or a name put before an @. */
  readonly isDisguised: boolean;
  /** Anybody on the way can read and change it. */
  readonly isUnprotected: boolean;
};

const SCHEMES = ["https:", "http:"];

/** Undefined: no browser would open it, or it is no address of the web. */
export function addressOf(text: string): WebAddress | undefined {
  const url = URL.parse(text);
  if (url === null || !SCHEMES.includes(url.protocol) || url.host === "") return undefined;
  const hasName = url.username !== "" || url.password !== "";
  // Who is meant is said in the address itself; nobody is signed in by a message.
  url.username = "";
  url.password = "";
  const { href, host, protocol } = url;
  const isPunycode = host.split(".").some((label) => label.startsWith("xn--"));
  return { href, host, isDisguised: hasName || isPunycode, isUnprotected: protocol === "http:" };
}

/** What a passphrase must at least be, wherever one is chosen. A page can have it without the rest of the client. */

/** Characters, not bytes. Shorter ones are not worth stretching. */
const PASSPHRASE_CHARS_MIN = 12;

export const isPassphraseShort = (passphrase: string): boolean =>
  Array.from(passphrase.normalize("NFC")).length < PASSPHRASE_CHARS_MIN;

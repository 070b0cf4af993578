/** Ports that every layer shares. Logic reads no clock and draws no randomness of its own. */

/** Cryptographically secure random bytes. In a simulation: seeded. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/** Milliseconds since the Unix epoch. */
export type Clock = () => number;

/** SHA-256 (FIPS 180-4), 32 bytes. Servers give the runtime's native one. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

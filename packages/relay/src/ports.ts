/** What the relay needs of the world beside its store. Adapters: @sotto/relay-adapters. */

/** A relay's identity names a service, not a machine: every process of the service holds the same ring. */
export interface KeyRing {
  /** The relay's Ed25519 public key, 32 bytes. */
  readonly relayId: Uint8Array;
  /** Ed25519 (RFC 8032), 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 under a key for tickets alone, 32 bytes. */
  ticketMac(bytes: Uint8Array): Uint8Array;
}

export type SignatureCheck = {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

export interface SignatureVerifier {
  /** Ed25519, one answer for each check in its order. Never keeps the event loop for a whole batch. */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
}

/** Tells the other processes of a service that a channel or an inbox has grown. */
export interface Wakeups {
  announce(place: string, seq: number): void;
  /** `onWake` hears the announcements of others, at least once each. */
  listen(onWake: (place: string, seq: number) => void): void;
}

/** Runs `run` once, after at least `ms` milliseconds. */
export interface Timers {
  after(ms: number, run: () => void): void;
}

/** What pays for a new channel or inbox; the store takes it in the transaction that creates. */
export type Spend = { readonly kind: "registered"; readonly tokenHash: string };

/** Admission without identity. Now: tokens that an activation code registered. Later: blinded tokens. */
export interface Admission {
  spend(token: Uint8Array): Promise<Spend>;
}

/** What is counted. Numbers and our own words only. */
export type RelayEvent =
  | { readonly kind: "connected" | "disconnected" | "malformed" | "silent" | "lagging" | "overfull" }
  | { readonly kind: "stored"; readonly ops: number; readonly durationMs: number }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "storageFull" }
  | { readonly kind: "blob"; readonly what: "granted" | "kept" | "served" | "erased"; readonly bytes: number }
  | { readonly kind: "bug"; readonly error: unknown };

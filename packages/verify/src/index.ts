export * from "./channel-log.ts";
export * from "./ed25519.ts";
export * from "./hash.ts";
export * from "./identity-chain.ts";
export * from "./relay-signatures.ts";
export * from "./safety-number.ts";

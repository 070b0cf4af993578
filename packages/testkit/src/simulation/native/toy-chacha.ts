/** Stands in for @noble/ciphers/chacha.js where cryptography must cost nothing: see native-crypto.ts. */
export * from "@noble/ciphers/chacha.js"; // and in its place:
export { chacha20 } from "./chacha.ts";
export { toyAead as chacha20poly1305 } from "./toy-aead.ts";

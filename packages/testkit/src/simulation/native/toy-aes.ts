/** Stands in for @noble/ciphers/aes.js where cryptography must cost nothing: see native-crypto.ts. */
export { toyAead as gcm } from "./toy-aead.ts";

/**
 * The runtime's native code wherever the product asks a @noble library for cryptography: the same bytes and the same
 * answers, many times sooner, so that a simulation can afford many seeds. It takes effect for modules that are imported
 * after it was called. What libraries ask of each other stays theirs.
 */
import { registerHooks } from "node:module";

/** A toy protects nothing, but still tells what is right from what is wrong, and hides a text from a search for it. */
export type Strength = "real" | "toy";

const OTHERS = /\/(node_modules|testkit\/src\/simulation\/native)\//;

export function useNativeCrypto(strength: Strength = "real"): void {
  const nameBySpecifier: Readonly<Record<string, string>> = {
    "@noble/ciphers/aes.js": strength === "toy" ? "toy-aes" : "aes",
    "@noble/ciphers/chacha.js": strength === "toy" ? "toy-chacha" : "chacha",
    "@noble/curves/abstract/curve.js": "curve",
    "@noble/curves/ed25519.js": strength === "toy" ? "toy-ed25519" : "ed25519",
    "@noble/hashes/hkdf.js": "hkdf",
    "@noble/hashes/hmac.js": "hmac",
    "@noble/hashes/sha2.js": "sha2",
  };
  registerHooks({
    resolve(specifier, context, next) {
      const name = nameBySpecifier[specifier];
      if (name === undefined || OTHERS.test(context.parentURL ?? "")) return next(specifier, context);
      return { url: new URL(`./native/${name}.ts`, import.meta.url).href, shortCircuit: true };
    },
  });
}

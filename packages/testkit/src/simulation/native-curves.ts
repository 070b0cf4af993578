/**
 * Ed25519 by the runtime's native code wherever the product asks @noble/curves for it: the same signatures and the same
 * answers, some twenty times sooner, so that a simulation can afford many seeds. It takes effect for modules that are
 * imported after it was called.
 */
import { registerHooks } from "node:module";

const REPLACED = "@noble/curves/ed25519.js";

export function useNativeCurves(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const isShim = context.parentURL?.endsWith("/native-ed25519.ts") === true;
      if (specifier !== REPLACED || isShim) return next(specifier, context);
      return { url: new URL("./native-ed25519.ts", import.meta.url).href, shortCircuit: true };
    },
  });
}

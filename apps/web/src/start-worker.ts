/** Starts the one worker. Under the page policy a worker's URL must pass the Trusted Types policy `sotto`. */
import { default as workerUrl } from "./worker/main.ts?worker&url";

type Policy = { createScriptURL(url: string): string };
type Factory = { createPolicy(name: string, rules: Policy): Policy };

export function startWorker(): Worker {
  const rules: Policy = {
    createScriptURL(url) {
      if (url !== workerUrl) throw new TypeError("only the handset's own worker is started");
      return url;
    },
  };
  // Firefox and Safari may lack Trusted Types; the page policy then means nothing to them either.
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  const policy = factory?.createPolicy("sotto", rules) ?? rules;
  return new Worker(policy.createScriptURL(workerUrl), { type: "module", name: "sotto" });
}

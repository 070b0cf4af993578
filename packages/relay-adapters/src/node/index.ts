export { createKeyRing, nativeRandom, nativeSha256, nativeTimers, nativeVerifier } from "./native.ts";
export { pagePolicyHeaders } from "./page-policy.ts";

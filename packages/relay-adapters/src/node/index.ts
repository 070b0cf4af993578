export { createBlobMount, rangeOf, type BlobMountLimits } from "./blob-mount.ts";
export { createCarriageMount, createUnlockOfferMount, type CarriedGuardian } from "./carriage.ts";
export {
  isLoopback,
  listen,
  networkOf,
  type Listener,
  type ListenerLimits,
  type ListenerOptions,
  type ListenProblem,
  type Mount,
} from "./listener.ts";
export { createKeyRing, nativeRandom, nativeSha256, nativeTimers, nativeVerifier } from "./native.ts";
export { pagePolicyHeaders } from "./page-policy.ts";
export { createStaticFiles } from "./static-files.ts";

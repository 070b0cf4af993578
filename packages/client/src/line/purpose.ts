/** What a request was for: all that is needed to use its answer. */
import type { Endpoint } from "@sotto/protocol";

export type Purpose =
  | { readonly kind: "activate"; readonly id: string }
  | { readonly kind: "inbox-create" | "inbox-open" | "inbox-read" | "shelve" }
  | { readonly kind: "allow" | "revoke"; readonly token: Uint8Array }
  | { readonly kind: "claim" | "post"; readonly id: string }
  | { readonly kind: "create" | "read"; readonly cid: string }
  | { readonly kind: "commit"; readonly cid: string; readonly epoch: number }
  | { readonly kind: "open"; readonly cid: string; readonly epoch: number; readonly isResumed: boolean }
  | { readonly kind: "append"; readonly cid: string; readonly messageId: string }
  | { readonly kind: "backup"; readonly number: number; readonly hash: Uint8Array }
  | {
      readonly kind: "grant";
      readonly upload: string;
      readonly blobId: Uint8Array;
      readonly endpoint: Endpoint;
    }
  /** Its answer changes nothing. */
  | { readonly kind: "nothing" };

export type ChannelPurpose = Extract<Purpose, { readonly cid: string }>;

/**
 * Everything that can go wrong for a person, as a word of ours. The handset and the terminal client turn each into a
 * plain sentence: what happened, what it means, what to do. Spec: spec/client.md, "Problems".
 */
export type Problem =
  | { readonly kind: "code-malformed" } // mistyped: the check character does not fit
  | { readonly kind: "code-refused" } // unknown, used, or its term is over
  | { readonly kind: "link-not-a-link" | "link-damaged" | "link-newer" | "link-own" }
  | { readonly kind: "link-refused" } // revoked, or the relay does not know this inbox
  | { readonly kind: "contact-known" }
  | { readonly kind: "name-invalid" | "name-too-long" }
  | { readonly kind: "passphrase-wrong" | "passphrase-short" }
  | { readonly kind: "pin-wrong" | "pin-short" | "pin-common" | "pin-used" | "pin-different" }
  | { readonly kind: "guardians-unreached" } // fewer than the threshold answered: nothing was lost
  | { readonly kind: "guardians-wait"; readonly retryAfterMs: number } // too many tries in a short time
  | { readonly kind: "guardians-false" } // too few are left beside those whose answers do not hold
  | { readonly kind: "guardians-unfinished" } // a change of PIN is at some of them and not yet at others
  | { readonly kind: "guardians-refused" } // they know this device no longer, or it may not do this
  | { readonly kind: "text-empty" | "text-too-long" }
  | { readonly kind: "file-empty" | "file-too-large" }
  | { readonly kind: "file-needed" } // it is to be chosen again: it was not kept, and this device was closed meanwhile
  | { readonly kind: "file-changed" } // it is not the file any more that was chosen
  | { readonly kind: "file-gone" } // the relay has it no longer
  | { readonly kind: "file-damaged" } // what the relay gave is not what was sent
  | { readonly kind: "file-elsewhere" } // its sender names a place that this conversation has nothing to do with
  | { readonly kind: "message-gone" } // burned or deleted meanwhile, or not one's own
  | { readonly kind: "group-role" } // only an admin or the owner may do this
  | { readonly kind: "group-owner-leaves" } // somebody else has to be made the owner first
  | { readonly kind: "group-full" }
  | { readonly kind: "group-over" } // this member is in it no longer
  | { readonly kind: "member-unreachable" } // this contact has not said yet how they are reached
  | { readonly kind: "relay-unreachable" | "relay-stopping" | "relay-full" }
  | { readonly kind: "relay-key-wrong" } // somebody else answers at this address
  | { readonly kind: "relay-incompatible" } // speaks another version
  | { readonly kind: "quota-full" } // this conversation holds as much as the relay allows
  | { readonly kind: "tokens-spent" } // the contract allows no further conversation
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number }
  | { readonly kind: "device-full" | "device-failing" } // this device's storage
  | { readonly kind: "identity-invalid" } // what a contact or relay presented does not verify
  | { readonly kind: "kit-made" } // it is on paper, and no longer on this device
  | { readonly kind: "kit-not-a-kit" | "kit-damaged" | "kit-newer" }
  | { readonly kind: "kit-word-count"; readonly found: number }
  | { readonly kind: "kit-word-unknown"; readonly at: number } // counts from 1
  | { readonly kind: "kit-word-wrong" } // not what stands there on the paper
  | { readonly kind: "kit-words-mixed" } // each is a word of the list, but they do not belong together
  | { readonly kind: "backup-missing" } // the relay has none of this kit
  | { readonly kind: "backup-invalid" } // it does not open with this kit, or is of another account
  | { readonly kind: "backup-newer" } // written by a later version
  | { readonly kind: "expired" }; // its burn time came before it could be sent

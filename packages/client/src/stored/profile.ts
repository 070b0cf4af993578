/** Who this member is: the account's identity on this device, its relay, its contract. Spec: spec/client.md. */
import {
  bool,
  decode,
  DEFAULT_POLICY,
  endpoint,
  fixed,
  identityChain,
  list,
  NAME_BYTES_MAX,
  named,
  optional,
  policy,
  struct,
  text,
  uint,
  URL_BYTES_MAX,
  type Codec,
  type TypeOf,
  secretField,
} from "@sotto/protocol";
import { ACTIVATION_TOKENS_MAX, deviceKind } from "@sotto/protocol";
import { table } from "./record.ts";

const profile = struct({
  name: text(NAME_BYTES_MAX),
  kind: deviceKind,
  /** The own relay's address, and its key once it has proven one: trusted at first use, pinned from then on. */
  relayUrl: text(URL_BYTES_MAX),
  relayId: optional(fixed(32)),
  policy,
  /** How many conversations this profile ever had: the next one's number. */
  conversationCount: uint,
  /** The highest time this device has believed, coarse: setting its clock back shows nothing again. */
  highestTime: uint,
});
export type Profile = TypeOf<typeof profile>;
export const profiles = table("profile", 1, profile);

export const newProfile = (of: Pick<Profile, "name" | "kind" | "relayUrl" | "highestTime">): Profile => ({
  ...of,
  relayId: undefined,
  policy: DEFAULT_POLICY,
  conversationCount: 0,
});

/** The account's chain and every seed. */
const identityWith = <T>(recoverySeed: Codec<T>) =>
  struct({
    chain: identityChain,
    identitySeed: secretField(32),
    recoverySeed,
    leafSeed: secretField(32),
    readerSeed: secretField(32),
  });
/** The recovery key's stays here until a recovery kit has it (RK12). */
const identity = identityWith(optional(secretField(32)));
/** Before there were recovery kits it was always here. */
const identity1 = identityWith(secretField(32));
export type StoredIdentity = TypeOf<typeof identity>;
export const identities = table("identity", 2, identity, [
  { version: 1, read: (bytes) => decode(identity1, bytes) },
]);

/** One activation code and the tokens it yields. The tokens are drawn and kept before their hashes are sent. */
const activation = struct({
  code: fixed(16),
  state: named({ asking: 1, granted: 2, refused: 3 }),
  /** Not yet spent. The relay grants the first so many of those it was sent. */
  tokens: list(ACTIVATION_TOKENS_MAX, fixed(32)),
  until: optional(uint),
});
export type Activation = TypeOf<typeof activation>;
export const activations = table("activation/", 1, activation);

/** This account's inbox, where contacts begin conversations. */
const inbox = struct({
  endpoint,
  inboxId: fixed(32),
  /** Spent when the inbox was made. */
  createToken: fixed(32),
  isCreated: bool,
  ownerSeed: secretField(32),
  readerSeed: secretField(32),
  hpkeSeed: secretField(32),
  hpkeKey: fixed(32),
  shelfKey: secretField(32),
  /** In the contact link that is shown; another takes its place when the link is renewed. */
  linkToken: fixed(32),
  /** In the cards that contacts hold: renewing the link does not cut them off. */
  contactsToken: fixed(32),
  /** Changes of post tokens that the relay has not confirmed. */
  toAllow: list(16, fixed(32)),
  toRevoke: list(16, fixed(32)),
  /** Posts up to here were handled. */
  through: uint,
  lastResortAt: uint,
});
export type Inbox = TypeOf<typeof inbox>;
export const inboxes = table("inbox", 1, inbox);

/** A profile begins: an identity, a name, a relay's address and an activation code, all on this device only. */
import {
  err,
  isOrigin,
  ok,
  Secret,
  textToCode,
  type DeviceKind,
  type RandomBytes,
  type Result,
} from "@sotto/protocol";
import { createChain, newDevice, signingKey } from "@sotto/crypto";
import { newActivation } from "./activation.ts";
import { ownName } from "./names.ts";
import type { Ports, RecordWrite } from "./ports.ts";
import type { Problem } from "./problems.ts";
import type { Restored } from "./recovery/restore.ts";
import { sequenceKey } from "./stored/keys.ts";
import { activations, identities, newProfile, profiles, type StoredIdentity } from "./stored/profile.ts";
import { kits, restoredContacts } from "./stored/recovery.ts";

export type Joining = {
  /** As contacts will see it. */
  readonly name: string;
  /** An origin, as in an Endpoint. Its key is learned at the first greeting and pinned. */
  readonly relayUrl: string;
  /** The activation code as it was typed. */
  readonly code: string;
  readonly kind: DeviceKind;
  /** An account that is taken over; a new one where there is none. */
  readonly restored?: Restored | undefined;
};

/** Durable once it resolves; nothing was sent. Then createMember goes on with it. */
export async function createProfile(
  ports: Pick<Ports, "records" | "randomBytes" | "clock">,
  joining: Joining,
): Promise<Result<void, Problem>> {
  const name = ownName(joining.name);
  if (!name.ok) return name;
  const code = textToCode(joining.code);
  if (!code.ok) return err({ kind: "code-malformed" });
  if (!isOrigin(joining.relayUrl)) return err({ kind: "relay-unreachable" });
  const { kind, relayUrl } = joining;
  const now = ports.clock();
  const profile = newProfile({ name: name.value, kind, relayUrl, highestTime: 0 });
  const { restored } = joining;
  const identity = restored?.identity ?? newIdentity(ports.randomBytes, kind, now);
  const activation = newActivation(code.value, ports.randomBytes);
  const committed = await ports.records.commit([
    { key: profiles.prefix, value: profiles.toBytes(profile) },
    { key: identities.prefix, value: identities.toBytes(identity) },
    { key: activations.prefix + sequenceKey(0), value: activations.toBytes(activation) },
    ...(restored ? restoredWrites(restored) : []),
  ]);
  if (committed.ok) return ok(undefined);
  return err({ kind: committed.error.kind === "full" ? "device-full" : "device-failing" });
}

const restoredWrites = ({ kit, contacts }: Restored): readonly RecordWrite[] => [
  { key: kits.prefix, value: kits.toBytes(kit) },
  ...contacts.map((contact, at) => ({
    key: restoredContacts.prefix + sequenceKey(at),
    value: restoredContacts.toBytes(contact),
  })),
];

function newIdentity(randomBytes: RandomBytes, kind: DeviceKind, now: number): StoredIdentity {
  const seed = (): Secret => new Secret(randomBytes(32));
  const [identitySeed, recoverySeed, leafSeed, readerSeed] = [seed(), seed(), seed(), seed()];
  const keys = { identity: signingKey(identitySeed), recovery: signingKey(recoverySeed) };
  const chain = createChain(keys, [newDevice(signingKey(leafSeed).publicKey, kind, now)]);
  return { chain, identitySeed, recoverySeed, leafSeed, readerSeed };
}

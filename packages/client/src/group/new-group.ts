/** A group as it begins: its owner alone. */
import { Secret } from "@sotto/protocol";
import { signingKey } from "@sotto/crypto";
import type { Core } from "../core.ts";
import type { StoredGroup } from "../stored/group.ts";

export function newGroup(core: Core, name: string, ownName: string): StoredGroup {
  const seed = new Secret(core.randomBytes(32));
  const self = core.self.verified.accountId;
  const owner = { accountId: self, role: "owner", addedBy: self, name: ownName } as const;
  return {
    state: "in",
    roster: { version: 1, name, members: [owner] },
    adminKey: signingKey(seed).publicKey,
    adminSeeds: [seed],
  };
}

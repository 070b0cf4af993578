/** From an opened profile to the member's client that runs on it. */
import { equalBytes, err, ok, toHex, type IdentityChain, type Result } from "@sotto/protocol";
import type { Member } from "./member.ts";
import { Resident } from "./resident.ts";
import { RunningMember, type MemberPorts } from "./running-member.ts";
import { ChainBook, selfOf } from "./self.ts";
import { contacts, conversations } from "./stored/conversation.ts";
import { groupMembers } from "./stored/group.ts";
import { identities, profiles } from "./stored/profile.ts";
import type { StoredFailure } from "./stored/record.ts";

/** empty: no profile here yet. newer: written by a newer version; nothing was changed. */
export type OpenFailure = StoredFailure | "empty" | "cryptoUnsupported";

export async function createMember(ports: MemberPorts): Promise<Result<Member, OpenFailure>> {
  const loaded = await Resident.load(ports.records);
  if (!loaded.ok) return loaded;
  const identity = loaded.value.get(identities, "");
  if (identity === undefined || loaded.value.get(profiles, "") === undefined) return err("empty");
  const self = selfOf(identity);
  const book = new ChainBook((accountId) => keptChain(loaded.value, accountId));
  book.learn(self.verified);
  const engine = await ports.createEngine(book.authenticate);
  if (!engine.ok) return engine;
  const member = new RunningMember(ports, loaded.value, { self, book, engine: engine.value });
  await member.start();
  return ok(member);
}

/** The longest that is kept: every chain here goes on from the ones before. */
function keptChain(resident: Resident, accountId: Uint8Array): IdentityChain | undefined {
  const suffix = `/${toHex(accountId)}`;
  const known = [...resident.values(groupMembers)].flatMap(([id, { chain }]) =>
    id.endsWith(suffix) ? [chain] : [],
  );
  for (const [number, { id }] of resident.values(conversations)) {
    const chain = equalBytes(id, accountId) ? resident.get(contacts, number)?.chain : undefined;
    if (chain !== undefined) known.push(chain);
  }
  return known.toSorted((a, b) => b.length - a.length)[0];
}

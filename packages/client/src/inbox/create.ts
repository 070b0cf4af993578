/** The own inbox: its keys and tokens are drawn and durable before the relay hears of it. Spec: CL43. */
import { Secret } from "@sotto/protocol";
import { inboxPublicKey, signInboxCreate, signingKey } from "@sotto/crypto";
import { sha256 } from "@sotto/verify";
import { nextToken } from "../tokens.ts";
import type { Core } from "../core.ts";
import type { LineId } from "../line/line-id.ts";
import { inboxes, profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";

export async function createInbox(core: Core, turn: Turn): Promise<void> {
  const { relayUrl, relayId } = turn.need(profiles, "");
  if (relayId === undefined) return;
  const createToken = nextToken(turn);
  if (createToken === undefined) return;
  const secret = (): Secret => new Secret(core.randomBytes(32));
  const hpkeSeed = secret();
  turn.put(inboxes, "", {
    endpoint: { url: relayUrl, relayId },
    inboxId: core.randomBytes(32),
    createToken,
    isCreated: false,
    ownerSeed: secret(),
    readerSeed: secret(),
    hpkeSeed,
    hpkeKey: await inboxPublicKey(hpkeSeed),
    shelfKey: secret(),
    linkToken: core.randomBytes(32),
    contactsToken: core.randomBytes(32),
    toAllow: [],
    toRevoke: [],
    through: 0,
    lastResortAt: 0,
  });
  turn.touch("inbox");
}

export function askInboxCreate(core: Core, turn: Turn, line: LineId): void {
  const inbox = turn.need(inboxes, "");
  const owner = signingKey(inbox.ownerSeed);
  const made = {
    readers: [signingKey(inbox.readerSeed).publicKey],
    postTokenHashes: [sha256(inbox.linkToken), sha256(inbox.contactsToken)],
  };
  core.inbox.isCreating = true;
  turn.ask(
    line,
    {
      kind: "inboxCreate",
      inboxId: inbox.inboxId,
      owner: owner.publicKey,
      ...made,
      token: inbox.createToken,
      signature: signInboxCreate(owner, { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId }, made),
    },
    { kind: "inbox-create" },
  );
}

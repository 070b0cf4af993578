/** What a guardian does for other guardians. Spec: spec/guardian.md, "Between guardians". */
import {
  equalBytes,
  ok,
  TOMBSTONES_PER_ANSWER,
  tombstonesBytes,
  type GuardianAnswer,
  type Result,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { DENIED, refused, type RequestOf } from "./answers.ts";
import { hearKill } from "./decisions.ts";
import { messagesOf } from "./messages.ts";
import type { GuardianPorts, StoreFailure } from "./ports.ts";
import type { Records } from "./records.ts";

const DONE: GuardianAnswer = { kind: "done", counter: 0 };

export function createPeerSide({ store, keys, random, peers }: GuardianPorts, records: Records) {
  /** GD21. A kid that is known is written and passed on whatever the token is. */
  async function kill({ kid, token, passedOn }: RequestOf<"kill">): Promise<GuardianAnswer> {
    const rid = await store.ridOfKill(kid);
    if (!rid) return DONE;
    return records.inTurn(rid, async () => {
      const record = await records.load(rid);
      const known = record?.registration.killIn.find((one) => equalBytes(one.kid, kid));
      if (!record || !known) return DONE;
      const mask = equalBytes(known.tokenHash, sha256(token)) ? known.mask : 0;
      const heard = hearKill(record, mask, random);
      const messages = passedOn ? [] : messagesOf(heard, { passedOn: true });
      return records.save(heard, messages, () => DONE);
    });
  }

  /** GD23. What it says is proven by the token alone. */
  async function wiped({ token }: RequestOf<"wiped">): Promise<GuardianAnswer> {
    const gone = await wipeByToken(sha256(token));
    return gone.ok ? DONE : refused("storageFull");
  }

  async function wipeByToken(hash: Uint8Array): Promise<Result<void, StoreFailure>> {
    const rid = await store.ridOfToken(hash);
    return rid ? records.inTurn(rid, () => store.wipe(rid)) : ok(undefined);
  }

  /** GD24. */
  async function tombstones({ peer, after, signature }: RequestOf<"tombstones">): Promise<GuardianAnswer> {
    const isPeer = peers.some(({ gid }) => equalBytes(gid, peer));
    if (!isPeer || !isSignedBy(peer, tombstonesBytes(keys.gid, peer, after), signature)) return DENIED;
    return { kind: "tombstones", hashes: await store.tombstonesFor(peer, after, TOMBSTONES_PER_ANSWER) };
  }

  return { kill, wiped, tombstones, wipeByToken };
}

/** What a device begins with at a guardian: its record. Spec: spec/guardian.md, GD1, GD18, GD19. */
import { bytesToElement, bytesToScalar, publicShare } from "@sotto/oprf";
import {
  equalBytes,
  registeredBytes,
  SLOTS,
  type GuardianAddress,
  type GuardianAnswer,
  type Registration,
} from "@sotto/protocol";
import { DENIED, refused, type RequestOf } from "./answers.ts";
import { RECORDS_MAX, REGISTRATIONS } from "./limits.ts";
import type { GuardianLimits, GuardianPorts } from "./ports.ts";
import { recordOf, recordToBytes } from "./record.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { Records } from "./records.ts";

/** The name under which registrations wait for one another. */
const ALL_REGISTRATIONS = new Uint8Array(0);

export function createRegistering(ports: GuardianPorts, records: Records) {
  const { store, keys, admission, clock, peers } = ports;
  const { gid } = keys;
  const limits: GuardianLimits = { records: RECORDS_MAX, registrations: REGISTRATIONS, ...ports.limits };
  const registrations = new TokenBucket(clock, limits.registrations);

  /** What was told before is told again, as long as nothing else has happened. */
  async function registerNow({ registration }: RequestOf<"register">): Promise<GuardianAnswer> {
    const { rid, publicShare, deviceKey, killOut } = registration;
    const receipt = keys.sign(registeredBytes({ gid, rid }, publicShare, deviceKey));
    const registered: GuardianAnswer = { kind: "registered", receipt };
    const held = await store.read(rid);
    if (held) return isAsRegistered(held, registration) ? registered : DENIED;
    if (!isRegistrationSound(registration) || (await store.isWiped(rid))) return DENIED;
    if (!killOut.every((to) => peers.some((peer) => isSamePeer(peer, to)))) return refused("unknownPeer");
    if ((await store.count()) >= limits.records) return refused("storageFull");
    const wait = registrations.take();
    if (wait > 0) return refused("wait", wait);
    if (!(await admission.spend(registration.admission))) return DENIED;
    return records.save(recordOf(registration), [], () => registered);
  }

  /** One at a time, so that their number is what was counted. */
  return (request: RequestOf<"register">): Promise<GuardianAnswer> =>
    records.inTurn(ALL_REGISTRATIONS, () =>
      records.inTurn(request.registration.rid, () => registerNow(request)),
    );
}

/** Byte for byte the record that this registration made. */
function isAsRegistered(held: Uint8Array, registration: Registration): boolean {
  const made = recordToBytes(recordOf(registration));
  const isSame = equalBytes(held, made);
  for (const bytes of [held, made]) bytes.fill(0);
  return isSame;
}

const isSamePeer = (peer: GuardianAddress, to: Registration["killOut"][number]): boolean =>
  equalBytes(peer.gid, to.gid) && equalBytes(peer.gx, to.gx);

const isRegistrationSound = ({ slots, managers, share, publicShare }: Registration): boolean =>
  slots.length === SLOTS &&
  managers.length === SLOTS &&
  slots.filter(({ killMask }) => killMask !== 0).length === 1 &&
  slots.every(({ element }) => bytesToElement(element).ok) &&
  isShareOf(publicShare, share);

function isShareOf(publicBytes: Uint8Array, share: Uint8Array): boolean {
  const scalar = bytesToScalar(share);
  return scalar.ok && equalBytes(publicShare(scalar.value), publicBytes);
}

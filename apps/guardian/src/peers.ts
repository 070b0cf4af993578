/** Other guardians, as an operator names them: `URL#GID.GX`, the keys in hex. */
import type { GuardianPeer } from "@sotto/guardian";
import { fromHex, isOrigin } from "@sotto/protocol";

const PEER = /^([^#]+)#([0-9a-f]{64})\.([0-9a-f]{64})$/;

/** Undefined where one of them is not so written. */
export function peersOf(texts: readonly string[]): readonly GuardianPeer[] | undefined {
  const peers = texts.map(peerOf);
  return peers.every((peer) => peer !== undefined) ? peers : undefined;
}

function peerOf(text: string): GuardianPeer | undefined {
  const [, url, gid, gx] = PEER.exec(text) ?? [];
  if (url === undefined || gid === undefined || gx === undefined || !isOrigin(url)) return undefined;
  return { url, gid: fromHex(gid), gx: fromHex(gx) };
}

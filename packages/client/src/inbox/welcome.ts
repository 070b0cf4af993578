/** A Welcome that came in a post: joined once, with the KeyPackage it was made for. Spec: CL47, CL48, CL51. */
import { toHex } from "@sotto/protocol";
import type { Group } from "@sotto/crypto";
import { sha256 } from "@sotto/verify";
import type { Core } from "../core.ts";
import { joined, keyPackageId, keyPackages } from "../stored/channel.ts";
import { inboxes } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { KEY_PACKAGE_KEPT_MS } from "./shelf.ts";

export type Joining = {
  readonly group: Group;
  /** From here on it was joined: its KeyPackage is used up, and a repeat changes nothing. */
  accept(): void;
};

/** Undefined where it was joined before, is for nobody here, or breaks a rule of MLS. Changes nothing by itself. */
export async function openWelcome(core: Core, turn: Turn, welcome: Uint8Array): Promise<Joining | undefined> {
  const hash = toHex(sha256(welcome));
  if ((await turn.load(joined, hash)) !== undefined) return undefined;
  const stored = new Map<string, { readonly id: string; readonly isLastResort: boolean }>();
  const privates: Uint8Array[] = [];
  for (const key of turn.keys(keyPackages.prefix)) {
    const id = key.slice(keyPackages.prefix.length);
    const one = await turn.load(keyPackages, id);
    if (one === undefined || one.until <= turn.now) continue;
    privates.push(one.stored);
    stored.set(id, { id, isLastResort: one.isLastResort });
  }
  const result = await core.engine.join(welcome, privates);
  if (!result.ok) return undefined;
  const used = stored.get(keyPackageId(result.value.used));
  return {
    group: result.value.group,
    accept() {
      turn.save(joined, hash, { until: turn.now + KEY_PACKAGE_KEPT_MS });
      if (used?.isLastResort === true) replaceLastResort(turn);
      else if (used !== undefined) turn.save(keyPackages, used.id, undefined);
    },
  };
}

/** After each use; the private half stays until every Welcome that is on its way has come. */
function replaceLastResort(turn: Turn): void {
  turn.put(inboxes, "", { ...turn.need(inboxes, ""), lastResortAt: 0 });
}

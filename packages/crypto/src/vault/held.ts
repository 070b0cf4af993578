/** A container that PINs open, as it is held between one step and the next. */
import { combineShares, bytesToScalar } from "@sotto/oprf";
import { assert, type Result, type Secret } from "@sotto/protocol";
import { BOXES, type BlockFault, type Box, type Container } from "../container/index.ts";
import { boxKey } from "../guardian/slot-keys.ts";
import type { VaultPorts } from "./enrol.ts";
import { saveImage, type VaultImage } from "./image.ts";
import type { ManagedProfile } from "./record.ts";

export type Held = {
  readonly container: Container;
  readonly ports: VaultPorts;
  /** As it was last durable. */
  image: VaultImage;
};

export async function keep(held: Held, image: VaultImage): Promise<Result<void, BlockFault>> {
  const saved = await saveImage(held.container, image);
  if (saved.ok) held.image = image;
  return saved;
}

export const boxOf = (box: number): Box => BOXES[box] ?? 0;

/** The key of a profile's box, from what the opened profile holds. */
export function boxKeyOf({ image }: Held, { shares }: ManagedProfile): Secret {
  const parts = shares.slice(0, image.threshold).map((share, at) => {
    const value = share.expose(bytesToScalar);
    assert(value.ok, "a share is a scalar");
    return { x: image.seats[at]?.x ?? 0, value: value.value };
  });
  return boxKey(combineShares(parts), image.deviceSecret);
}

/**
 * The sectors before the regions: a salt, boxes with the keys of profiles, and the image of a device that PINs open. Only
 * that image can be told from noise. Spec: spec/container.md, Header (CT18, CT19, CT28 to CT30).
 */
import {
  assert,
  concat,
  decode,
  encode,
  equalBytes,
  err,
  fixed,
  ok,
  Secret,
  struct,
  u8,
  type RandomBytes,
  type Result,
} from "@sotto/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import type { ProfileKey, Region } from "./container.ts";
import type { Disk } from "./disk.ts";
import { FORMAT_VERSION } from "./formats.ts";
import { SECTOR_BYTES } from "./geometry.ts";
import { KEY_BYTES, noise, seal, SEALED_BYTES_EXTRA, unseal } from "./seal.ts";

/** Of a container that PINs open: one box for each profile, the others hold noise. */
export const BOXES = [0, 1, 2, 3] as const;
export type Box = (typeof BOXES)[number];

const boxBody = struct({ region: u8, key: fixed(KEY_BYTES) });
const BOX_BODY_BYTES = 1 + KEY_BYTES;
const BOX_PLAIN_BYTES = 208;
const BOX_BYTES = BOX_PLAIN_BYTES + SEALED_BYTES_EXTRA;
const BOX_SECTOR = 1;
const IMAGE_SECTOR = 5;

/** Under a passphrase each region has two boxes, each in a sector of its own. */
const placesOfRegion = (region: Region): readonly [number, number] => [
  (BOX_SECTOR + 2 * region) * SECTOR_BYTES,
  (BOX_SECTOR + 2 * region + 1) * SECTOR_BYTES,
];
/** Under PINs each box has two copies in different sectors: what tears one of them leaves the other. */
const placesOfBox = (box: Box): readonly [number, number] => [
  (BOX_SECTOR + box) * SECTOR_BYTES,
  (BOX_SECTOR + ((box + 1) % BOXES.length)) * SECTOR_BYTES + SECTOR_BYTES / 2,
];

type Unboxed = { readonly profile: ProfileKey; readonly place: number };
type NoBox = { readonly kind: "wrong" | "newer" };

const IMAGE_HEAD_BYTES = 8 + 4;
const HASH_BYTES = 32;
export const IMAGE_BYTES_MAX = SECTOR_BYTES - IMAGE_HEAD_BYTES - HASH_BYTES;

export function createHeader(disk: Disk, salt: Uint8Array, random: RandomBytes) {
  async function write(place: number, bytes: Uint8Array): Promise<void> {
    await disk.write(place, bytes);
    await disk.flush();
  }

  /** One copy after the other: at every moment one of them opens, with the old key or the new. */
  async function writeBoxes(places: readonly number[], profile: ProfileKey, wrapping: Secret): Promise<void> {
    const plain = plainOf(profile, random);
    for (const place of places.toReversed()) await write(place, seal(wrapping, salt, plain, random));
    plain.fill(0);
  }

  async function open(place: number, wrapping: Secret): Promise<Result<Unboxed, NoBox>> {
    const plain = unseal(wrapping, salt, await disk.read(place, BOX_BYTES));
    if (!plain) return err({ kind: "wrong" });
    if (plain[0]! > FORMAT_VERSION) return err({ kind: "newer" });
    const body = decode(boxBody, plain.subarray(1, 1 + BOX_BODY_BYTES));
    if (!body.ok || body.value.region > 1) return err({ kind: "wrong" });
    const region: Region = body.value.region === 0 ? 0 : 1;
    const key = new Secret(body.value.key.slice());
    plain.fill(0);
    return ok({ profile: { region, key }, place });
  }

  /** The first pair of places of which a copy opens; a copy that does not is written anew. */
  async function find(
    pairs: readonly (readonly [number, number])[],
    wrapping: Secret,
  ): Promise<Result<{ readonly profile: ProfileKey; readonly pair: number }, NoBox>> {
    for (const [pair, places] of pairs.entries()) {
      const copies = [await open(places[0], wrapping), await open(places[1], wrapping)];
      if (copies.some((copy) => !copy.ok && copy.error.kind === "newer")) return err({ kind: "newer" });
      const [first, second] = copies.flatMap((copy) => (copy.ok ? [copy.value] : []));
      if (!first) continue;
      second?.profile.key.wipe();
      if (!second)
        await writeBoxes(
          places.filter((place) => place !== first.place),
          first.profile,
          wrapping,
        );
      return ok({ profile: first.profile, pair });
    }
    return err({ kind: "wrong" });
  }

  return {
    wrap: (profile: ProfileKey, wrapping: Secret) =>
      writeBoxes(placesOfRegion(profile.region), profile, wrapping),

    async unwrap(wrapping: Secret): Promise<Result<ProfileKey, NoBox>> {
      const found = await find([placesOfRegion(0), placesOfRegion(1)], wrapping);
      return found.ok ? ok(found.value.profile) : found;
    },

    box: (box: Box, profile: ProfileKey, wrapping: Secret) => writeBoxes(placesOfBox(box), profile, wrapping),

    async unbox(wrapping: Secret): Promise<Result<ProfileKey & { readonly box: Box }, NoBox>> {
      const found = await find(BOXES.map(placesOfBox), wrapping);
      return found.ok ? ok({ ...found.value.profile, box: BOXES[found.value.pair] ?? 0 }) : found;
    },

    async refillBox(box: Box): Promise<void> {
      for (const place of placesOfBox(box).toReversed()) await write(place, noise(random, BOX_BYTES));
    },

    async readImage(): Promise<Uint8Array | undefined> {
      return (await newestImage(disk))?.image;
    },

    async writeImage(image: Uint8Array): Promise<void> {
      assert(image.length <= IMAGE_BYTES_MAX, "an image fits its sector");
      const newest = await newestImage(disk);
      const bytes = imageToSector(image, (newest?.serial ?? 0) + 1);
      // The older copy first: the newer one opens until this one does. Then both are the same, and no old key is left.
      const older = newest?.copy === 0 ? 1 : 0;
      for (const copy of [older, 1 - older]) await write((IMAGE_SECTOR + copy) * SECTOR_BYTES, bytes);
      bytes.fill(0);
    },
  };
}

function plainOf({ region, key }: ProfileKey, random: RandomBytes): Uint8Array {
  const body = key.expose((raw) => encode(boxBody, { region, key: raw }));
  return concat(Uint8Array.of(FORMAT_VERSION), body, random(BOX_PLAIN_BYTES - 1 - body.length));
}

type ImageCopy = { readonly copy: 0 | 1; readonly serial: number; readonly image: Uint8Array };

/** serial(8) || length(4) || image || zeros || SHA-256 of all before. */
function imageToSector(image: Uint8Array, serial: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(serial));
  view.setUint32(8, image.length);
  bytes.set(image, IMAGE_HEAD_BYTES);
  bytes.set(sha256(bytes.subarray(0, SECTOR_BYTES - HASH_BYTES)), SECTOR_BYTES - HASH_BYTES);
  return bytes;
}

async function newestImage(disk: Disk): Promise<ImageCopy | undefined> {
  const copies: ImageCopy[] = [];
  for (const copy of [0, 1] as const) {
    const bytes = await disk.read((IMAGE_SECTOR + copy) * SECTOR_BYTES, SECTOR_BYTES);
    const body = bytes.subarray(0, SECTOR_BYTES - HASH_BYTES);
    if (!equalBytes(sha256(body), bytes.subarray(SECTOR_BYTES - HASH_BYTES))) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const image = bytes.slice(
      IMAGE_HEAD_BYTES,
      IMAGE_HEAD_BYTES + Math.min(view.getUint32(8), IMAGE_BYTES_MAX),
    );
    copies.push({ copy, serial: Number(view.getBigUint64(0)), image });
  }
  return copies.toSorted((a, b) => b.serial - a.serial)[0];
}

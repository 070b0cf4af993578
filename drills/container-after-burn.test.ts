/**
 * Somebody takes the devices of both ends after a message burned, with the keys of their open profiles, and reads all there is:
 * what lives, what is dead and not yet overwritten, names, and every byte. Spec: spec/client.md, CL70; spec/container.md, CT12.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import {
  acquaint,
  conversationOf,
  createFolder,
  findTraces,
  joinNodeMember,
  newCode,
  send,
  startRelay,
  until,
  type NodeMember,
  type RelayProcess,
} from "@sotto/testkit/e2e";
import { createDisk } from "../packages/crypto/src/container/disk.ts";
import { pieceContext, regionKeys } from "../packages/crypto/src/container/frames.ts";
import { geometryOf, HEADER_BYTES } from "../packages/crypto/src/container/geometry.ts";
import { recover, segmentStart } from "../packages/crypto/src/container/recover.ts";
import { SEALED_BYTES_EXTRA, unseal } from "../packages/crypto/src/container/seal.ts";

const SAID = "Come to the second bridge at four, alone, and bring the papers";
const BURN_MS = 4_000;
const REGION_BYTES = 4 * 2 ** 20;

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let people: readonly (NodeMember & { readonly file: string; readonly other: string })[] = [];

before(async () => {
  relay = await startRelay({ data });
  const joinAs = async (name: string) => {
    const file = join(folder.path, name);
    const options = { file, name, relayUrl: relay.url, code: await newCode(data), regionBytes: REGION_BYTES };
    return { ...(await joinNodeMember(options)), file };
  };
  const [alice, bob] = [await joinAs("alice"), await joinAs("bob")];
  const { oneToOther, otherToOne } = await acquaint(alice, bob);
  people = [
    { ...alice, other: oneToOther },
    { ...bob, other: otherToOne },
  ];
});
after(async () => {
  await relay.stop();
  folder.remove();
});

/** Every piece that opens with the profile's key, dead ones too, and the file as it lies there. */
async function seize({ file, profile }: { readonly file: string; readonly profile: NodeMember["profile"] }) {
  const bytes = new Uint8Array(readFileSync(file));
  const geometry = geometryOf(REGION_BYTES);
  const start = HEADER_BYTES + profile.region * REGION_BYTES;
  const region = bytes.slice(start, start + REGION_BYTES);
  const keys = regionKeys(profile.key);
  const found = await recover(createDisk(createMemoryBlockFile(region)), keys, geometry);
  assert.ok(found.ok);
  const pieces = found.value.segments.flatMap((segment) =>
    segment.copies.flatMap((copy) => {
      const at = segmentStart(geometry, segment.index) + copy.at;
      const sealed = region.slice(at, at + SEALED_BYTES_EXTRA + copy.bytes);
      return unseal(keys.pieces, pieceContext(copy.id, copy.from), sealed) ?? [];
    }),
  );
  return [
    { where: "the file", bytes },
    ...pieces.map((piece) => ({ where: "what its key opens", bytes: piece })),
  ];
}

const wanted = [{ what: "what was said", bytes: new TextEncoder().encode(SAID) }];

test("[CL70 CT12] what burned is in no byte and behind no key of either device; before it burned it was", async () => {
  const [alice, bob] = people;
  assert.ok(alice && bob);
  for (const { member, other } of people)
    assert.ok((await member.ask({ kind: "set-burn", in: other, burnMs: BURN_MS })).ok);
  await send(alice, alice.other, SAID);
  const isThere = async ({ member, other }: (typeof people)[number]): Promise<boolean> =>
    JSON.stringify((await conversationOf(member, other)).messages).includes(SAID);
  await until("it to be read", () => isThere(bob));
  for (const one of people)
    assert.notDeepEqual(findTraces(wanted, await seize(one)), [], "the search finds what is there");
  await until("it to burn", async () => !(await isThere(alice)) && !(await isThere(bob)));
  for (const one of people) {
    await one.close();
    assert.deepEqual(findTraces(wanted, await seize(one)), []);
  }
});

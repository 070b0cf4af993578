/** Whatever is asked, in whatever order, blobs in memory and blobs in files that are opened again answer alike. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { toHex } from "@sotto/protocol";
import { createBlobs, type BlobStore, type Blobs } from "@sotto/relay";
import { createMemoryBlobStore } from "@sotto/relay-adapters/memory";
import { createKeyRing, nativeSha256 as sha256 } from "@sotto/relay-adapters/node";
import { openBlobs } from "./blob-folder.ts";

const START = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const BYTES = 200_000;
const IDS = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
const CONTENT = Uint8Array.from({ length: BYTES + 9 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);

const place = fc.nat({ max: 1 });
const operation = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("grant" as const), id: place }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      id: place,
      /** Where the last one ended, or anywhere. */
      offset: fc.option(fc.nat({ max: BYTES }), { nil: undefined }),
      length: fc.constantFrom(0, 1, 70_000, 131_072, BYTES, BYTES + 1),
      /** After which the connection breaks off. */
      cutAt: fc.option(fc.nat({ max: BYTES }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const), id: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat({ max: 20 * HOUR_MS }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function* bodyOf(bytes: Uint8Array, cutAt: number | undefined): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes.subarray(0, cutAt));
  if (cutAt !== undefined && cutAt < bytes.length) throw new Error("the connection is gone");
}

/** What anybody can see of a blob. */
async function seenOf(blobs: Blobs, id: Uint8Array, token: Uint8Array | undefined) {
  const bytes = await blobs.bytesOf(id);
  const pieces: Uint8Array[] = [];
  for await (const piece of blobs.read(id, 0, bytes ?? 1)) pieces.push(piece);
  const content = Buffer.concat(pieces);
  assert.ok(bytes === undefined ? content.length === 0 : content.equals(CONTENT.subarray(0, bytes)));
  return { bytes, received: token && (await blobs.received(id, token)) };
}

function createSide(open: () => { readonly store: BlobStore; readonly close: () => Promise<void> }) {
  const time = { now: START };
  const keyRing = createKeyRing(new Uint8Array(32).fill(7));
  const tokens = new Map<number, Uint8Array>();
  let opened = open();
  const serve = (): Blobs =>
    createBlobs({ store: opened.store, keyRing, clock: () => time.now, sha256, observe: () => undefined });
  let blobs = serve();

  async function run(op: Operation): Promise<unknown> {
    switch (op.kind) {
      case "grant": {
        const reply = blobs.grant("c1", { blobId: IDS[op.id] ?? new Uint8Array(), bytes: BYTES, rung: "1h" });
        if (reply.kind === "blobGranted") tokens.set(op.id, reply.token);
        return reply.kind;
      }
      case "put": {
        const [id, token] = [IDS[op.id], tokens.get(op.id)];
        if (!id || !token) return undefined;
        const offset = op.offset ?? (await blobs.received(id, token)) ?? 0;
        const bytes = CONTENT.subarray(offset, offset + op.length);
        return blobs.put(id, token, { offset, length: bytes.length }, bodyOf(bytes, op.cutAt));
      }
      case "erase": {
        const [id, token] = [IDS[op.id], tokens.get(op.id)];
        return id && token && blobs.erase(id, token);
      }
      case "pass":
        time.now += op.ms;
        while (await blobs.sweep());
        return undefined;
      case "restart":
        await opened.close();
        opened = open();
        blobs = serve();
        return undefined;
    }
  }
  const seen = async () => [
    await Promise.all(IDS.map((id, at) => seenOf(blobs, id, tokens.get(at)))),
    await Promise.all(IDS.map((id) => opened.store.find(toHex(sha256(id))))),
    opened.store.countedBytes(),
  ];
  return { run, seen, close: () => opened.close() };
}

test("[BL34] memory and files answer alike, whatever is asked and however often they are opened again", () =>
  fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
      const folder = mkdtempSync(join(tmpdir(), "sotto-blobs-"));
      const memory = createMemoryBlobStore();
      const sides = [
        createSide(() => ({ store: memory, close: () => Promise.resolve() })),
        createSide(() => openBlobs(folder)),
      ] as const;
      try {
        for (const op of operations) {
          const [inMemory, inFiles] = await Promise.all(sides.map((side) => side.run(op)));
          assert.deepEqual(inFiles, inMemory);
          const [expected, found] = await Promise.all(sides.map((side) => side.seen()));
          assert.deepEqual(found, expected);
        }
        const live = (await sides[0].seen())[1] as readonly ({ isGone: boolean } | undefined)[];
        const names = readdirSync(join(folder, "blobs"));
        assert.equal(names.length, live.filter((row) => row?.isGone === false).length);
      } finally {
        await sides[1].close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 60 },
  ));

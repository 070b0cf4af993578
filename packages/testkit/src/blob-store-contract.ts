/** Every BlobStore passes this, whatever it is made of. Spec: spec/blob.md. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { countedBytes, type BlobStore, type KeptBlob } from "@sotto/relay";

const START = 1_800_000_000_000;
const DAY_MS = 86_400_000;

export const blobBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
export const blobName = (): string => blobBytes(32).toHex();
export const blobRow = (bytes: number, given: Partial<KeptBlob> = {}): KeptBlob => ({
  grant: blobName(),
  bytes,
  received: 0,
  until: START + DAY_MS,
  writableUntil: START + DAY_MS,
  isGone: false,
  ...given,
});

/** Puts all of `bytes`, and gives the row. */
export async function putWhole(store: BlobStore, name: string, bytes: Uint8Array, until = START + DAY_MS) {
  const begun = blobRow(bytes.length);
  const whole = { ...begun, received: bytes.length, until };
  assert.equal(await store.begin(name, begun), "done");
  assert.equal(await store.write(name, 0, bytes), "done");
  assert.equal(await store.keep(name, whole), "done");
  return whole;
}

export function blobStoreContract(
  adapter: string,
  create: () => { readonly store: BlobStore; readonly done: () => Promise<void> },
): void {
  const contract = (title: string, run: (store: BlobStore) => Promise<void>): void =>
    void test(`${title} (${adapter})`, async () => {
      const { store, done } = create();
      try {
        await run(store);
      } finally {
        await done();
      }
    });

  contract("[BL13 BL20] what was written in parts is read back, whole and from any byte", async (store) => {
    const name = blobName();
    const bytes = blobBytes(100_001);
    const row = blobRow(bytes.length);
    assert.equal(await store.find(name), undefined);
    assert.equal(await store.begin(name, row), "done");
    assert.deepEqual(await store.find(name), row);
    for (const [from, to] of [
      [0, 1],
      [1, 17],
      [17, 65_553],
      [65_553, 100_001],
    ] as const)
      assert.equal(await store.write(name, from, bytes.subarray(from, to)), "done");
    const whole = { ...row, received: bytes.length, until: START + 5 };
    assert.equal(await store.keep(name, whole), "done");
    assert.deepEqual(await store.find(name), whole);
    for (const [from, to] of [
      [0, 100_001],
      [0, 0],
      [1, 2],
      [15, 33],
      [31_999, 100_001],
    ] as const)
      assert.deepEqual(
        new Uint8Array((await store.read(name, from, to - from)) ?? []),
        bytes.subarray(from, to),
      );
    assert.equal(await store.read(name, 100_000, 2), undefined);
  });

  contract(
    "[BL10] there is one row for a name, and bytes that were not kept are written again",
    async (store) => {
      const name = blobName();
      const bytes = blobBytes(300);
      await putWhole(store, name, bytes);
      assert.equal(await store.begin(name, blobRow(9)), "gone");
      assert.deepEqual(new Uint8Array((await store.read(name, 0, 300)) ?? []), bytes);
      const other = blobName();
      assert.equal(await store.begin(other, blobRow(20)), "done");
      await store.write(other, 0, blobBytes(20));
      await store.write(other, 0, bytes.subarray(0, 20));
      assert.deepEqual(new Uint8Array((await store.read(other, 0, 20)) ?? []), bytes.subarray(0, 20));
    },
  );

  contract(
    "[BL31] what is erased takes nothing more, and its grave keeps the name until it goes",
    async (store) => {
      const name = blobName();
      const whole = await putWhole(store, name, blobBytes(50));
      const grave = { ...whole, received: 0, isGone: true };
      assert.equal(await store.erase(name, grave), "done");
      assert.deepEqual(await store.find(name), grave);
      assert.equal(await store.read(name, 0, 1), undefined);
      assert.equal(await store.write(name, 0, blobBytes(1)), "gone");
      assert.equal(await store.keep(name, whole), "gone");
      assert.equal(await store.begin(name, whole), "gone");
      assert.equal(await store.erase(name, grave), "done");
      assert.equal(await store.erase(name, undefined), "done");
      assert.equal(await store.find(name), undefined);
      assert.equal(await store.keep(name, whole), "gone");
      assert.equal(await store.erase(name, undefined), "done");
      assert.equal(await store.begin(name, blobRow(50)), "done");
    },
  );

  contract("[BL30 BL32] what is due is what has its time behind it, graves included", async (store) => {
    const [early, late, grave] = [blobName(), blobName(), blobName()];
    await putWhole(store, early, blobBytes(5), START + 10);
    await putWhole(store, late, blobBytes(5), START + 11);
    await store.erase(grave, blobRow(5, { isGone: true, until: START + 9 }));
    const dueAt = async (now: number) => (await store.due(now)).map(([name]) => name).toSorted();
    assert.deepEqual(await dueAt(START + 8), []);
    assert.deepEqual(await dueAt(START + 10), [early, grave].toSorted());
    await store.erase(early, undefined);
    await store.erase(grave, undefined);
    assert.deepEqual(await dueAt(START + 11), [late]);
  });

  contract(
    "[BL4] what is there counts by its granted length from its beginning, and what is gone does not",
    async (store) => {
      assert.equal(store.countedBytes(), 0);
      const [large, small] = [blobName(), blobName()];
      const beginning = store.begin(large, blobRow(1_000_000));
      assert.equal(store.countedBytes(), 1_000_000);
      await beginning;
      await store.begin(small, blobRow(1));
      assert.equal(store.countedBytes(), 1_000_000 + countedBytes(1));
      await store.begin(small, blobRow(500_000));
      await store.erase(large, blobRow(1_000_000, { isGone: true }));
      await store.erase(large, undefined);
      assert.equal(store.countedBytes(), countedBytes(1));
      await store.erase(small, undefined);
      assert.equal(store.countedBytes(), 0);
    },
  );
}

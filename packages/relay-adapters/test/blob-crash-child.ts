/** Puts blobs as fast as it can, tells its parent what is kept of each, and waits to be killed. */
import { createHash } from "node:crypto";
import { blobName, blobRow } from "@sotto/testkit/blob-store-contract";
import { openBlobs } from "./blob-folder.ts";

const PART_BYTES = 70_001;
const PARTS = 6;

/** Bytes that follow from the name, so that the parent knows them. */
const partOf = (name: string, part: number): Uint8Array =>
  Buffer.alloc(PART_BYTES, createHash("sha256").update(`${name} ${part}`).digest());

const { store } = openBlobs(process.argv[2] ?? "");
for (;;) {
  const name = blobName();
  const row = blobRow(PARTS * PART_BYTES);
  await store.begin(name, row);
  for (let part = 0; part < PARTS; part++) {
    await store.write(name, part * PART_BYTES, partOf(name, part));
    const received = (part + 1) * PART_BYTES;
    if ((await store.keep(name, { ...row, received })) === "done") process.send?.({ name, received });
  }
  await new Promise((resolve) => setImmediate(resolve)); // lets messages leave
}

/** Writes two records together as fast as it can, tells its parent what is durable, and waits to be killed. */
import { recordToBytes, bytesToRecord } from "@sotto/guardian";
import { openRecordStore } from "@sotto/guardian-adapters/node";
import { fromHex } from "@sotto/protocol";

const [folder = "", ...rids] = process.argv.slice(2);
const opened = openRecordStore(folder);
if (!opened.ok) throw new Error("the store does not open");
const store = opened.value;

async function writeNext(rid: Uint8Array): Promise<void> {
  const bytes = await store.read(rid);
  const record = bytes && bytesToRecord(bytes);
  if (record?.ok !== true) throw new Error("a record cannot be read");
  const { registration, counter } = record.value;
  const messages = registration.killOut.map(({ gid, kid }) => ({ gid, kid, passedOn: false }));
  const next = { ...record.value, counter: counter + 1 };
  if ((await store.write(rid, recordToBytes(next), messages)).ok)
    process.send?.({ rid: rid.toHex(), counter: next.counter });
}

for (;;) {
  await Promise.all(rids.map(fromHex).map(writeNext));
  await new Promise((resolve) => setImmediate(resolve)); // lets messages out
}

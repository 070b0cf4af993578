/** Appends to a store as fast as it can, tells its parent what was accepted, and waits to be killed. */
import { join } from "node:path";
import { toHex } from "@sotto/protocol";
import { nativeSha256 as sha256 } from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, openDatabase } from "@sotto/relay-adapters/sqlite";
import { appendOperation, createChannel, STORE_START } from "@sotto/testkit/channel-store-contract";

const opened = openDatabase(join(process.argv[2] ?? "", "relay.sqlite"));
if (!opened.ok) throw new Error("the database does not open");
const created = createSqliteChannelStore({ db: opened.value, relayId: new Uint8Array(32).fill(7), sha256 });
if (!created.ok) throw new Error("the journal does not open");
const store = created.value;
const cids = [await createChannel(store), await createChannel(store), await createChannel(store)];
for (;;) {
  const batch = cids.flatMap((cid) => [appendOperation(cid, 0), appendOperation(cid, 0)]);
  const outcomes = await store.apply(batch, STORE_START);
  for (const [at, op] of batch.entries())
    if (outcomes[at]?.kind === "accepted") process.send?.({ cid: op.cid, body: toHex(op.body) });
  await new Promise((resolve) => setImmediate(resolve)); // lets timers and messages run
}

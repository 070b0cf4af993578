/** A contact whose client says what ours would not: what waits on its disk is replaced before it is sent. */
import assert from "node:assert/strict";
import { outboxEntries } from "../src/stored/conversation.ts";
import type { Person } from "./world.ts";

export async function sayRaw(
  from: Person,
  to: Person,
  raw: { readonly contentKind: number; readonly content: Uint8Array; readonly burnMs?: number },
): Promise<void> {
  const { world, relay, records } = from;
  relay.isUp = false;
  relay.cutAll();
  await world.pass(1_000);
  await from.send(to, "to be replaced");
  from.crash();
  for (const key of records.list(outboxEntries.prefix)) {
    const entry = outboxEntries.fromBytes(records.kept.get(key) ?? assert.fail("it is there"));
    assert.ok(entry.ok);
    records.kept.set(key, outboxEntries.toBytes({ ...entry.value, ...raw, sealed: undefined }));
  }
  relay.isUp = true;
  await from.start();
  await world.pass(180_000);
  assert.deepEqual(records.list(outboxEntries.prefix), [], "it was sent");
}

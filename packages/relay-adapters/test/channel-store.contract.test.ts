import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryChannelStore } from "@sotto/relay-adapters/memory";
import { nativeRandom, nativeSha256 as sha256 } from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, openDatabase } from "@sotto/relay-adapters/sqlite";
import { channelStoreContract } from "@sotto/testkit/channel-store-contract";

const relayId = nativeRandom(32);

channelStoreContract("memory", () => {
  const store = createMemoryChannelStore({ relayId, sha256 });
  return { store, done: () => store.close() };
});

channelStoreContract("sqlite", () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-store-"));
  const opened = openDatabase(join(folder, "relay.sqlite"));
  if (!opened.ok) throw new Error(opened.error.kind);
  const created = createSqliteChannelStore({ db: opened.value, relayId, sha256 });
  if (!created.ok) throw new Error(created.error.kind);
  const store = created.value;
  return {
    store,
    async done() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

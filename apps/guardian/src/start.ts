/** One guardian in one process, until it is told to stop. Wiring only. */
import { createGuardian } from "@sotto/guardian";
import { listenGuardian, nativeRandom, nativeUntil, startGossip } from "@sotto/guardian-adapters/node";
import { envelopePublicKey } from "@sotto/oprf";
import { err, ok, type Result } from "@sotto/protocol";
import { openDataFolder } from "./data-folder.ts";
import type { Events } from "./events.ts";
import { dataSentence, listenSentence, welcomeText } from "./sentences.ts";

export type StartOptions = { readonly host: string; readonly port: number; readonly path: string };

export type Running = {
  /** What to show to whoever started it. */
  readonly text: string;
  stop(): Promise<void>;
};

/** A running guardian, or the sentence that says why not. */
export async function start(
  { host, port, path }: StartOptions,
  events: Events,
): Promise<Result<Running, string>> {
  const folder = openDataFolder(path);
  if (!folder.ok) return err(dataSentence(folder.error, path));
  const { keys, store } = folder.value;
  const guardian = createGuardian({
    store,
    keys,
    admission: { spend: () => Promise.resolve(true) },
    clock: Date.now,
    random: nativeRandom,
    until: nativeUntil,
  });
  const listener = await listenGuardian({
    guardian,
    host,
    port,
    onServed: (served) => events.served(served),
    onBug: (error) => events.bug(error),
  });
  if (!listener.ok) {
    folder.value.close();
    return err(listenSentence(listener.error, host, port));
  }
  const gossip = startGossip(store, (error) => events.bug(error));
  const { gid, envelopeSeed } = keys;
  const gx = await envelopePublicKey(envelopeSeed);
  const name = host.includes(":") ? `[${host}]` : host;
  return ok({
    text: welcomeText({ gid, gx, url: `http://${name}:${listener.value.port}`, path }),
    async stop() {
      await gossip.stop();
      await listener.value.close();
      folder.value.close();
      events.stopped();
    },
  });
}

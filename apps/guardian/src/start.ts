/** One guardian in one process, until it is told to stop. Wiring only. */
import { listenGuardian, startGuardian } from "@sotto/guardian-adapters/node";
import { err, ok, type GuardianAddress, type Result } from "@sotto/protocol";
import type { Events } from "./events.ts";
import { dataSentence, listenSentence, silentSentence, welcomeText } from "./sentences.ts";

export type StartOptions = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly peers: readonly GuardianAddress[];
};

export type Running = {
  /** What to show to whoever started it. */
  readonly text: string;
  /** What to show once it serves devices, if anything. */
  readonly warning: Promise<string | undefined>;
  stop(): Promise<void>;
};

/** A running guardian, or the sentence that says why not. */
export async function start(
  { host, port, path, peers }: StartOptions,
  events: Events,
): Promise<Result<Running, string>> {
  const onBug = (error: unknown): void => events.bug(error);
  const guardian = await startGuardian({
    path,
    peers,
    onServed: (served) => events.served(served),
    onBug,
  });
  if (!guardian.ok) return err(dataSentence(guardian.error, path));
  const { gid, gx, mount, silentPeers } = guardian.value;
  const listener = await listenGuardian(mount, { host, port, onBug });
  if (!listener.ok) {
    await guardian.value.stop();
    return err(listenSentence(listener.error, host, port));
  }
  const name = host.includes(":") ? `[${host}]` : host;
  return ok({
    text: welcomeText({ gid, gx, url: `http://${name}:${listener.value.port}`, path }),
    warning: silentPeers.then((silent) => silentSentence(silent, peers.length)),
    async stop() {
      await listener.value.close();
      await guardian.value.stop();
      events.stopped();
    },
  });
}

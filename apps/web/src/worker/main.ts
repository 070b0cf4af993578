/**
 * The worker's boot, and its smallest part: finds out whether a profile can live here and whether there is one, then
 * fetches what opens it. One tab at a time: the others wait until it is gone.
 */
import { lookForContainer } from "./files.ts";
import type { Keeper } from "./keeper.ts";
import type { Obstacle, ToPage, ToWorker } from "./protocol.ts";

const LOCK_NAME = "sotto";

const tell = (message: ToPage): void => postMessage(message);
const block = (why: Obstacle): void => tell({ kind: "view", view: { kind: "blocked", why } });

let loading: Promise<Keeper> | undefined;
const keeper = (): Promise<Keeper> =>
  (loading ??= import("./keeper.ts").then(({ createKeeper }) => createKeeper(tell)));

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  void keeper()
    .then((kept) => kept.hear(data))
    .then((answer) => tell({ kind: "answer", number: data.number, answer }));
});

/** What was durable stays so; nothing that runs on a broken assumption may touch it further. */
function crash(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.name) : typeof error;
  tell({ kind: "view", view: { kind: "crashed", detail } });
  close();
}
addEventListener("unhandledrejection", ({ reason }) => crash(reason));
addEventListener("error", ({ error }) => crash(error));

/** What the handset is built on and no polyfill gives. */
async function isSupported(): Promise<boolean> {
  const hasFiles = "createSyncAccessHandle" in (globalThis.FileSystemFileHandle?.prototype ?? {});
  const hasBytes = "fromBase64" in Uint8Array && "toHex" in Uint8Array.prototype;
  if (!hasFiles || !hasBytes || !("locks" in navigator)) return false;
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign"]);
    await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once this tab alone may open the container; it stays so until the tab is gone. */
function takeTurn(onWait: () => void): Promise<void> {
  const forEver = new Promise<never>(() => {});
  return new Promise((resolve) => {
    const hold = (): Promise<never> => {
      resolve();
      return forEver;
    };
    void navigator.locks.request(LOCK_NAME, { ifAvailable: true }, (lock) => {
      if (lock !== null) return hold();
      onWait();
      void navigator.locks.request(LOCK_NAME, hold);
      return undefined;
    });
  });
}

async function boot(): Promise<void> {
  if (!(await isSupported())) return block("unsupported");
  await takeTurn(() => block("second-tab"));
  switch (await lookForContainer()) {
    case "no-storage":
      return block("no-storage");
    case "absent":
      return tell({ kind: "view", view: { kind: "new" } });
    case "present":
      // Shown before the rest is here; what it finds corrects this.
      tell({ kind: "view", view: { kind: "locked", lock: undefined } });
      return keeper().then((kept) => kept.look());
  }
}

void boot();

/**
 * Answers the page's questions in order and tells it what the device is. It holds the container while this tab does,
 * and the opened profile between unlock and lock. Spec: spec/handset.md, "Page and worker".
 */
import type { Member, OpenConversation, OpenSearch, Problem } from "@sotto/client";
import { fileToSource } from "@sotto/client-adapters/browser";
import { err, ok, unreachable, type Result } from "@sotto/protocol";
import { storeExample } from "./example.ts";
import { removeContainer } from "./files.ts";
import {
  join,
  makeDecoy,
  openFile,
  replacePassphrase,
  replacePin,
  unlock,
  unlockChoice,
  wipeIfOverdue,
  type LockedDevice,
  type OpenProfile,
  type Trouble,
} from "./profile.ts";
import type { DeviceView, Joining, ToPage, ToWorker } from "./protocol.ts";
import { warmUp } from "./warm-up.ts";
import { wipeElsewhere, wipeHere } from "./wiping.ts";

/** How long joining waits for the relay to accept the code before it goes on without an answer. */
const ACTIVATION_MS = 8_000;
/** How often a locked device looks whether its time has come. */
const OVERDUE_LOOK_MS = 60_000;

type Turn = <T>(step: () => Promise<T>) => Promise<T>;

export type Keeper = {
  /** Looks at the container that is there and shows what it finds. */
  look(): Promise<void>;
  hear(message: ToWorker): Promise<unknown>;
};

export function createKeeper(tell: (message: ToPage) => void): Keeper {
  let device: LockedDevice | undefined;
  let profile: OpenProfile | undefined;
  /** As promised: what is asked of one may come before it is open. */
  const windows = new Map<number, Promise<OpenConversation | undefined> | undefined>();
  const searches = new Map<number, Promise<OpenSearch | undefined> | undefined>();
  const readings = new Set<number>();
  const inTurn = createTurn();
  const show = (view: DeviceView): void => tell({ kind: "view", view });

  /** Shows what a trouble leads to; what remains for the person to read is the result. */
  async function face(trouble: Trouble, otherwise: DeviceView): Promise<Result<void, Problem>> {
    switch (trouble.kind) {
      case "problem":
        show(otherwise);
        return err(trouble.problem);
      case "obstacle":
        show({ kind: "blocked", why: trouble.why });
        return ok(undefined);
      case "unfinished":
      case "wiped":
        await forgetDevice(trouble.kind === "wiped");
        return ok(undefined);
      default:
        return unreachable(trouble);
    }
  }

  async function forgetDevice(isWiped: boolean): Promise<void> {
    await device?.container.close();
    device = undefined;
    await removeContainer();
    show({ kind: "new", isWiped });
  }
  const locked = (): DeviceView => ({ kind: "locked", lock: device?.lock.view() });

  function run(opened: OpenProfile): Result<void, Problem> {
    profile = opened;
    const { member, vault } = opened;
    const showIt = (): void => showOpen(opened);
    member.onView(showIt);
    showIt();
    void vault?.upkeep().then(showIt);
    return ok(undefined);
  }

  function showOpen(opened: OpenProfile): void {
    const { member, vault } = opened;
    if (profile === opened) show({ kind: "open", member: member.view(), vault: vault?.view() });
  }

  async function joinAs(joining: Joining): Promise<Result<void, Problem>> {
    show({ kind: "joining", done: 0 });
    const joined = await join(joining, (done) => show({ kind: "joining", done }));
    if (!joined.ok) return face(joined.error, { kind: "new" });
    show({ kind: "joining", done: undefined });
    device = joined.value;
    // Until a code is granted the device holds nothing that anybody knows of: it is made anew for the next one.
    if ((await activationOf(joined.value.profile.member)) !== "refused") return run(joined.value.profile);
    await joined.value.profile.close();
    await face({ kind: "unfinished" }, { kind: "new" });
    return err({ kind: "code-refused" });
  }

  async function unlockWith(secret: string): Promise<Result<void, Problem>> {
    if (device === undefined) return ok(undefined);
    show({ kind: "opening", lock: device.lock.view() });
    const opened = await unlock(device, secret);
    return opened.ok ? run(opened.value) : face(opened.error, locked());
  }

  async function lock(): Promise<void> {
    const closing = profile;
    profile = undefined;
    windows.clear();
    searches.clear();
    readings.clear();
    show(locked());
    await closing?.close();
  }

  async function wipe(): Promise<void> {
    if (device === undefined) return;
    const [wiped, closing] = [device, profile];
    [device, profile] = [undefined, undefined];
    windows.clear();
    searches.clear();
    await wipeHere(wiped.container, closing);
    show({ kind: "new", isWiped: true });
  }

  /** A device whose time has come while nobody opened it. */
  async function lookAtTheTime(): Promise<void> {
    if (device === undefined || profile !== undefined) return;
    const trouble = await wipeIfOverdue(device);
    if (trouble !== undefined) await face(trouble, locked());
  }
  setInterval(() => void inTurn(lookAtTheTime), OVERDUE_LOOK_MS);

  /** What is asked of an opened profile, and shown once it is done. */
  async function withVault<T>(
    step: (opened: OpenProfile) => Promise<Result<T, Problem>>,
  ): Promise<Result<T, Problem>> {
    const opened = profile;
    if (opened === undefined) return err({ kind: "device-failing" });
    const done = await step(opened);
    showOpen(opened);
    return done;
  }

  async function change(from: string, to: string): Promise<Result<void, Problem>> {
    if (device === undefined) return err({ kind: "device-failing" });
    const changed = await replacePassphrase(device, from, to);
    if (changed.ok) return changed;
    return changed.error.kind === "problem" ? err(changed.error.problem) : err({ kind: "device-failing" });
  }

  async function look(): Promise<void> {
    const opened = await openFile();
    if (opened.ok) {
      device = opened.value;
      setTimeout(warmUp); // once the page has been told
      show(locked());
      return lookAtTheTime();
    }
    const isFull = opened.error.kind === "problem" && opened.error.problem.kind === "device-full";
    await face(opened.error, { kind: "blocked", why: isFull ? "no-storage" : "damaged" });
  }

  async function takeExample(name: string): Promise<boolean> {
    if (device !== undefined) return false;
    show({ kind: "starting" });
    const isStored = await storeExample(name);
    if (isStored) await look();
    else show({ kind: "new" });
    return isStored;
  }

  return {
    look: () => inTurn(look),
    async hear(message) {
      const member = profile?.member;
      switch (message.kind) {
        case "join":
          return inTurn(() => joinAs(message.asks));
        case "take-example":
          return inTurn(() => takeExample(message.asks));
        case "unlock":
          return inTurn(() => unlockWith(message.asks));
        case "lock":
          return inTurn(lock);
        case "change-passphrase":
          return inTurn(() => change(message.asks.from, message.asks.to));
        case "unlock-choice":
          return unlockChoice(message.asks);
        case "change-pin":
          return inTurn(() => withVault((opened) => replacePin(opened, message.asks.name, message.asks.pin)));
        case "make-decoy":
          return inTurn(() => withVault((opened) => makeDecoy(opened, message.asks)));
        case "set-dead-man":
          return inTurn(() =>
            withVault(
              async ({ vault }) => vault?.setDeadMan(message.asks) ?? err({ kind: "guardians-refused" }),
            ),
          );
        case "wipe-shares":
          return profile?.vault?.wipeShares() ?? [];
        case "wipe":
          return wipe(); // waits for nothing that is under way
        case "wipe-other":
          return wipeElsewhere(message.asks);
        case "ask":
          return member === undefined ? err({ kind: "device-failing" }) : member.ask(message.asks);
        case "attach": {
          const { file, ...attaching } = message.asks;
          if (member === undefined) return err({ kind: "device-failing" });
          return member.attach({ ...attaching, source: fileToSource(file) });
        }
        case "supply": {
          const { id, key, file } = message.asks;
          if (member === undefined) return err({ kind: "device-failing" });
          return member.supply(id, key, fileToSource(file));
        }
        case "read-file": {
          const { reading, id, key } = message.asks;
          if (member === undefined) return err({ kind: "device-failing" });
          readings.add(reading);
          const read = await member.readFile(id, key, (piece, { from, bytes }) => {
            if (!readings.has(reading)) return false;
            tell({ kind: "piece", reading, bytes: piece.slice(), part: (from + piece.length) / bytes });
            return true;
          });
          readings.delete(reading);
          return read;
        }
        case "stop-reading":
          readings.delete(message.asks);
          return undefined;
        case "safety-number":
          return member?.safetyNumber(message.asks);
        case "open-conversation": {
          const { window, id } = message.asks;
          const opening = member?.openConversation(id, (view) =>
            tell({ kind: "conversation", window, view }),
          );
          windows.set(window, opening);
          return (await opening) !== undefined;
        }
        case "load-older":
          return (await windows.get(message.asks))?.loadOlder();
        case "load-newer":
          return (await windows.get(message.asks))?.loadNewer();
        case "go-to":
          return (await windows.get(message.asks.window))?.goTo(message.asks.spot);
        case "close-conversation":
          void windows.get(message.asks)?.then((window) => window?.close());
          windows.delete(message.asks);
          return undefined;
        case "open-search": {
          const search = message.asks;
          searches.set(
            search,
            member?.openSearch((view) => tell({ kind: "search", search, view })),
          );
          return undefined;
        }
        case "find":
          return (await searches.get(message.asks.search))?.find(message.asks.query);
        case "find-more":
          return (await searches.get(message.asks))?.more();
        case "close-search":
          void searches.get(message.asks)?.then((search) => search?.close());
          searches.delete(message.asks);
          return undefined;
        default:
          return unreachable(message);
      }
    },
  };
}

/** One step after the other; a step that throws is a bug of ours and hinders none that follow. */
function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const mine = last.then(step);
    last = mine.catch(() => {});
    return mine;
  };
}

/** What became of the activation code, or "asking" when the relay has not said in time. */
function activationOf(member: Member): Promise<"asking" | "granted" | "refused"> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      stop();
      resolve(member.view().me.activation);
    };
    const timer = setTimeout(settle, ACTIVATION_MS);
    const stop = member.onView(({ me }) => me.activation !== "asking" && settle());
  });
}

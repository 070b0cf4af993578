/** What a screen may ask of the device, and the one that asks the worker. Screens get it from `useDevice`. */
import type {
  Answer,
  ConversationId,
  ConversationView,
  Intent,
  MessageKey,
  OpenConversation,
  OpenSearch,
  Problem,
  SafetyNumberView,
  SearchView,
} from "@sotto/client";
import type { Result } from "@sotto/protocol";
import { signal, type ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type {
  Attached,
  DecoyMaking,
  DeviceView,
  Joining,
  PinName,
  QuestionKind,
  Questions,
  ToPage,
  ToWorker,
  UnlockChoice,
  WipeMistake,
} from "./worker/protocol.ts";

export type ConversationWindow = OpenConversation;
export type SearchWindow = OpenSearch;

export type TakePiece = (bytes: Uint8Array<ArrayBuffer>, part: number) => void;
/** `done`: once all of it was given and found to be what was sent; only then is it to be trusted. */
export type Reading = { readonly done: Promise<Result<void, Problem>>; stop(): void };

export interface Device {
  readonly view: ReadonlySignal<DeviceView>;
  join(joining: Joining): Promise<Result<void, Problem>>;
  takeExample(name: string): Promise<boolean>;
  /** What the relay lets somebody choose who joins; undefined while it does not answer. */
  unlockChoice(relayUrl: string): Promise<UnlockChoice | undefined>;
  /** With the PIN or the passphrase. */
  unlock(secret: string): Promise<Result<void, Problem>>;
  changePassphrase(from: string, to: string): Promise<Result<void, Problem>>;
  changePin(name: PinName, pin: string): Promise<Result<void, Problem>>;
  makeDecoy(making: DecoyMaking): Promise<Result<void, Problem>>;
  setDeadMan(afterMs: number | undefined): Promise<Result<void, Problem>>;
  wipeShares(): Promise<readonly string[]>;
  wipe(): Promise<void>;
  wipeOther(
    texts: readonly string[],
  ): Promise<Result<{ readonly done: number; readonly of: number }, WipeMistake>>;
  lock(): Promise<void>;
  ask(intent: Intent): Promise<Result<Answer, Problem>>;
  attach(file: Attached): Promise<Result<Answer, Problem>>;
  /** The same file once more, for a message that needs it again. */
  supply(id: ConversationId, key: MessageKey, file: Blob): Promise<Result<Answer, Problem>>;
  /** Gives the file of a message in pieces, in their order; `part` of it is there then, 0 to 1. */
  readFile(id: ConversationId, key: MessageKey, take: TakePiece): Reading;
  /** Calls `show` now and after every change until the window is closed. */
  openConversation(id: ConversationId, show: (view: ConversationView) => void): ConversationWindow;
  /** Calls `show` with every answer, and after every change of one, until it is closed. */
  openSearch(show: (view: SearchView) => void): SearchWindow;
  safetyNumber(id: ConversationId): Promise<SafetyNumberView | undefined>;
}

const DeviceContext = createContext<Device | undefined>(undefined);
export const DeviceProvider = DeviceContext.Provider;

export function useDevice(): Device {
  const device = useContext(DeviceContext);
  if (device === undefined) throw new Error("a screen stands inside a DeviceProvider");
  return device;
}

/** `worker` speaks worker/protocol.ts and nothing else. */
export function createWorkerDevice(worker: Worker): Device {
  const view = signal<DeviceView>({ kind: "starting" });
  const waiting = new Map<number, (answer: never) => void>();
  const windows = new Map<number, (view: ConversationView) => void>();
  const searches = new Map<number, (view: SearchView) => void>();
  const readings = new Map<number, TakePiece>();
  let numbers = 0;

  function question<K extends QuestionKind>(
    kind: K,
    asks: Questions[K]["asks"],
  ): Promise<Questions[K]["answer"]> {
    const number = ++numbers;
    return new Promise((resolve) => {
      waiting.set(number, resolve);
      worker.postMessage({ kind, number, asks } as ToWorker);
    });
  }

  worker.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
    switch (data.kind) {
      case "view":
        view.value = data.view;
        break;
      case "conversation":
        windows.get(data.window)?.(data.view);
        break;
      case "search":
        searches.get(data.search)?.(data.view);
        break;
      case "piece":
        readings.get(data.reading)?.(data.bytes, data.part);
        break;
      case "answer":
        waiting.get(data.number)?.(data.answer as never);
        waiting.delete(data.number);
    }
  });

  // A worker that does not even load meets a browser without module workers.
  worker.addEventListener("error", () => {
    if (view.value.kind === "starting") view.value = { kind: "blocked", why: "unsupported" };
  });

  return {
    view,
    join: (joining) => question("join", joining),
    takeExample: (name) => question("take-example", name),
    unlockChoice: (relayUrl) => question("unlock-choice", relayUrl),
    unlock: (secret) => question("unlock", secret),
    changePin: (name, pin) => question("change-pin", { name, pin }),
    makeDecoy: (making) => question("make-decoy", making),
    setDeadMan: (afterMs) => question("set-dead-man", afterMs),
    wipeShares: () => question("wipe-shares", undefined),
    wipe: () => question("wipe", undefined),
    wipeOther: (texts) => question("wipe-other", texts),
    changePassphrase: (from, to) => question("change-passphrase", { from, to }),
    lock: () => question("lock", undefined),
    ask: (intent) => question("ask", intent),
    attach: (file) => question("attach", file),
    supply: (id, key, file) => question("supply", { id, key, file }),
    readFile(id, key, take) {
      const reading = ++numbers;
      readings.set(reading, take);
      const done = question("read-file", { reading, id, key }).finally(() => readings.delete(reading));
      return {
        done,
        stop() {
          readings.delete(reading);
          void question("stop-reading", reading);
        },
      };
    },
    openConversation(id, show) {
      const window = ++numbers;
      windows.set(window, show);
      void question("open-conversation", { window, id });
      return {
        loadOlder: () => question("load-older", window),
        loadNewer: () => question("load-newer", window),
        goTo: (spot): Promise<MessageKey | undefined> => question("go-to", { window, spot }),
        close: () => {
          windows.delete(window);
          void question("close-conversation", window);
        },
      };
    },
    openSearch(show) {
      const search = ++numbers;
      searches.set(search, show);
      void question("open-search", search);
      return {
        find: (query) => question("find", { search, query }),
        more: () => question("find-more", search),
        close: () => {
          searches.delete(search);
          void question("close-search", search);
        },
      };
    },
    safetyNumber: (id) => question("safety-number", id),
  };
}

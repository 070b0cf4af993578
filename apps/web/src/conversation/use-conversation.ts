/** A window on one conversation, open as long as it is shown. */
import type { ConversationId, ConversationView, MessageKey, Spot } from "@sotto/client";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDevice, type ConversationWindow } from "../device.ts";

/** Where the window was moved to last: the message that stands there, and how often it was moved. */
export type Jump = { readonly key: MessageKey | undefined; readonly count: number };

export type Shown = {
  /** Undefined until it has been read. */
  readonly view: ConversationView | undefined;
  readonly jump: Jump;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
  readonly goTo: (spot: Spot) => Promise<void>;
};

const NOWHERE: Jump = { key: undefined, count: 0 };

/** Opens at the end of the conversation, or at a spot. Another spot moves it. */
export function useConversation(id: ConversationId, at?: Spot): Shown {
  const device = useDevice();
  const [view, setView] = useState<ConversationView | undefined>();
  const [jump, setJump] = useState(NOWHERE);
  const window = useRef<ConversationWindow | undefined>(undefined);
  /** While it is moved, what is shown is on its way out. */
  const isMoving = useRef(false);
  const newest = useRef<ConversationView | undefined>(undefined);

  const goTo = useCallback(async (spot: Spot) => {
    const moved = window.current;
    isMoving.current = true;
    const key = await moved?.goTo(spot);
    if (moved !== window.current) return;
    isMoving.current = false;
    setView(newest.current);
    setJump(({ count }) => ({ key, count: count + 1 }));
  }, []);

  // Before the empty page is painted: the worker reads meanwhile.
  useLayoutEffect(() => {
    const opened = device.openConversation(id, (shown) => {
      newest.current = shown;
      if (!isMoving.current) setView(shown);
    });
    window.current = opened;
    return () => {
      window.current = undefined;
      isMoving.current = false;
      opened.close();
    };
  }, [device, id]);
  useLayoutEffect(() => {
    if (at !== undefined) void goTo(at);
  }, [device, id, at]);

  const loadOlder = useCallback(async () => window.current?.loadOlder(), []);
  const loadNewer = useCallback(async () => window.current?.loadNewer(), []);
  return { view: view?.id === id ? view : undefined, jump, loadOlder, loadNewer, goTo };
}

/** A window on one conversation, open as long as it is shown. */
import type { ConversationId, ConversationView } from "@sotto/client";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDevice, type ConversationWindow } from "../device.ts";

export type Shown = {
  /** Undefined until it has been read. */
  readonly view: ConversationView | undefined;
  readonly loadOlder: () => Promise<void>;
};

export function useConversation(id: ConversationId): Shown {
  const device = useDevice();
  const [view, setView] = useState<ConversationView | undefined>();
  const window = useRef<ConversationWindow | undefined>(undefined);
  // Before the empty page is painted: the worker reads meanwhile.
  useLayoutEffect(() => {
    const opened = device.openConversation(id, setView);
    window.current = opened;
    return () => opened.close();
  }, [device, id]);
  const loadOlder = useCallback(async () => window.current?.loadOlder(), []);
  return { view: view?.id === id ? view : undefined, loadOlder };
}

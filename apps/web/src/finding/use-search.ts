/** A search of the device's, open as long as its screen is. What is typed while one answer is made is asked next. */
import type { Query, SearchView } from "@sotto/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDevice, type SearchWindow } from "../device.ts";

export type Searching = {
  /** The answer to the newest that was answered. */
  readonly view: SearchView | undefined;
  readonly more: () => Promise<void>;
};

/** `pages`: how many are wanted at first. */
export function useSearch(query: Query, pages: number): Searching {
  const device = useDevice();
  const [view, setView] = useState<SearchView | undefined>();
  const window = useRef<SearchWindow | undefined>(undefined);
  const next = useRef<Query | undefined>(undefined);
  const isAsking = useRef(false);
  const pagesAtFirst = useRef(pages);

  useLayoutEffect(() => {
    const opened = device.openSearch(setView);
    window.current = opened;
    return () => opened.close();
  }, [device]);

  async function ask(): Promise<void> {
    if (isAsking.current) return;
    isAsking.current = true;
    for (let asked = next.current; asked !== undefined; asked = next.current) {
      next.current = undefined;
      await window.current?.find(asked);
      for (; pagesAtFirst.current > 1; pagesAtFirst.current--) await window.current?.more();
    }
    isAsking.current = false;
  }
  const { text, in: id, since, until } = query;
  useEffect(() => {
    next.current = query;
    void ask();
  }, [text, id, since, until]);

  return { view, more: async () => window.current?.more() };
}

/** Focus goes where the person's act led, so that it is never lost. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Focuses the element when it appears, and again whenever `when` changes. */
export function useFocus<T extends HTMLElement>(when?: unknown): RefObject<T | null> {
  const element = useRef<T>(null);
  useEffect(() => element.current?.focus({ preventScroll: true }), [when]);
  return element;
}

/** An ordinary app before the lock screen. What is behind it is not fetched to show it. Spec: spec/handset.md, UI40 and UI41. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { FunctionComponent, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Device } from "../device.ts";
import { cover } from "../preferences.ts";

export type CoverProps = {
  /** For its display or heading: whoever holds it for a second, or presses Shift and Enter, knows what is behind. */
  readonly way: Way;
};
export type Way = {
  readonly onPointerDown: () => void;
  readonly onPointerUp: () => void;
  readonly onPointerLeave: () => void;
  readonly onContextMenu: (event: Event) => void;
};

const HOLD_MS = 1_000;

/** Up from the start, and again after every lock. */
export function useCover(device: Device): { readonly isUp: boolean; readonly lift: () => void } {
  const isLifted = useSignal(false);
  useSignalEffect(() => {
    if (device.view.value.kind === "open") isLifted.value = false; // for the next time it is locked
  });
  const { kind } = device.view.value;
  const isBefore = kind === "starting" || kind === "locked";
  return {
    isUp: cover.value !== "none" && isBefore && !isLifted.value,
    lift: () => (isLifted.value = true),
  };
}

export function Cover({ onLift }: { readonly onLift: () => void }): JSX.Element | null {
  const [App, setApp] = useState<FunctionComponent<CoverProps>>();
  useEffect(() => {
    const loading = cover.value === "notes" ? import("./notes.tsx") : import("./calculator.tsx");
    void loading.then(({ App: loaded }) => setApp(() => loaded));
  }, []);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key === "Enter" && event.shiftKey) onLift();
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const end = (): void => clearTimeout(timer.current);
  const way: Way = {
    onPointerDown: () => {
      timer.current = setTimeout(onLift, HOLD_MS);
    },
    onPointerUp: end,
    onPointerLeave: end,
    onContextMenu: (event) => event.preventDefault(), // what a long press opens on a phone
  };
  return App === undefined ? null : <App way={way} />;
}

/** A file on its way to this page: asked for, loading, there, or not to be had. */
import type { FileView, Problem } from "@sotto/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice, type Reading } from "../device.ts";
import { useFilesOf } from "./files-of.ts";

/** Fetched unasked, where anything is. */
const UNASKED_BYTES_MAX = 1_048_576;
/** More is not held in a page to be looked at. */
const SHOWN_BYTES_MAX = 24 * 1_048_576;

export type Loading =
  | { readonly kind: "none" }
  | { readonly kind: "loading"; readonly part: number }
  | { readonly kind: "there"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly problem: Problem };

const NONE: Loading = { kind: "none" };

export const isShowable = ({ bytes, picture }: FileView): boolean =>
  picture !== undefined && bytes <= SHOWN_BYTES_MAX;

export function useFile(
  key: string,
  file: FileView,
): { readonly loading: Loading; readonly load: () => void; readonly stop: () => void } {
  const device = useDevice();
  const { id, isAccepted } = useFilesOf();
  const [loading, setLoading] = useState<Loading>(NONE);
  const reading = useRef<Reading | undefined>(undefined);

  function stop(): void {
    reading.current?.stop();
    reading.current = undefined;
  }
  async function load(): Promise<void> {
    stop();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    setLoading({ kind: "loading", part: 0 });
    const mine = device.readFile(id, key, (bytes, part) => {
      pieces.push(bytes);
      setLoading({ kind: "loading", part });
    });
    reading.current = mine;
    const done = await mine.done;
    if (reading.current !== mine) return;
    reading.current = undefined;
    setLoading(done.ok ? { kind: "there", bytes: joined(pieces) } : { kind: "failed", problem: done.error });
  }
  const loadsItself =
    file.sent === undefined && isShowable(file) && isAccepted && file.bytes <= UNASKED_BYTES_MAX;
  useEffect(() => {
    if (loadsItself) void load();
    return stop;
  }, [key, loadsItself]);
  return {
    loading,
    load: () => void load(),
    stop() {
      stop();
      setLoading(NONE);
    },
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The time of a message inside a thin ring that drains until the message burns. */
import type { Burn } from "@sotto/client";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { countSeconds, now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { HOUR_MS } from "../times.ts";
import { clockWords, durationWords, momentWords } from "../words.ts";

const RING = 100;

export function BurnTime(props: { readonly time: number; readonly burn: Burn | undefined }): JSX.Element {
  const { time, burn } = props;
  const isShort = burn !== undefined && burn.burnMs < HOUR_MS;
  useEffect(() => (isShort ? countSeconds() : undefined), [isShort]);
  const words = (
    <time dateTime={new Date(time).toISOString()} title={momentWords(time)}>
      {clockWords(time)}
    </time>
  );
  if (burn === undefined) return <span class="burn">{words}</span>;
  const leftMs = Math.max(0, burn.burnAt - now.value);
  const drained = burn.burnMs > 0 ? Math.round(RING * (1 - leftMs / burn.burnMs)) : 0;
  const burnWords = m.burns_in({ time: durationWords(leftMs) });
  return (
    <span class="burn burn--ring" title={burnWords} data-soon={leftMs < HOUR_MS / 60}>
      <svg aria-hidden="true">
        <rect class="burn__track" pathLength={RING} />
        <rect
          class="burn__left"
          pathLength={RING}
          stroke-dasharray={`${RING} ${RING}`}
          stroke-dashoffset={Math.min(RING, Math.max(0, drained))}
        />
      </svg>
      {words}
      <span class="unseen">{burnWords}</span>
    </span>
  );
}

/** Whether the relay is reached, said quietly where it matters. */
import type { Reachability } from "@sotto/client";
import type { JSX } from "preact";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { problemWords } from "../problem-words.ts";
import { rowTimeWords } from "../words.ts";

export function OfflineStrip({ reachability }: { readonly reachability: Reachability }): JSX.Element {
  return (
    <div role="status">
      {reachability.kind === "offline" && (
        <p class="strip">
          <Icon name="offline" />
          <span>
            {m.offline_since({ time: rowTimeWords(reachability.since, now.value) })}{" "}
            {reachability.problem === undefined || reachability.problem.kind === "relay-unreachable"
              ? m.offline_meaning()
              : problemWords(reachability.problem)}
          </span>
        </p>
      )}
    </div>
  );
}

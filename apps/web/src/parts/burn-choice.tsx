/** When the messages of a conversation burn: one time for all who are in it. */
import type { ConversationId, ConversationView, MeView } from "@sotto/client";
import type { JSX } from "preact";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { Section } from "../screens/panel.tsx";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../times.ts";
import { durationWords } from "../words.ts";
import { useAsking } from "./asking.ts";
import { Choice } from "./choice.tsx";
import { Trouble } from "./trouble.tsx";

const BURN_CHOICES_MS = [30_000, 5 * MINUTE_MS, HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

function burnOptions(view: ConversationView, me: MeView): readonly number[] {
  const { burnMaxMs, burnOffAllowed } = me.policy;
  const offered = new Set(BURN_CHOICES_MS.filter((ms) => ms <= burnMaxMs));
  if (view.burnMs > 0) offered.add(view.burnMs);
  const sorted = [...offered].toSorted((a, b) => a - b);
  return burnOffAllowed || view.burnMs === 0 ? [...sorted, 0] : sorted;
}

export function BurnChoice(props: { readonly view: ConversationView; readonly me: MeView }): JSX.Element {
  const { view, me } = props;
  const device = useDevice();
  const { problem, run } = useAsking();
  const longest = durationWords(me.policy.burnMaxMs);
  const setBurn = (id: ConversationId, burnMs: number): void =>
    run(() => device.ask({ kind: "set-burn", in: id, burnMs }));
  return (
    <Section
      title={m.burn_time()}
      text={view.group === undefined ? m.burn_text({ longest }) : m.burn_text_group({ longest })}
    >
      <Choice
        legend={m.burn_time()}
        name="burn"
        options={burnOptions(view, me).map((ms) => ({
          value: String(ms),
          label: ms === 0 ? m.burn_off() : durationWords(ms),
        }))}
        value={String(view.burnMs)}
        onValue={(value) => setBurn(view.id, Number(value))}
      />
      <Trouble problem={problem} />
    </Section>
  );
}

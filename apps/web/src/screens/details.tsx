/** What holds for one conversation: who it is with, when its messages burn, where it lives. */
import type { ConversationId, ConversationRow, ConversationView, MeView } from "@sotto/client";
import type { JSX } from "preact";
import { useConversation } from "../conversation/use-conversation.ts";
import { useDevice } from "../device.ts";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Choice } from "../parts/choice.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../times.ts";
import { durationWords } from "../words.ts";
import { Panel, Section } from "./panel.tsx";

const BURN_CHOICES_MS = [30_000, 5 * MINUTE_MS, HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

export function Details(props: { readonly row: ConversationRow; readonly me: MeView }): JSX.Element {
  const { view } = useConversation(props.row.id);
  return (
    <Panel title={m.details()}>
      <DetailsSections {...props} view={view} />
    </Panel>
  );
}

export function DetailsSections(props: {
  readonly row: ConversationRow;
  readonly me: MeView;
  /** Undefined until it has been read. */
  readonly view: ConversationView | undefined;
}): JSX.Element {
  const { row, me, view } = props;
  return (
    <>
      <div class="person">
        <Avatar name={row.name} large />
        <p class="person__name">
          <bdi>{row.name}</bdi>
        </p>
        <p class={row.isVerified ? "verified small" : "quiet small"}>
          {row.isVerified && <Icon name="verified" />}
          {row.isVerified ? m.verified() : m.not_verified()}
        </p>
      </div>
      <Section
        title={m.safety_number()}
        text={
          row.isVerified ? m.details_verified({ name: row.name }) : m.details_unverified({ name: row.name })
        }
      >
        <button type="button" class="button" onClick={() => go({ kind: "verify", id: row.id })}>
          {row.isVerified ? m.verify_again() : m.verify_compare_now()}
        </button>
      </Section>
      {view !== undefined && <BurnChoice view={view} me={me} />}
      {view !== undefined && <Section title={m.relay()} text={m.details_relay({ host: view.relayHost })} />}
    </>
  );
}

function burnOptions(view: ConversationView, me: MeView): readonly number[] {
  const { burnMaxMs, burnOffAllowed } = me.policy;
  const offered = new Set(BURN_CHOICES_MS.filter((ms) => ms <= burnMaxMs));
  if (view.burnMs > 0) offered.add(view.burnMs);
  const sorted = [...offered].toSorted((a, b) => a - b);
  return burnOffAllowed || view.burnMs === 0 ? [...sorted, 0] : sorted;
}

function BurnChoice({ view, me }: { readonly view: ConversationView; readonly me: MeView }): JSX.Element {
  const device = useDevice();
  const { problem, run } = useAsking();
  const setBurn = (id: ConversationId, burnMs: number): void =>
    run(() => device.ask({ kind: "set-burn", in: id, burnMs }));
  return (
    <Section title={m.burn_time()} text={m.burn_text({ longest: durationWords(me.policy.burnMaxMs) })}>
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

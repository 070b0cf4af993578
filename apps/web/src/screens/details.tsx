/** What holds for one conversation: who it is with, when its messages burn, where it lives. */
import type { ConversationRow, ConversationView, MeView } from "@sotto/client";
import type { JSX } from "preact";
import { useConversation } from "../conversation/use-conversation.ts";
import { DateJump } from "../finding/date-jump.tsx";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { BurnChoice } from "../parts/burn-choice.tsx";
import { later } from "../parts/later.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel, Section } from "./panel.tsx";

const GroupSections = later(async () => (await import("../groups/index.ts")).GroupSections);

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
  if (row.members !== undefined) return <GroupSections {...props} />;
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
      <Section title={m.date_jump_title()}>
        <DateJump id={row.id} />
      </Section>
      {view !== undefined && <BurnChoice view={view} me={me} />}
      {view !== undefined && <Section title={m.relay()} text={m.details_relay({ host: view.relayHost })} />}
    </>
  );
}

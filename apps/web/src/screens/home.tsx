/** An opened profile: one pane on a phone, two from 900 px, three with details from 1280 px. */
import type { ConversationRow, MemberView, VaultView } from "@sotto/client";
import { signal, useSignalEffect } from "@preact/signals";
import { unreachable } from "@sotto/protocol";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useConversation } from "../conversation/use-conversation.ts";
import { incomingLink } from "../incoming-link.ts";
import { filteredRows, ListFilter, showAllRows } from "../finding/list-filter.tsx";
import { Search } from "../finding/search.tsx";
import { beginSearch, search } from "../finding/wanted.ts";
import { forgetTrail, go, goToTab, place, type Place } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { Sign } from "../parts/threshold.tsx";
import { problemWords } from "../problem-words.ts";
import { durationWords } from "../words.ts";
import { Add } from "./add.tsx";
import { Chats } from "./chats.tsx";
import { Conversation } from "./conversation.tsx";
import { Details, DetailsSections } from "./details.tsx";
import { Help } from "./help.tsx";
import { Me } from "./me.tsx";
import { Palette } from "./palette.tsx";
import { Pins } from "./pins.tsx";
import { OfflineStrip } from "./reachability.tsx";
import { Shortcuts, useShortcuts, type Overlay } from "./shortcuts.tsx";
import { Verify } from "./verify.tsx";
import "../style/home.css";
import "../style/group.css";

const AddPeople = later(async () => (await import("../groups/index.ts")).AddPeople);
const NewGroup = later(async () => (await import("../groups/index.ts")).NewGroup);
/** Neither is of use without the relay. */
const MakeDecoy = later(async () => (await import("./make-decoy.tsx")).MakeDecoy);
const RecoveryKit = later(async () => (await import("./recovery-kit.tsx")).RecoveryKit);

const twoPanes = matchMedia("(min-width: 56.25em)");
const hasTwoPanes = signal(twoPanes.matches);
twoPanes.addEventListener("change", ({ matches }) => {
  hasTwoPanes.value = matches;
});

export type HomeProps = {
  readonly member: MemberView;
  /** Undefined where a passphrase opens. */
  readonly vault: VaultView | undefined;
};

export function Home({ member, vault }: HomeProps): JSX.Element {
  const [overlay, setOverlay] = useState<Overlay>();
  const { conversations } = member;
  useShortcuts(conversations, setOverlay);
  useSignalEffect(() => {
    const link = incomingLink.value;
    if (link === undefined) return;
    incomingLink.value = undefined;
    go({ kind: "add", link });
  });
  useEffect(
    () => () => {
      forgetTrail();
      beginSearch();
      showAllRows();
    },
    [],
  );

  const here = place.value;
  const listed = filteredRows(conversations);
  const isListMain = here.kind === "chats" && !hasTwoPanes.value;
  const row = "id" in here ? conversations.find(({ id }) => id === here.id) : undefined;
  return (
    <div class="home" data-place={here.kind}>
      <section class="side" aria-label={m.chats()} {...(isListMain ? { role: "main" } : {})}>
        <header class="bar bar--side">
          <h1 class="bar__brand">
            <Sign />
            Sotto
          </h1>
          <button type="button" class="icon-button" aria-label={m.search()} onClick={() => search()}>
            <Icon name="search" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label={m.add_someone()}
            onClick={() => go({ kind: "add", link: "" })}
          >
            <Icon name="add" />
          </button>
        </header>
        <OfflineStrip reachability={member.reachability} />
        <Warnings member={member} />
        {vault !== undefined && <VaultWarnings vault={vault} />}
        {conversations.length > 0 && <ListFilter rows={conversations} />}
        {(conversations.length === 0 || listed.length > 0) && (
          <Chats rows={listed} hasKit={member.me.kit.kind === "made"} />
        )}
      </section>
      <nav class="tabs" aria-label={m.tabs()}>
        <Tab to={{ kind: "chats" }} isHere={here.kind !== "me"} icon="chats" label={m.chats()} />
        <Tab to={{ kind: "me" }} isHere={here.kind === "me"} icon="me" label={m.me()} />
      </nav>
      {here.kind === "conversation" && row !== undefined ? (
        <OpenConversation key={row.id} row={row} member={member} />
      ) : (
        <main class="main">
          <Main here={here} row={row} member={member} vault={vault} />
        </main>
      )}
      {overlay === "palette" && (
        <Palette rows={conversations} onClose={() => setOverlay(undefined)} onOverlay={setOverlay} />
      )}
      {overlay === "shortcuts" && <Shortcuts onClose={() => setOverlay(undefined)} />}
    </div>
  );
}

function Main(props: {
  readonly here: Place;
  /** Of the conversation that the place is about, while there is one. */
  readonly row: ConversationRow | undefined;
  readonly member: MemberView;
  readonly vault: VaultView | undefined;
}): JSX.Element {
  const { here, row, member, vault } = props;
  const { me, conversations } = member;
  switch (here.kind) {
    case "chats":
    case "conversation":
      return <Nothing isAlone={conversations.length === 0} />;
    case "me":
      return <Me me={me} vault={vault} />;
    case "pins":
      return <Pins vault={vault} />;
    case "decoy":
      return <MakeDecoy />;
    case "kit":
      return <RecoveryKit me={me} />;
    case "search":
      return <Search rows={conversations} />;
    case "help":
      return <Help />;
    case "add":
      return <Add me={me} link={here.link} />;
    case "new-group":
      return <NewGroup rows={conversations} />;
    case "add-people":
      return row === undefined ? <Nothing isAlone={false} /> : <AddPeople row={row} rows={conversations} />;
    case "details":
      return row === undefined ? <Nothing isAlone={false} /> : <Details row={row} me={me} />;
    case "verify":
      return row === undefined ? <Nothing isAlone={false} /> : <Verify row={row} />;
    default:
      return unreachable(here);
  }
}

/** What was said and, beside it where there is room, what holds for it: both from one window. */
function OpenConversation(props: {
  readonly row: ConversationRow;
  readonly member: MemberView;
}): JSX.Element {
  const { row, member } = props;
  const { me, reachability } = member;
  const here = place.value;
  const shown = useConversation(row.id, here.kind === "conversation" ? here.at : undefined);
  const relayAway = reachability.kind === "offline" ? me.relayHost : undefined;
  return (
    <>
      <main class="main">
        <Conversation key={row.id} row={row} shown={shown} policy={me.policy} relayAway={relayAway} />
      </main>
      <aside class="aside" aria-label={m.details()}>
        <div class="panel__body" tabIndex={0} role="group" aria-label={m.details()}>
          <div class="panel__sections">
            <DetailsSections row={row} me={me} view={shown.view} />
          </div>
        </div>
      </aside>
    </>
  );
}

/** Beside the list, before anybody was chosen. */
const Nothing = ({ isAlone }: { readonly isAlone: boolean }): JSX.Element => (
  <div class="nothing">
    <Sign />
    {!isAlone && <p class="quiet">{m.nothing_chosen()}</p>}
    <p class="quiet small">{m.nothing_hint()}</p>
  </div>
);

function Tab(props: {
  readonly to: Place;
  readonly isHere: boolean;
  readonly icon: "chats" | "me";
  readonly label: string;
}): JSX.Element {
  return (
    <button
      type="button"
      class="tab"
      aria-current={props.isHere ? "page" : undefined}
      onClick={() => goToTab(props.to)}
    >
      <Icon name={props.icon} />
      {props.label}
    </button>
  );
}

/** Whom the device's guardians stand or fall with: said for as long as it is so. */
const VaultWarnings = ({ vault }: { readonly vault: VaultView }): JSX.Element => (
  <div role="status">
    {vault.isTrial && (
      <p class="strip">
        <Icon name="alert" />
        <span>
          {m.trial_short()}{" "}
          <button type="button" class="link-button" onClick={() => go({ kind: "pins" })}>
            {m.trial_more()}
          </button>
        </span>
      </p>
    )}
    {vault.alarms.map((number) => (
      <p key={number} class="strip strip--caution">
        <Icon name="alert" />
        <span>{m.guardians_alarm({ number })}</span>
      </p>
    ))}
  </div>
);

/** What concerns the whole device and will not go away by itself. */
function Warnings({ member }: { readonly member: MemberView }): JSX.Element {
  const { clockOffMs, storageProblem, me } = member;
  return (
    <div role="status">
      {me.activation === "refused" && (
        <p class="strip strip--caution">
          <Icon name="alert" />
          <span>
            {m.problem_code_refused()}{" "}
            <button type="button" class="link-button" onClick={() => go({ kind: "me" })}>
              {m.contract_enter_another()}
            </button>
          </span>
        </p>
      )}
      {clockOffMs !== undefined && (
        <p class="strip strip--caution">
          <Icon name="clock" />
          <span>
            {clockOffMs > 0
              ? m.clock_ahead({ time: durationWords(clockOffMs) })
              : m.clock_behind({ time: durationWords(-clockOffMs) })}
          </span>
        </p>
      )}
      {storageProblem !== undefined && (
        <p class="strip strip--caution">
          <Icon name="alert" />
          <span>{problemWords(storageProblem)}</span>
        </p>
      )}
    </div>
  );
}

/** A conversation: who it is with, what was said, and where to write. */
import type {
  ChosenBurn,
  ConversationRow,
  ConversationView,
  MessageView,
  MeView,
  Problem,
} from "@sotto/client";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AddressWarning } from "../conversation/address.tsx";
import { Announcer } from "../conversation/announcer.tsx";
import { Composer, type Writing } from "../conversation/composer.tsx";
import { Log } from "../conversation/log.tsx";
import { Over } from "../conversation/over.tsx";
import { MessageOptions, type MessageAct } from "../conversation/message-options.tsx";
import { PinnedBar } from "../conversation/pinned.tsx";
import type { Shown } from "../conversation/use-conversation.ts";
import { useDevice } from "../device.ts";
import { search } from "../finding/wanted.ts";
import { FilesProvider } from "../files/files-of.ts";
import { back, go, isFromSearch } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { problemWords } from "../problem-words.ts";
import { durationWords } from "../words.ts";
import { OfflineStrip } from "./reachability.tsx";
import "../style/conversation.css";

/** A screen wide enough that writing does not mean a keyboard sliding over what one came to read. */
const WRITES_AT_ONCE = "(min-width: 56.25em) and (pointer: fine)";

const AttachPreview = later(async () => (await import("../files/attach-preview.tsx")).AttachPreview, {
  isQuiet: true,
});

const NEW: Writing = { kind: "new" };

export function Conversation(props: {
  readonly row: ConversationRow;
  readonly shown: Shown;
  readonly policy: MeView["policy"];
  /** The relay that the list says is away, if it does. */
  readonly relayAway: string | undefined;
}): JSX.Element {
  const { id, unread } = props.row;
  const { view, jump, loadOlder, loadNewer, goTo } = props.shown;
  const device = useDevice();
  const [problem, setProblem] = useState<Problem | undefined>();
  const [isAtEnd, setAtEnd] = useState(true);
  const [writing, setWriting] = useState<Writing>(NEW);
  const [optionsOf, setOptionsOf] = useState<string | undefined>();
  const [file, setFile] = useState<File | undefined>();
  const input = useRef<HTMLTextAreaElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const isThere = view !== undefined;
  const hasNewest = view?.hasNewer === false;
  // Read is what has been on this screen; what comes meanwhile is not.
  const newest = view?.messages.findLast(({ mine, content }) => !mine && content.kind !== "notice")?.key;

  useEffect(() => {
    if (!isThere || jump.key !== undefined) return; // the message one came for has it
    if (matchMedia(WRITES_AT_ONCE).matches) input.current?.focus();
    else heading.current?.focus();
  }, [id, isThere]);

  useEffect(() => {
    const read = (): void => {
      if (unread === 0 || !hasNewest || !isAtEnd || document.visibilityState !== "visible") return;
      void device.ask({ kind: "mark-read", in: id, ...(newest === undefined ? {} : { through: newest }) });
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [id, unread, hasNewest, isAtEnd, newest]);

  async function run(asked: ReturnType<typeof device.ask>): Promise<void> {
    const done = await asked;
    setProblem(done.ok ? undefined : done.error);
  }
  const answering = writing.kind === "reply" ? { replyTo: writing.key } : {};
  function send(text: string, burn: ChosenBurn | undefined): void {
    setWriting(NEW);
    if (writing.kind === "edit") {
      if (text !== writing.text) void change(writing.key, text);
      return;
    }
    if (view?.hasNewer === true) void goTo({ kind: "newest" });
    void run(device.ask({ kind: "send", to: id, text, ...answering, ...(burn && { burn }) }));
  }
  /** What could not be changed is given back to whoever wrote it. */
  async function change(key: string, text: string): Promise<void> {
    const done = await device.ask({ kind: "edit", in: id, key, text });
    setProblem(done.ok ? undefined : done.error);
    if (!done.ok) write({ kind: "edit", key, text });
  }
  function write(about: Writing): void {
    setWriting(about);
    // The field is another one for an edit: it is there once this is drawn.
    requestAnimationFrame(() => input.current?.focus());
  }
  function actOn(message: MessageView, act: MessageAct): void {
    setOptionsOf(undefined);
    const { key, content } = message;
    const text = content.kind === "text" ? content.text : "";
    switch (act.kind) {
      case "reply":
        return write({ kind: "reply", key });
      case "edit":
        return write({ kind: "edit", key, text });
      case "delete":
        return void run(device.ask({ kind: "delete", in: id, key }));
      case "pin":
      case "unpin":
        return void run(device.ask({ kind: act.kind, in: id, key }));
      case "forward":
        return void run(device.ask({ kind: "forward", in: id, key, to: act.to }));
      case "react":
        return void run(device.ask({ kind: "react", in: id, key, emoji: act.emoji }));
    }
  }
  async function act(kind: "retry" | "discard", key: string): Promise<void> {
    await run(device.ask({ kind, in: id, key }));
    input.current?.focus();
  }
  const isOver = view?.state === "over";
  const chosen = view?.messages.find(({ key }) => key === optionsOf);
  if (view === undefined) return <section class="conversation" aria-busy="true" />;
  return (
    <section class="conversation" aria-labelledby="conversation-name">
      <Header view={view} heading={heading} />
      <div class="conversation__offline" data-is-said={view.relayHost === props.relayAway}>
        <OfflineStrip reachability={view.reachability} />
      </div>
      <StateStrip view={view} />
      <PinnedBar view={view} onUnpin={(key) => void run(device.ask({ kind: "unpin", in: id, key }))} />
      <FilesProvider value={{ id, isAccepted: view.isAccepted }}>
        <Log
          key={jump.count}
          view={view}
          target={jump.key}
          onOlder={loadOlder}
          onNewer={loadNewer}
          onNewest={() => void goTo({ kind: "newest" })}
          onEnd={setAtEnd}
          onIntent={(kind, key) => void act(kind, key)}
          onOptions={setOptionsOf}
          onCompare={() => go({ kind: "verify", id })}
        />
      </FilesProvider>
      <Announcer view={view} />
      <AddressWarning />
      <div class="conversation__trouble">
        <Trouble problem={problem} />
      </div>
      {chosen !== undefined && (
        <MessageOptions
          key={chosen.key}
          message={chosen}
          contact={view.group === undefined ? view.name : undefined}
          isOver={isOver}
          onAct={(act) => actOn(chosen, act)}
          onClose={() => setOptionsOf(undefined)}
        />
      )}
      {file !== undefined && !isOver && (
        <AttachPreview
          file={file}
          onClose={() => setFile(undefined)}
          onSend={(prepared) => {
            setFile(undefined);
            setWriting(NEW);
            void run(device.attach({ ...prepared, to: id, ...answering }));
          }}
        />
      )}
      {isOver ? (
        <Over view={view} />
      ) : (
        <Composer
          key={writing.kind === "edit" ? `${writing.key} ${writing.text}` : "new"}
          writing={writing}
          about={writing.kind === "new" ? undefined : view.messages.find(({ key }) => key === writing.key)}
          onCancel={() => write(NEW)}
          draft={view.draft}
          name={view.name}
          input={input}
          policy={props.policy}
          onDraft={(text) => void device.ask({ kind: "draft", in: id, text })}
          onSend={send}
          onFile={setFile}
        />
      )}
    </section>
  );
}

function Header(props: {
  readonly view: ConversationView;
  readonly heading: { current: HTMLHeadingElement | null };
}): JSX.Element {
  const { view, heading } = props;
  return (
    <header class="bar">
      <button
        type="button"
        class="icon-button bar__back"
        data-to-results={isFromSearch.value}
        aria-label={isFromSearch.value ? m.back_to_results() : m.back_to_chats()}
        onClick={back}
      >
        <Icon name="back" />
      </button>
      <Avatar name={view.name} isGroup={view.group !== undefined} />
      <div class="bar__title">
        <h1 id="conversation-name" tabIndex={-1} ref={heading}>
          <bdi>{view.name}</bdi>
        </h1>
        <p class="bar__sub">
          <With view={view} />
          <span class="bar__burn" title={m.burn_time()}>
            <Icon name="burn" />
            <span class="unseen">{m.burn_time()}</span>
            {view.burnMs === 0 ? m.burn_off() : durationWords(view.burnMs)}
          </span>
        </p>
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={m.search_in({ name: view.name })}
        onClick={() => search({ in: view.id })}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        class="icon-button bar__details"
        aria-label={m.details()}
        onClick={() => go({ kind: "details", id: view.id })}
      >
        <Icon name="more" />
      </button>
    </header>
  );
}

/** How far one can be sure of the other, or how many there are. */
function With({ view }: { readonly view: ConversationView }): JSX.Element {
  const { id, group, isVerified } = view;
  if (group !== undefined) {
    const inside = group.members.filter(({ state }) => state !== "joining");
    return (
      <button type="button" class="link-button" onClick={() => go({ kind: "details", id })}>
        {view.state === "over" ? m.row_over() : m.people_count({ count: inside.length })}
      </button>
    );
  }
  if (isVerified) {
    return (
      <span class="verified">
        <Icon name="verified" />
        {m.verified()}
      </span>
    );
  }
  return (
    <button type="button" class="link-button" onClick={() => go({ kind: "verify", id })}>
      {m.not_verified()}
    </button>
  );
}

function StateStrip({ view }: { readonly view: ConversationView }): JSX.Element {
  const words = stateWords(view);
  return (
    <div role="status">
      {words !== undefined && (
        <p class={view.problem === undefined ? "strip" : "strip strip--caution"}>
          <Icon name={view.state === "setting-up" && view.problem === undefined ? "clock" : "alert"} />
          <span>{words}</span>
        </p>
      )}
    </div>
  );
}

function stateWords({ problem, state, name, group }: ConversationView): string | undefined {
  if (problem !== undefined) return problemWords(problem);
  switch (state) {
    case "ready":
    case "over":
      return undefined;
    case "setting-up":
      return group === undefined ? m.state_setting_up({ name }) : m.state_setting_up_group();
    case "broken":
      return m.state_broken();
  }
}

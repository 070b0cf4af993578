/** The list of conversations, newest first; arrow keys move through it. */
import type { ConversationRow } from "@sotto/client";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { go, lastConversation, place } from "../navigation.ts";
import { now } from "../now.ts";
import { fileWords } from "../files/file-words.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Mark } from "../parts/mark.tsx";
import { countWords, rowTimeWords } from "../words.ts";

/** For how long a row is waited for that a key led to: seconds on a slow device, and not for ever for one that is gone. */
const FOCUS_FRAMES_MAX = 120;

/** Which row an arrow key leads to, or undefined for any other key. */
function rowAfter(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(count - 1, at + 1);
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

export function Chats(props: {
  readonly rows: readonly ConversationRow[];
  /** Whether a recovery kit was made. */
  readonly hasKit: boolean;
}): JSX.Element {
  const { rows, hasKit } = props;
  const chosen = rows.findIndex((row) => row.id === lastConversation.value);
  const [active, setActive] = useState(Math.max(0, chosen));
  // Keys may repeat faster than rows are drawn.
  const latest = useRef(active);
  const activate = (index: number): void => {
    latest.current = index;
    setActive(index);
  };
  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);

  function focusRow(index: number): boolean {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`);
    row?.focus();
    return document.activeElement === row;
  }
  /** A row that is new on the page is hidden, and takes no focus, until it has been measured: some frames later. */
  function followFocus(frames = FOCUS_FRAMES_MAX): void {
    if (!wantsFocus.current || scroller.current === null) return; // it has it, or the list is gone
    wantsFocus.current = frames > 0 && !focusRow(latest.current);
    if (wantsFocus.current) requestAnimationFrame(() => followFocus(frames - 1));
  }

  // Before anything else happens: the row that had the focus may be gone from the page.
  useLayoutEffect(() => followFocus(), [active]);
  useEffect(() => {
    if (chosen >= 0) activate(chosen);
  }, [chosen]);
  // Whoever comes back from a conversation finds the focus on its row.
  const isHere = place.value.kind === "chats";
  useEffect(() => {
    if (isHere && chosen >= 0) requestAnimationFrame(() => focusRow(chosen));
  }, [isHere]);

  function keys(event: TargetedKeyboardEvent<HTMLDivElement>): void {
    const next = rowAfter(event.key, latest.current, rows.length);
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wantsFocus.current = true;
    list.current?.scrollToIndex(next, { align: "nearest" });
    activate(next);
  }
  if (rows.length === 0) return <Empty hasKit={hasKit} />;
  return (
    <div class="chats" ref={scroller} onKeyDown={keys}>
      <Virtualizer
        ref={list}
        scrollRef={scroller}
        as="ul"
        item="li"
        keepMounted={[Math.min(active, rows.length - 1)]}
      >
        {rows.map((row, index) => (
          <Row key={row.id} row={row} index={index} isActive={index === active} />
        ))}
      </Virtualizer>
    </div>
  );
}

function Row(props: {
  readonly row: ConversationRow;
  readonly index: number;
  readonly isActive: boolean;
}): JSX.Element {
  const { row, index, isActive } = props;
  const here = place.value;
  const isOpen = "id" in here && here.id === row.id;
  return (
    <button
      type="button"
      class="row"
      data-row={index}
      tabIndex={isActive ? 0 : -1}
      aria-current={isOpen ? "page" : undefined}
      onClick={() => go({ kind: "conversation", id: row.id })}
    >
      <Avatar name={row.name} isGroup={row.members !== undefined} />
      <span class="row__line">
        <span class="row__name" data-unread={row.unread > 0}>
          <bdi>{row.name}</bdi>
        </span>
        {row.members !== undefined && row.state !== "over" && (
          <span class="row__members">{m.people_count({ count: row.members })}</span>
        )}
        {row.isVerified && (
          <span class="verified" title={m.verified()}>
            <Icon name="verified" />
            <span class="unseen">{m.verified()}</span>
          </span>
        )}
        <time class="row__time">{rowTimeWords(row.preview?.time ?? row.changedAt, now.value)}</time>
      </span>
      <span class="row__line">
        <span class="row__preview">
          <Preview row={row} />
        </span>
        {row.unread > 0 && (
          <span class="badge">
            <span aria-hidden="true">{row.unread > 99 ? "99+" : countWords(row.unread)}</span>
            <span class="unseen">{m.unread_count({ count: row.unread })}</span>
          </span>
        )}
      </span>
    </button>
  );
}

function Preview({ row }: { readonly row: ConversationRow }): JSX.Element {
  if (row.draft !== "") {
    return (
      <>
        <span class="row__draft">{m.draft()}</span> <bdi>{row.draft}</bdi>
      </>
    );
  }
  if (row.state === "over") return <>{m.row_over()}</>;
  if (row.problem !== undefined) return <span class="row__problem">{m.row_problem()}</span>;
  if (row.state === "broken") return <>{m.row_broken()}</>;
  if (row.preview === undefined)
    return <>{row.state === "setting-up" ? settingUpWords(row) : m.row_nothing()}</>;
  return (
    <>
      {row.preview.mark !== undefined && <Mark mark={row.preview.mark} />}
      {row.preview.mine && <span class="unseen">{m.you()}: </span>}
      {row.preview.author !== undefined && (
        <>
          <bdi class="row__author">{row.preview.author}</bdi>:{" "}
        </>
      )}
      {row.preview.file !== undefined && <span>{fileWords(row.preview.file)} </span>}
      <bdi>{row.preview.text}</bdi>
    </>
  );
}

const settingUpWords = ({ members }: ConversationRow): string =>
  members === undefined ? m.row_setting_up() : m.row_setting_up_group();

/** Whoever has just joined: somebody to write to, and the page of paper, while nothing can be lost yet. */
const Empty = ({ hasKit }: { readonly hasKit: boolean }): JSX.Element => (
  <div class="empty">
    <span class="threshold__sign">
      <Icon name="chats" />
    </span>
    <h2>{m.empty_title()}</h2>
    <p class="quiet">{m.empty_text()}</p>
    <button type="button" class="button button--first" onClick={() => go({ kind: "add", link: "" })}>
      {m.add_someone()}
    </button>
    {!hasKit && (
      <button type="button" class="button button--plain" onClick={() => go({ kind: "kit" })}>
        {m.kit_make()}
      </button>
    )}
  </div>
);

/**
 * The messages of a conversation, drawn only where somebody looks. It stays at its end while the reader is there,
 * and never moves under a reader who is elsewhere: a pill counts what has come since.
 */
import type { ConversationView, MessageKey } from "@sotto/client";
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { dayWords } from "../words.ts";
import { messagesToLines, type Line } from "./lines.ts";
import { Message, type MessageProps } from "./message.tsx";
import { waitingIn } from "./waiting-words.ts";

/** Nearer than this to the end counts as being there. */
const END_PX = 48;
/** So long after a reader's last movement the day above no longer stands before the words it covers. */
const REST_MS = 1200;
/** Nearer than this to the beginning, older messages are asked for. */
const OLDER_PX = 600;
/** For how long the message one went to is waited for: seconds on a slow device. */
const FOCUS_FRAMES_MAX = 120;

type LogProps = Pick<MessageProps, "onIntent" | "onOptions" | "onCompare"> & {
  readonly view: ConversationView;
  /** The message to begin at; otherwise where the unread begin, or at the end. */
  readonly target: MessageKey | undefined;
  readonly onOlder: () => Promise<void>;
  readonly onNewer: () => Promise<void>;
  /** Back to the end, where that is beyond what was loaded. */
  readonly onNewest: () => void;
  /** Whether the newest message is on the screen. */
  readonly onEnd: (isAtEnd: boolean) => void;
};

export function Log(props: LogProps): JSX.Element {
  const { view, target, onOlder, onNewer, onNewest, onEnd, onIntent, onOptions, onCompare } = props;
  const lines = useMemo(
    () => messagesToLines(view.messages, view.firstUnread),
    [view.messages, view.firstUnread],
  );
  const waits = waitingIn(view);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const isAtEnd = useRef(true);
  const offset = useRef(0);
  const isLoading = useRef(false);
  const [day, setDay] = useState<number | undefined>();
  const [isResting, setResting] = useState(true);
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const seen = useRef(view.messages.at(-1)?.key);
  const [fresh, setFresh] = useState(0);
  /** Whether there was more beyond the end when it was drawn last. */
  const wasPartial = useRef(view.hasNewer);

  // A list that changed at its start only keeps its distance to the end.
  const start = useRef(lines[0]?.key);
  const isShifted = start.current !== lines[0]?.key;
  start.current = lines[0]?.key;

  const toEnd = (): void => {
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  };
  // Heights are known only once drawn, and the field below grows as one writes: whoever is at the end stays there.
  useLayoutEffect(() => {
    const stay = new ResizeObserver(() => isAtEnd.current && toEnd());
    const element = scroller.current;
    if (element === null) return;
    for (const watched of [element, ...element.children]) stay.observe(watched);
    return () => stay.disconnect();
  }, []);

  useLayoutEffect(() => {
    const unread = lines.findIndex((line) => line.kind === "unread");
    const wanted = target === undefined ? -1 : lines.findIndex((line) => line.key === target);
    if (wanted >= 0) {
      setAtEnd(false);
      list.current?.scrollToIndex(wanted, { align: "center" });
      focusLine(scroller, target ?? "");
    } else if (unread > 0) {
      setAtEnd(false);
      list.current?.scrollToIndex(unread, { align: "start", offset: -48 });
    } else {
      toEnd();
      onEnd(true); // what was there before may have been elsewhere
    }
  }, [view.id]);

  useLayoutEffect(() => {
    const last = view.messages.at(-1);
    if (last?.key === seen.current) return;
    const isLoadedOnly = view.hasNewer || wasPartial.current;
    wasPartial.current = view.hasNewer;
    if (isLoadedOnly) {
      seen.current = last?.key; // it was there all the time
      return;
    }
    const before = view.messages.findIndex((message) => message.key === seen.current);
    const added = view.messages.slice(before + 1);
    seen.current = last?.key;
    if (isAtEnd.current || added.some((message) => message.mine)) {
      setAtEnd(true);
      toEnd();
    } else {
      setFresh((count) => count + added.filter((message) => !message.mine).length);
    }
  }, [view.messages]);

  function setAtEnd(isThere: boolean): void {
    if (isThere) setFresh(0);
    if (isThere !== isAtEnd.current) onEnd(isThere);
    isAtEnd.current = isThere;
  }
  function follow(): void {
    const handle = list.current;
    const element = scroller.current;
    if (handle === null || element === null) return;
    const { scrollOffset } = handle;
    // Only a reader moves upwards: what grows below or is measured late takes nobody from the end. Asked of the
    // element itself: after a keyboard closed or a window grew, the list still remembers the size before.
    const toEndPx = element.scrollHeight - element.clientHeight - element.scrollTop;
    if (toEndPx < END_PX && !view.hasNewer) setAtEnd(true);
    else if (scrollOffset < offset.current - 1) setAtEnd(false);
    offset.current = scrollOffset;
    setDay(dayAbove(lines, handle.findItemIndex(scrollOffset)));
    if (view.hasOlder && element.scrollTop < OLDER_PX) load(onOlder);
    else if (view.hasNewer && toEndPx < OLDER_PX) load(onNewer);
  }
  useEffect(follow, [lines]);
  function load(more: () => Promise<void>): void {
    if (isLoading.current) return;
    isLoading.current = true;
    void more().finally(() => {
      isLoading.current = false;
    });
  }

  /** Whatever moved it: at the end it is what came, elsewhere it is the reader. */
  function scrolled(): void {
    follow();
    if (isAtEnd.current) return;
    setResting(false);
    clearTimeout(rest.current);
    rest.current = setTimeout(() => setResting(true), REST_MS);
  }
  useEffect(() => () => clearTimeout(rest.current), []);

  function goToEnd(): void {
    setAtEnd(true);
    toEnd();
    scroller.current?.focus({ preventScroll: true });
  }

  return (
    <div class="log-frame">
      <div class="log" role="log" aria-live="off" aria-label={m.messages()} tabIndex={0} ref={scroller}>
        <div class="log__spacer" />
        <Virtualizer ref={list} scrollRef={scroller} shift={isShifted} onScroll={scrolled}>
          {lines.map((line) => (
            <LogLine
              key={line.key}
              line={line}
              isTarget={line.key === target}
              waits={waits?.key === line.key ? waits.words : undefined}
              contact={view.group === undefined ? view.name : undefined}
              onIntent={onIntent}
              onOptions={onOptions}
              onCompare={onCompare}
            />
          ))}
        </Virtualizer>
      </div>
      {day !== undefined && (
        <p class="day day--stuck" aria-hidden="true" data-is-resting={isResting}>
          <span>{dayWords(day, now.value)}</span>
        </p>
      )}
      {view.hasNewer && (
        <button type="button" class="pill" onClick={onNewest}>
          <Icon name="down" />
          {m.to_newest()}
        </button>
      )}
      {fresh > 0 && (
        <button type="button" class="pill" onClick={goToEnd}>
          <Icon name="down" />
          {m.new_messages({ count: fresh })}
        </button>
      )}
    </div>
  );
}

/** A line that is new on the page is hidden, and takes no focus, until it has been measured: some frames later. */
function focusLine(
  scroller: RefObject<HTMLElement | null>,
  key: MessageKey,
  frames = FOCUS_FRAMES_MAX,
): void {
  const line = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  line?.focus({ preventScroll: true });
  if (scroller.current === null || frames === 0 || (line && document.activeElement === line)) return;
  requestAnimationFrame(() => focusLine(scroller, key, frames - 1));
}

/** The day of the line at `index`, unless that line says it itself. */
function dayAbove(lines: readonly Line[], index: number): number | undefined {
  const line = lines[index];
  if (line === undefined || line.kind === "day") return undefined;
  const message = line.kind === "message" ? line : lines[index + 1];
  return message?.kind === "message" ? message.message.time : undefined;
}

function LogLine(
  props: Pick<MessageProps, "contact" | "waits" | "isTarget" | "onIntent" | "onOptions" | "onCompare"> & {
    readonly line: Line;
  },
): JSX.Element {
  const { line, ...rest } = props;
  switch (line.kind) {
    case "day":
      return (
        <p class="day">
          <span>{dayWords(line.time, now.value)}</span>
        </p>
      );
    case "unread":
      return (
        <p class="unread-line">
          <span>{m.unread_line()}</span>
        </p>
      );
    case "message":
      return <Message {...line} {...rest} />;
  }
}

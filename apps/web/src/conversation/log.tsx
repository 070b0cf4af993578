/**
 * The messages of a conversation, drawn only where somebody looks. It stays at its end while the reader is there,
 * and never moves under a reader who is elsewhere: a pill counts what has come since.
 */
import type { ConversationView } from "@sotto/client";
import type { JSX } from "preact";
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

type LogProps = Pick<MessageProps, "onIntent" | "onOptions" | "onCompare"> & {
  readonly view: ConversationView;
  readonly onOlder: () => Promise<void>;
  /** Whether the newest message is on the screen. */
  readonly onEnd: (isAtEnd: boolean) => void;
};

export function Log({ view, onOlder, onEnd, onIntent, onOptions, onCompare }: LogProps): JSX.Element {
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
    if (unread > 0) {
      setAtEnd(false);
      list.current?.scrollToIndex(unread, { align: "start", offset: -48 });
    } else toEnd();
  }, [view.id]);

  useLayoutEffect(() => {
    const last = view.messages.at(-1);
    if (last?.key === seen.current) return;
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
    if (element.scrollHeight - element.clientHeight - element.scrollTop < END_PX) setAtEnd(true);
    else if (scrollOffset < offset.current - 1) setAtEnd(false);
    offset.current = scrollOffset;
    setDay(dayAbove(lines, handle.findItemIndex(scrollOffset)));
    if (view.hasOlder && element.scrollTop < OLDER_PX && !isLoading.current) {
      isLoading.current = true;
      void onOlder().finally(() => {
        isLoading.current = false;
      });
    }
  }
  useEffect(follow, [lines]);

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
      {fresh > 0 && (
        <button type="button" class="pill" onClick={goToEnd}>
          <Icon name="down" />
          {m.new_messages({ count: fresh })}
        </button>
      )}
    </div>
  );
}

/** The day of the line at `index`, unless that line says it itself. */
function dayAbove(lines: readonly Line[], index: number): number | undefined {
  const line = lines[index];
  if (line === undefined || line.kind === "day") return undefined;
  const message = line.kind === "message" ? line : lines[index + 1];
  return message?.kind === "message" ? message.message.time : undefined;
}

function LogLine(
  props: Pick<MessageProps, "contact" | "waits" | "onIntent" | "onOptions" | "onCompare"> & {
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

/** One message: a bubble with its time beside it, or a line of Sotto's own. */
import type { MessageView, Quote } from "@sotto/client";
import type { ComponentChild, JSX, TargetedMouseEvent } from "preact";
import * as m from "../paraglide/messages.js";
import { toneOf } from "../parts/avatar.tsx";
import { BurnTime } from "../parts/burn-time.tsx";
import { Icon } from "../parts/icon.tsx";
import { Mark } from "../parts/mark.tsx";
import { later } from "../parts/later.tsx";
import { fileWords } from "../files/file-words.ts";
import { problemWords } from "../problem-words.ts";
import { clockWords, durationWords } from "../words.ts";
import { Markup } from "./markup.tsx";
import { asksToCompare, noticeWords } from "./notice-words.ts";
import { Reactions } from "./reactions.tsx";

export type MessageProps = {
  readonly message: MessageView;
  /** The other one, in a conversation of two. In a group each message, quote and reaction names its own author. */
  readonly contact: string | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly showsAuthor: boolean;
  /** Somebody came here to read it. */
  readonly isTarget: boolean;
  /** Why it waits, where it is this message that says so. */
  readonly waits: string | undefined;
  readonly onIntent: (kind: "retry" | "discard", key: string) => void;
  readonly onOptions: (key: string) => void;
  readonly onCompare: () => void;
};

const FileBubble = later(async () => (await import("./file-bubble.tsx")).FileBubble, { isQuiet: true });
const ChooseAgain = later(async () => (await import("./file-bubble.tsx")).ChooseAgain, { isQuiet: true });

/** Trying again as it is would change nothing. */
const HOPELESS: ReadonlySet<string> = new Set(["expired", "file-needed", "file-changed"]);

/** Where nothing can be pointed with, a tap on the message itself opens what the button beside it opens. */
const isTap = (event: TargetedMouseEvent<HTMLElement>): boolean =>
  matchMedia("(hover: none)").matches &&
  getSelection()?.isCollapsed !== false &&
  !(
    event.target instanceof Element && event.target.closest("a, button, dialog, [role=button], pre") !== null
  );

export function Message(props: MessageProps): JSX.Element {
  const { message, contact, isFirst, isLast, isTarget, showsAuthor, waits, onIntent, onOptions, onCompare } =
    props;
  const { content } = message;
  const isOfGroup = contact === undefined;
  if (content.kind === "notice") {
    return (
      <div class="notice" data-key={message.key} data-target={isTarget} tabIndex={isTarget ? -1 : undefined}>
        <p>{noticeWords(content.notice, isOfGroup)}</p>
        {!isOfGroup && asksToCompare(content.notice) && (
          <button type="button" class="button button--plain" onClick={onCompare}>
            {m.verify_compare_now()}
          </button>
        )}
      </div>
    );
  }
  const author = message.author ?? contact ?? "";
  const isFailed = message.mark === "failed";
  const isOnItsWay = content.kind === "text" && content.file?.sent !== undefined;
  const mayAct = !isFailed && !isOnItsWay && content.kind === "text";
  const isEdited = content.kind === "text" && content.edits.length > 0;
  const showsMeta = isLast || message.mark === "waiting" || isFailed;
  return (
    <article
      class="message"
      data-mine={message.mine}
      data-first={isFirst}
      data-last={isLast}
      data-key={message.key}
      data-target={isTarget}
      tabIndex={isTarget ? -1 : undefined}
      aria-label={message.mine ? m.you() : author}
    >
      {showsAuthor && (
        <p class="message__author" data-tone={toneOf(author)} aria-hidden="true">
          <bdi>{author}</bdi>
        </p>
      )}
      <div class="message__row">
        <div
          class="bubble"
          dir="auto"
          data-unknown={content.kind !== "text"}
          onClick={(event) => mayAct && isTap(event) && onOptions(message.key)}
        >
          {message.quote !== undefined && <Quoted quote={message.quote} contact={contact} />}
          {content.kind === "text" && content.isForwarded && (
            <span class="bubble__forwarded">
              <Icon name="share" />
              {m.message_forwarded()}
            </span>
          )}
          {content.kind === "text" && content.file !== undefined && (
            <FileBubble
              message={message}
              file={content.file}
              onDiscard={() => onIntent("discard", message.key)}
            />
          )}
          {!(content.kind === "text" && content.file !== undefined && content.text === "") && (
            <span class="bubble__text" dir="auto">
              {contentWords(content)}
            </span>
          )}
        </div>
        <span class={showsMeta ? "message__meta" : "message__meta unseen"}>
          <BurnTime time={message.time} burn={message.burn} />
          {message.mark !== undefined && <Mark mark={message.mark} />}
        </span>
        {mayAct && (
          <button
            type="button"
            class="message__options"
            aria-label={m.message_options()}
            onClick={() => onOptions(message.key)}
          >
            <Icon name="more" />
          </button>
        )}
      </div>
      <ReadingLine message={message} author={author} />
      {(isEdited || message.isChanging || message.reactions.length > 0) && (
        <div class="message__beside">
          <Reactions reactions={message.reactions} contact={contact} onOpen={() => onOptions(message.key)} />
          {(isEdited || message.isChanging) && (
            <p class="message__edited">{message.isChanging ? m.message_changing() : m.message_edited()}</p>
          )}
        </div>
      )}
      {waits !== undefined && (
        <p class="message__waits small quiet" role="status">
          {waits}
        </p>
      )}
      {isFailed && (
        <div class="message__failure">
          <p class="trouble">
            <Icon name="alert" />
            {message.problem === undefined ? m.message_failed() : problemWords(message.problem)}
          </p>
          {message.problem?.kind === "file-needed" && <ChooseAgain messageKey={message.key} />}
          {message.problem !== undefined && !HOPELESS.has(message.problem.kind) && (
            <button type="button" class="button button--plain" onClick={() => onIntent("retry", message.key)}>
              {m.message_retry()}
            </button>
          )}
          <button type="button" class="button button--plain" onClick={() => onIntent("discard", message.key)}>
            {m.message_discard()}
          </button>
        </div>
      )}
    </article>
  );
}

function contentWords(content: Exclude<MessageView["content"], { kind: "notice" }>): ComponentChild {
  switch (content.kind) {
    case "text":
      return <Markup text={content.text} />;
    case "deleted":
      return m.message_deleted();
    case "unknown":
      return m.message_unknown();
  }
}

/** Both are told that the writer learns when it was read. */
function ReadingLine(props: { readonly message: MessageView; readonly author: string }): JSX.Element | null {
  const { message, author } = props;
  const reading = message.burn?.reading;
  if (reading === undefined) return null;
  return <p class="message__reading">{readingWords(reading, message.mine, author)}</p>;
}

function readingWords(
  { afterMs, at }: NonNullable<NonNullable<MessageView["burn"]>["reading"]>,
  mine: boolean,
  name: string,
): string {
  const time = durationWords(afterMs);
  if (at === undefined) return mine ? m.reading_mine({ time, name }) : m.reading_theirs({ time, name });
  const when = clockWords(at);
  return mine ? m.reading_mine_done({ when, name }) : m.reading_theirs_done({ when, name });
}

function Quoted(props: { readonly quote: Quote; readonly contact: string | undefined }): JSX.Element {
  const { quote, contact } = props;
  return (
    <blockquote class="quote">
      {quote.text !== undefined && (
        <bdi class="quote__author">{quote.mine ? m.you() : (quote.author ?? contact)}</bdi>
      )}
      <span class="quote__text" dir="auto">
        {quote.text === "" && quote.file !== undefined
          ? fileWords(quote.file)
          : (quote.text ?? m.quote_gone())}
      </span>
    </blockquote>
  );
}

/** What can be done with one message: react, answer, copy, and with one's own edit or delete. */
import type { ConversationId, MessageView } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { CopyButton } from "../parts/copy-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { momentWords } from "../words.ts";
import { Forward } from "./forward.tsx";
import { WhoReacted } from "./reactions.tsx";

export type MessageAct =
  | { readonly kind: "react"; readonly emoji: string }
  | { readonly kind: "reply" | "edit" | "delete" | "pin" | "unpin" }
  | { readonly kind: "forward"; readonly to: ConversationId };

const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export function MessageOptions(props: {
  readonly message: MessageView;
  /** The other one, in a conversation of two. */
  readonly contact: string | undefined;
  /** Nothing more can be said here: what was said can be copied. */
  readonly isOver: boolean;
  readonly onAct: (act: MessageAct) => void;
  readonly onClose: () => void;
}): JSX.Element | null {
  const { message, contact, isOver, onAct, onClose } = props;
  const [isDeleting, setDeleting] = useState(false);
  const [isForwarding, setForwarding] = useState(false);
  const { content } = message;
  if (content.kind !== "text") return null;
  if (isDeleting) {
    return (
      <Dialog title={m.delete_for_everyone()} onClose={onClose}>
        <p>{contact === undefined ? m.delete_text_group() : m.delete_text()}</p>
        <div class="options">
          <button type="button" class="button button--danger" onClick={() => onAct({ kind: "delete" })}>
            {m.delete_now()}
          </button>
          <button type="button" class="button" onClick={() => setDeleting(false)}>
            {m.cancel()}
          </button>
        </div>
      </Dialog>
    );
  }
  if (isForwarding) return <Forward onChosen={(to) => onAct({ kind: "forward", to })} onClose={onClose} />;
  return (
    <Dialog title={m.message_options()} onClose={onClose}>
      {!isOver && <EmojiRow message={message} onAct={onAct} />}
      <div class="options">
        {!isOver && (
          <button type="button" class="button" onClick={() => onAct({ kind: "reply" })}>
            <Icon name="reply" />
            {m.reply()}
          </button>
        )}
        {content.text !== "" && <CopyButton text={content.text} label={m.copy_text()} />}
        {content.file === undefined && (
          <button type="button" class="button" onClick={() => setForwarding(true)}>
            <Icon name="share" />
            {m.forward()}
          </button>
        )}
        {!isOver && (
          <button
            type="button"
            class="button"
            onClick={() => onAct({ kind: message.isPinned ? "unpin" : "pin" })}
          >
            <Icon name="pin" />
            {message.isPinned ? m.unpin() : m.pin_for_all()}
          </button>
        )}
        {message.mine && !isOver && (
          <>
            {content.text !== "" && (
              <button type="button" class="button" onClick={() => onAct({ kind: "edit" })}>
                <Icon name="edit" />
                {m.edit()}
              </button>
            )}
            <button type="button" class="button" onClick={() => setDeleting(true)}>
              <Icon name="trash" />
              {m.delete_for_everyone()}
            </button>
          </>
        )}
      </div>
      <WhoReacted reactions={message.reactions} contact={contact} />
      {content.edits.length > 0 && (
        <section class="versions">
          <h3>{m.versions_title()}</h3>
          <ol>
            {content.edits.map(({ text, time }, at) => (
              <li key={at}>
                <p dir="auto">{text}</p>
                <p class="small quiet">{momentWords(time)}</p>
              </li>
            ))}
          </ol>
        </section>
      )}
    </Dialog>
  );
}

function EmojiRow(props: {
  readonly message: MessageView;
  readonly onAct: (act: MessageAct) => void;
}): JSX.Element {
  const own = props.message.reactions.find(({ mine }) => mine)?.emoji;
  const offered = own === undefined || EMOJIS.includes(own) ? EMOJIS : [own, ...EMOJIS];
  return (
    <div class="emojis">
      {offered.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="emojis__one"
          aria-pressed={emoji === own}
          aria-label={emoji === own ? m.react_take_back({ emoji }) : m.react_with({ emoji })}
          onClick={() => props.onAct({ kind: "react", emoji: emoji === own ? "" : emoji })}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

/** Where a message is written. It grows with its text; what is written is kept as a draft. */
import { TEXT_BYTES_MAX } from "@sotto/protocol";
import type { ChosenBurn, MeView, MessageView } from "@sotto/client";
import type { JSX, RefObject, TargetedKeyboardEvent, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { AttachButton } from "../files/attach-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { countWords } from "../words.ts";
import { BurnButton, BurnLine } from "./burn-choice.tsx";

const DRAFT_MS = 400;
/** From here on the writer is told how much room is left. */
const COUNTED_BYTES = TEXT_BYTES_MAX * 0.9;
const BYTES_PER_UNIT_MAX = 3;

const utf8 = new TextEncoder();
/** Exact once it matters; below that a bound is enough, and quicker. */
function bytesOf(text: string): number {
  const bound = text.length * BYTES_PER_UNIT_MAX;
  return bound < COUNTED_BYTES ? bound : utf8.encode(text).length;
}

/** What is being written: a message, an answer to one, or a new version of one. */
export type Writing =
  | { readonly kind: "new" }
  | { readonly kind: "reply"; readonly key: string }
  | { readonly kind: "edit"; readonly key: string; readonly text: string };

export function Composer(props: {
  readonly writing: Writing;
  /** The message that is answered or changed, as long as it is there. */
  readonly about: MessageView | undefined;
  readonly onCancel: () => void;
  readonly draft: string;
  readonly name: string;
  readonly input: RefObject<HTMLTextAreaElement | null>;
  readonly onDraft: (text: string) => void;
  readonly policy: MeView["policy"];
  readonly onSend: (text: string, burn: ChosenBurn | undefined) => void;
  readonly onFile: (file: File) => void;
}): JSX.Element {
  const { writing, about, draft, name, input, policy, onDraft, onSend, onCancel, onFile } = props;
  const [text, setText] = useState(writing.kind === "edit" ? writing.text : draft);
  const [burn, setBurn] = useState<ChosenBurn | undefined>();
  const unsaved = useRef<string | undefined>(undefined);

  const save = (): void => {
    if (unsaved.current !== undefined && writing.kind !== "edit") onDraft(unsaved.current);
    unsaved.current = undefined;
  };
  useEffect(() => {
    const timer = setTimeout(save, DRAFT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    addEventListener("pagehide", save);
    return () => {
      removeEventListener("pagehide", save);
      save();
    };
  }, []);

  const bytes = bytesOf(text);
  const isTooLong = bytes > TEXT_BYTES_MAX;
  const maySend = text.trim() !== "" && !isTooLong;

  function send(): void {
    if (!maySend) return;
    unsaved.current = undefined;
    onSend(text.trim(), burn);
    setText("");
    setBurn(undefined);
    input.current?.focus();
  }
  function keys(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key === "Escape" && writing.kind !== "new") {
      event.preventDefault();
      onCancel();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }
  return (
    <form
      class="composer"
      onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        send();
      }}
    >
      <About writing={writing} about={about} name={name} onCancel={onCancel} />
      {writing.kind !== "edit" && <BurnLine chosen={burn} name={name} onChosen={setBurn} />}
      <div class="composer__box">
        {writing.kind !== "edit" && <AttachButton onFile={onFile} />}
        {writing.kind !== "edit" && (
          <BurnButton policy={policy} name={name} chosen={burn} onChosen={setBurn} />
        )}
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label={m.compose_label({ name })}
          aria-describedby="composer-count"
          aria-invalid={isTooLong}
          placeholder={m.compose_placeholder()}
          enterkeyhint="send"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            unsaved.current = event.currentTarget.value;
          }}
          onBlur={save}
          onKeyDown={keys}
          onPaste={(event) => {
            const [file] = event.clipboardData?.files ?? [];
            if (file === undefined || writing.kind === "edit") return;
            event.preventDefault();
            onFile(file);
          }}
        />
        <button class="composer__send" aria-label={m.compose_send()} aria-disabled={!maySend}>
          <Icon name="send" />
        </button>
      </div>
      <p id="composer-count" class="composer__count small" role="status" data-over={isTooLong}>
        {bytes >= COUNTED_BYTES &&
          (isTooLong
            ? m.compose_too_long({ count: countWords(bytes - TEXT_BYTES_MAX) })
            : m.compose_left({ count: countWords(TEXT_BYTES_MAX - bytes) }))}
      </p>
    </form>
  );
}

function About(
  props: Pick<Parameters<typeof Composer>[0], "writing" | "about" | "name" | "onCancel">,
): JSX.Element | null {
  const { writing, about, name, onCancel } = props;
  if (writing.kind === "new") return null;
  const replying =
    about?.mine === true ? m.compose_reply_self() : m.compose_reply({ name: about?.author ?? name });
  return (
    <div class="composer__about">
      <Icon name={writing.kind} />
      <p>
        <span class="quote__author" role="status">
          {writing.kind === "edit" ? m.compose_edit() : replying}
        </span>
        <span class="quote__text" dir="auto">
          {about?.content.kind === "text" ? about.content.text : m.quote_gone()}
        </span>
      </p>
      <button type="button" class="icon-button" aria-label={m.cancel()} onClick={onCancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}

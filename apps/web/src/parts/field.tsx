/** A labelled line to write in, with what it means below and what is wrong with it, tied to it for every reader. */
import type { Problem } from "@sotto/client";
import type { ComponentChildren, JSX, Ref } from "preact";
import { useId, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Icon } from "./icon.tsx";
import { Trouble } from "./trouble.tsx";

type FieldProps = {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string | undefined;
  readonly problem?: Problem | undefined;
  readonly input?: JSX.IntrinsicElements["input"];
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly children?: ComponentChildren;
  readonly figures?: boolean;
  /** Where a heading beside it already says the same. */
  readonly isLabelUnseen?: boolean;
};

export function Field(props: FieldProps): JSX.Element {
  const { name, value, onValue, input, inputRef, children, figures } = props;
  return (
    <Labelled {...props}>
      {(tied) => (
        <div class={children === undefined ? undefined : "field__with-button"}>
          <input
            {...input}
            {...tied}
            ref={inputRef ?? null}
            name={name}
            class={figures ? "field__input field__input--figures" : "field__input"}
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          {children}
        </div>
      )}
    </Labelled>
  );
}

/** For what takes more than a line, and is never corrected, suggested or kept by the browser. */
export function LongField(
  props: Pick<FieldProps, "label" | "name" | "value" | "onValue" | "hint" | "problem"> & {
    readonly inputRef?: Ref<HTMLTextAreaElement>;
  },
): JSX.Element {
  const { name, value, onValue, inputRef } = props;
  return (
    <Labelled {...props}>
      {(tied) => (
        <textarea
          {...tied}
          ref={inputRef ?? null}
          name={name}
          class="field__input"
          rows={5}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

/** `children` draws what is written in, with what ties it to the words around it. */
function Labelled(
  props: Pick<FieldProps, "label" | "hint" | "problem" | "isLabelUnseen"> & {
    readonly children: (tied: {
      readonly id: string;
      readonly "aria-invalid": boolean;
      readonly "aria-describedby": string;
    }) => ComponentChildren;
  },
): JSX.Element {
  const id = useId();
  const { label, hint, problem, isLabelUnseen, children } = props;
  return (
    <div class="field">
      <label class={isLabelUnseen === true ? "unseen" : "field__label"} for={id}>
        {label}
      </label>
      {children({
        id,
        "aria-invalid": problem !== undefined,
        "aria-describedby": `${id}-hint ${id}-trouble`,
      })}
      <p class="small quiet" id={`${id}-hint`} hidden={hint === undefined}>
        {hint}
      </p>
      <Trouble problem={problem} id={`${id}-trouble`} />
    </div>
  );
}

/** A passphrase is hidden until its writer asks to see it; it is never offered to be stored or corrected. */
export function PassphraseField(
  props: Omit<FieldProps, "children" | "input"> & { readonly isNew?: boolean },
): JSX.Element {
  const [isShown, setShown] = useState(false);
  return (
    <Field
      {...props}
      input={{
        ...(isShown ? { type: "text" } : { type: "password" }),
        autocomplete: props.isNew === true ? "new-password" : "current-password",
        autocapitalize: "none",
        spellcheck: false,
      }}
    >
      <button
        type="button"
        class="icon-button"
        aria-pressed={isShown}
        aria-label={m.passphrase_show()}
        onClick={() => setShown(!isShown)}
      >
        <Icon name="eye" />
      </button>
    </Field>
  );
}

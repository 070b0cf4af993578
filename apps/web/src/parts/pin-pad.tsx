/**
 * Where a PIN is typed: keys of its own, so that no keyboard learns it and nothing on the page holds the digits. The machine's
 * keys and pasting work too, and how many digits there are is said, never which. Spec: spec/handset.md, UI30.
 */
import type { Problem } from "@sotto/client";
import { PIN_DIGITS, PIN_DIGITS_MAX } from "@sotto/client/pin";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Icon } from "./icon.tsx";
import { Trouble } from "./trouble.tsx";
import "../style/pin.css";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function PinPad(props: {
  readonly label: string;
  readonly doneLabel: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly onDone: (value: string) => void;
  readonly isBusy?: boolean;
  readonly problem?: Problem | undefined;
}): JSX.Element {
  const { label, doneLabel, value, onValue, onDone, isBusy = false, problem } = props;
  const pad = useRef<HTMLDivElement>(null);

  // Two keys can come before the page is drawn anew.
  const latest = useRef(value);
  latest.current = value;
  function set(digits: string): void {
    if (isBusy) return;
    latest.current = digits.slice(0, PIN_DIGITS_MAX);
    onValue(latest.current);
  }
  const add = (digits: string): void => set(latest.current + digits);
  const erase = (): void => set(latest.current.slice(0, -1));
  const finish = (): void => {
    if (!isBusy && latest.current.length >= PIN_DIGITS) onDone(latest.current);
  };
  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^\d$/.test(event.key)) add(event.key);
    else if (event.key === "Backspace") erase();
    else if (event.key === "Enter") finish();
    else return;
    event.preventDefault();
  }
  // Wherever the focus is, unless it is where letters are written or on something else that can be pressed.
  useLayoutEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      const { target } = event;
      if (!(target instanceof Element) || target.matches("input, textarea")) return;
      if (target.matches("button, a") && pad.current?.contains(target) !== true) return;
      press(event);
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  });
  return (
    <div
      class="pin"
      role="group"
      aria-label={label}
      ref={pad}
      onPaste={(event) => add((event.clipboardData?.getData("text") ?? "").replaceAll(/\D/g, ""))}
    >
      <p class="pin__label" aria-hidden="true">
        {label}
      </p>
      <p class="pin__dots" aria-hidden="true">
        {Array.from({ length: Math.max(PIN_DIGITS, value.length) }, (_, at) => (
          <span key={at} data-full={at < value.length} />
        ))}
      </p>
      <p class="unseen" role="status">
        {m.pin_entered({ count: value.length })}
      </p>
      <Trouble problem={problem} />
      <div class="pin__keys">
        {DIGITS.map((digit) => (
          <Key key={digit} digit={digit} isBusy={isBusy} onPress={add} />
        ))}
        <button
          type="button"
          class="pin__key"
          aria-label={m.pin_erase()}
          aria-disabled={isBusy}
          onClick={erase}
        >
          <Icon name="erase" />
        </button>
        <Key digit="0" isBusy={isBusy} onPress={add} />
        <button
          type="button"
          class="pin__key pin__key--done"
          aria-label={doneLabel}
          aria-disabled={isBusy || value.length < PIN_DIGITS}
          onClick={finish}
        >
          <Icon name="check" />
        </button>
      </div>
    </div>
  );
}

const Key = (props: {
  readonly digit: string;
  readonly isBusy: boolean;
  readonly onPress: (digit: string) => void;
}): JSX.Element => (
  <button
    type="button"
    class="pin__key"
    aria-disabled={props.isBusy}
    onClick={() => props.onPress(props.digit)}
  >
    {props.digit}
  </button>
);

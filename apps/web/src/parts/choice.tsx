/** One of a few: native radio buttons drawn as chips. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";

export function Choice<T extends string>(props: {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly { readonly value: T; readonly label: string; readonly lang?: string }[];
  readonly value: T;
  readonly onValue: (value: T) => void;
}): JSX.Element {
  const group = useId();
  return (
    <fieldset class="choice">
      <legend class="unseen">{props.legend}</legend>
      {props.options.map(({ value, label, lang }) => (
        <label key={value} class="choice__one" lang={lang}>
          <input
            type="radio"
            class="unseen"
            name={`${props.name}-${group}`}
            checked={value === props.value}
            onChange={() => props.onValue(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

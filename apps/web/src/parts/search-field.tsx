/** Where a few letters narrow a list that stands below. */
import type { JSX, TargetedKeyboardEvent } from "preact";
import { Icon } from "./icon.tsx";

export const SearchField = (props: {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}): JSX.Element => (
  <div class="search-field">
    <Icon name="search" />
    <input
      type="search"
      aria-label={props.label}
      placeholder={props.label}
      autocomplete="off"
      spellcheck={false}
      value={props.value}
      onInput={(event) => props.onValue(event.currentTarget.value)}
      onKeyDown={(event: TargetedKeyboardEvent<HTMLInputElement>) => {
        if (event.key === "Enter") event.preventDefault(); // finds somebody, and sends no form around it
      }}
    />
  </div>
);

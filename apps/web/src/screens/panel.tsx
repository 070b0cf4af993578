/** The frame of a screen beside the conversation: a bar with a way back, a heading that takes the focus, sections. */
import type { ComponentChildren, JSX } from "preact";
import { back } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useFocus } from "../parts/focus.ts";
import { Icon } from "../parts/icon.tsx";
import "../style/panel.css";

export function Panel(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Whether this is a main tab, which has nowhere to go back to on a phone. */
  readonly isTab?: boolean;
}): JSX.Element {
  const { title, children, isTab } = props;
  const heading = useFocus<HTMLHeadingElement>(title);
  return (
    <section class="panel">
      <header class={isTab === true ? "bar bar--tab" : "bar"}>
        {isTab !== true && (
          <button type="button" class="icon-button" aria-label={m.back()} onClick={back}>
            <Icon name="back" />
          </button>
        )}
        <div class="bar__title">
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
        </div>
      </header>
      <div class="panel__body" tabIndex={0} role="group" aria-label={title}>
        <div class="panel__sections">{children}</div>
      </div>
    </section>
  );
}

export function Section(props: {
  readonly title: string;
  readonly text?: string | undefined;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <section class="section">
      <h2>{props.title}</h2>
      {props.text !== undefined && <p class="quiet small">{props.text}</p>}
      {props.children}
    </section>
  );
}

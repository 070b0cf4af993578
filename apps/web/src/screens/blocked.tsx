/** Why nothing opens here, and what to do about it. */
import { unreachable } from "@sotto/protocol";
import type { ComponentChildren, JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { CopyButton } from "../parts/copy-button.tsx";
import { useFocus } from "../parts/focus.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Threshold } from "../parts/threshold.tsx";
import type { Obstacle } from "../worker/protocol.ts";

type Page = {
  readonly icon: IconName;
  readonly title: string;
  readonly meaning: string;
  readonly steps: readonly string[];
};

function pageOf(why: Obstacle): Page {
  switch (why) {
    case "insecure-origin":
      return {
        icon: "lock",
        title: m.blocked_insecure_title(),
        meaning: m.blocked_insecure_meaning({ address: location.origin }),
        steps: [m.blocked_insecure_step_1(), m.blocked_insecure_step_2()],
      };
    case "second-tab":
      return {
        icon: "copy",
        title: m.blocked_tab_title(),
        meaning: m.blocked_tab_meaning(),
        steps: [m.blocked_tab_step_1(), m.blocked_tab_step_2()],
      };
    case "unsupported":
      return {
        icon: "alert",
        title: m.blocked_unsupported_title(),
        meaning: m.blocked_unsupported_meaning(),
        steps: [m.blocked_unsupported_step_1(), m.blocked_unsupported_step_2()],
      };
    case "no-storage":
      return {
        icon: "alert",
        title: m.blocked_storage_title(),
        meaning: m.blocked_storage_meaning(),
        steps: [m.blocked_storage_step_1(), m.blocked_storage_step_2()],
      };
    case "newer-data":
      return {
        icon: "alert",
        title: m.blocked_newer_title(),
        meaning: m.blocked_newer_meaning(),
        steps: [m.blocked_newer_step_1(), m.blocked_newer_step_2()],
      };
    case "damaged":
      return {
        icon: "alert",
        title: m.blocked_damaged_title(),
        meaning: m.blocked_damaged_meaning(),
        steps: [m.blocked_damaged_step_1(), m.blocked_damaged_step_2()],
      };
    default:
      return unreachable(why);
  }
}

const pageOfCrash = (): Page => ({
  icon: "alert",
  title: m.crashed_title(),
  meaning: m.crashed_meaning(),
  steps: [m.crashed_step_1(), m.crashed_step_2()],
});

export const Blocked = ({ why }: { readonly why: Obstacle }): JSX.Element => <Wall page={pageOf(why)} />;

export const Crashed = ({ detail }: { readonly detail: string }): JSX.Element => (
  <Wall page={pageOfCrash()}>
    <details class="technical">
      <summary>{m.technical_detail()}</summary>
      <pre tabIndex={0}>{detail}</pre>
      <CopyButton text={detail} label={m.copy()} />
    </details>
  </Wall>
);

function Wall({
  page,
  children,
}: {
  readonly page: Page;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const heading = useFocus<HTMLHeadingElement>(page.title);
  return (
    <Threshold>
      <span class="threshold__sign">
        <Icon name={page.icon} />
      </span>
      <div>
        <h1 tabIndex={-1} ref={heading}>
          {page.title}
        </h1>
        <p>{page.meaning}</p>
      </div>
      <ol class="steps-list">
        {page.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {children}
    </Threshold>
  );
}

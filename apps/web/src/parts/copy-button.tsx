/** Copies a text and says so for a moment. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Icon } from "./icon.tsx";

const SAID_MS = 2500;

export function CopyButton(props: {
  readonly text: string;
  readonly label: string;
  readonly first?: boolean;
}): JSX.Element {
  const [outcome, setOutcome] = useState<"copied" | "refused" | undefined>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  function copy(): void {
    navigator.clipboard.writeText(props.text).then(
      () => setOutcome("copied"),
      () => setOutcome("refused"),
    );
  }
  const said = outcome === "copied" ? m.copied() : m.copy_refused();
  return (
    <>
      <button type="button" class={props.first === true ? "button button--first" : "button"} onClick={copy}>
        <Icon name={outcome === "copied" ? "check" : "copy"} />
        {outcome === undefined ? props.label : said}
      </button>
      <span role="status" class="unseen">
        {outcome !== undefined && said}
      </span>
    </>
  );
}

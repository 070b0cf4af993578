/** A part of a screen that is fetched when it is first shown, to keep what everybody fetches small. Spec: UI2. */
import { useSignal } from "@preact/signals";
import type { FunctionComponent, JSX } from "preact";
import { useEffect } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Trouble } from "./trouble.tsx";

/**
 * `fetchPart` is asked again, after a failure, when the person wants it to be. `isQuiet`: nothing keeps its place until
 * it is there, as inside a message.
 */
export function later<P extends object>(
  fetchPart: () => Promise<FunctionComponent<P>>,
  { isQuiet = false } = {},
): FunctionComponent<P> {
  let known: FunctionComponent<P> | undefined;
  return function Later(props: P): JSX.Element | null {
    const part = useSignal(known);
    const hasFailed = useSignal(false);
    function look(): void {
      hasFailed.value = false;
      fetchPart().then(
        (found) => {
          known = found;
          part.value = found;
        },
        () => {
          hasFailed.value = true;
        },
      );
    }
    useEffect(() => {
      if (known === undefined) look();
    }, []);
    const Part = part.value;
    if (Part !== undefined) return <Part {...props} />;
    if (!hasFailed.value) return isQuiet ? null : <section class="later" aria-busy="true" />;
    return (
      <section class="later">
        <Trouble problem={{ kind: "relay-unreachable" }} />
        <button type="button" class="button" onClick={look}>
          {m.again()}
        </button>
      </section>
    );
  };
}

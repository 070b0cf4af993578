/**
 * What the page was opened with. A contact link opens this page with the card in its fragment. It is taken out of the
 * address at once, so that neither history nor a glance at the screen shows it, and kept until somebody is there to
 * decide about it.
 */
import { signal } from "@preact/signals";

export const incomingLink = signal<string | undefined>(undefined);
/** The name of an example profile, until the person has said whether to take it. */
export const incomingExample = signal<string | undefined>(undefined);

export function takeIncomingLink(): void {
  const { hash } = location;
  if (hash.startsWith("#c")) incomingLink.value = location.href;
  else if (hash.startsWith("#demo=")) incomingExample.value = hash.slice("#demo=".length);
  else return;
  history.replaceState(history.state, "", location.pathname);
}

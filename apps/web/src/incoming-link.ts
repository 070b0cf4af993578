/**
 * A contact link opens this page with the card in its fragment. It is taken out of the address at once, so that
 * neither history nor a glance at the screen shows it, and kept until somebody is there to decide about it.
 */
import { signal } from "@preact/signals";

export const incomingLink = signal<string | undefined>(undefined);

export function takeIncomingLink(): void {
  if (!location.hash.startsWith("#c")) return;
  incomingLink.value = location.href;
  history.replaceState(history.state, "", location.pathname);
}

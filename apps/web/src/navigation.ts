/**
 * Where the person is. Kept in memory: the browser's history holds only how deep each place lies, so that it names
 * nobody, and its back button works.
 */
import type { ConversationId, Spot } from "@sotto/client";
import { computed, signal, type ReadonlySignal } from "@preact/signals";

export type Place =
  | { readonly kind: "chats" }
  | { readonly kind: "me" }
  | { readonly kind: "help" }
  | { readonly kind: "pins" }
  | { readonly kind: "decoy" }
  | { readonly kind: "kit" }
  | { readonly kind: "add"; readonly link: string }
  | { readonly kind: "new-group" }
  | { readonly kind: "add-people"; readonly id: ConversationId }
  | { readonly kind: "search" }
  /** `at`: where in it, if not at its end. */
  | { readonly kind: "conversation"; readonly id: ConversationId; readonly at?: Spot }
  | { readonly kind: "details"; readonly id: ConversationId }
  | { readonly kind: "verify"; readonly id: ConversationId };

const HOME: Place = { kind: "chats" };
const trail = signal<readonly Place[]>([HOME]);

export const place: ReadonlySignal<Place> = computed(() => trail.value.at(-1) ?? HOME);

/** The conversation that is open or last was: where the list keeps its mark. */
export const lastConversation = signal<ConversationId | undefined>(undefined);

/** Whether the way back leads to results that were found. */
export const isFromSearch: ReadonlySignal<boolean> = computed(() => trail.value.at(-2)?.kind === "search");

const isSame = (a: Place, b: Place): boolean =>
  a.kind === b.kind && ("id" in a ? a.id : "") === ("id" in b ? b.id : "") && !("at" in b);

export function go(to: Place): void {
  if ("id" in to) lastConversation.value = to.id;
  if (isSame(place.value, to)) return;
  trail.value = [...trail.value, to];
  history.pushState({ depth: trail.value.length }, "");
}

/** To a place in a conversation. From the conversation itself, or what holds for it, the way back is what it was. */
export function goToSpot(id: ConversationId, at: Spot): void {
  const here = place.value;
  const to: Place = { kind: "conversation", id, at };
  if ("id" in here && here.id === id) goInstead(to);
  else go(to);
}

/** In place of where one is: what the back button leads past. */
export function goInstead(to: Place): void {
  if ("id" in to) lastConversation.value = to.id;
  trail.value = [...trail.value.slice(0, -1), to];
  history.replaceState({ depth: trail.value.length }, "");
}

/** Between the main tabs nothing piles up behind the back button. */
export function goToTab(to: Place): void {
  const isTab = place.value.kind === "chats" || place.value.kind === "me";
  if (isTab) goInstead(to);
  else go(to);
}

export function back(): void {
  if (trail.value.length > 1) history.back();
  else goInstead(HOME);
}

/** After locking, nothing remains of where anybody was. */
export function forgetTrail(): void {
  trail.value = [HOME];
  lastConversation.value = undefined;
  history.replaceState({ depth: 1 }, "");
}

export function followHistory(): void {
  history.replaceState({ depth: 1 }, "");
  addEventListener("popstate", ({ state }: PopStateEvent) => {
    const depth = (state as { depth?: number } | null)?.depth ?? 1;
    trail.value = trail.value.slice(0, Math.max(1, depth));
    const now = place.value;
    if ("id" in now) lastConversation.value = now.id;
  });
}

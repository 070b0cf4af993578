/** Waiting for a view to be as wanted, for as long as a command may take. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ConversationId, ConversationView, Member, MemberView, OpenConversation } from "@sotto/client";

export type Patience = { readonly timeoutMs: number; readonly stopped: AbortSignal };

/** The first view that is as wanted, or the newest when patience ends. */
export async function untilView(
  member: Member,
  patience: Patience,
  isWanted: (view: MemberView) => boolean,
): Promise<MemberView> {
  if (isWanted(member.view())) return member.view();
  const wanted = Promise.withResolvers<void>();
  const forget = member.onView((view) => {
    if (isWanted(view)) wanted.resolve();
  });
  await orGiveUp(wanted.promise, patience);
  forget();
  return member.view();
}

/** Until this device is in step with its relays, the own one turns out to be away, or patience ends. Whether it is. */
export async function untilInStep(member: Member, patience: Patience): Promise<boolean> {
  const ended = new AbortController();
  void member.inStep().then(() => ended.abort());
  await untilView(
    member,
    { ...patience, stopped: AbortSignal.any([ended.signal, patience.stopped]) },
    ({ reachability }) => reachability.kind === "offline",
  );
  return ended.signal.aborted;
}

async function orGiveUp(wanted: Promise<void>, { timeoutMs, stopped }: Patience): Promise<void> {
  const settled = new AbortController();
  const signal = AbortSignal.any([settled.signal, stopped]);
  await Promise.race([wanted, sleep(timeoutMs, undefined, { signal }).catch(() => undefined)]);
  settled.abort();
}

export type Window = Pick<OpenConversation, "loadOlder" | "loadNewer" | "goTo" | "close"> & {
  /** The newest. */
  view(): ConversationView;
  until(patience: Patience, isWanted: (view: ConversationView) => boolean): Promise<ConversationView>;
};

/** Undefined: there is no such conversation. */
export async function openWindow(member: Member, id: ConversationId): Promise<Window | undefined> {
  const shown: { view?: ConversationView } = {};
  const watchers = new Set<() => void>();
  const opened = await member.openConversation(id, (view) => {
    shown.view = view;
    for (const watch of watchers) watch();
  });
  const first = shown.view;
  if (opened === undefined || first === undefined) return undefined;
  const view = (): ConversationView => shown.view ?? first;
  return {
    ...opened,
    view,
    async until(patience, isWanted) {
      if (isWanted(view())) return view();
      const wanted = Promise.withResolvers<void>();
      const watch = (): void => {
        if (isWanted(view())) wanted.resolve();
      };
      watchers.add(watch);
      await orGiveUp(wanted.promise, patience);
      watchers.delete(watch);
      return view();
    },
  };
}

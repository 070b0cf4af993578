/** Messages as they come, for whoever answers by program. Needs nothing but a Member. Spec: spec/terminal.md, FW1 to FW4. */
import type { Member } from "./member.ts";
import type { ConversationId, ConversationView, MessageView } from "./views.ts";

/** Deals with one message. It counts as read once this resolves, and not before. */
export type Take = (message: MessageView, conversation: ConversationView) => Promise<void>;

/**
 * Gives `take` every unread message of others, one at a time, within a conversation oldest first: at first what came
 * meanwhile, then each as it comes. A message whose `take` did not resolve, because the process ended, comes again:
 * at least once, and more than once only then. `only` names one conversation.
 *
 * A rejection of `take` is a bug of whoever wrote it: nothing more is taken, the message stays unread, and the
 * rejection stays unhandled, which ends a Node process.
 *
 * Returns the way to stop: the message in hand is the last.
 */
export function follow(member: Member, take: Take, only?: ConversationId): () => void {
  let isRunning = false;
  let isStopped = false;
  /** Conversations that gave nothing when they were last looked into; a change may mend that. */
  const fruitless = new Set<ConversationId>();

  const next = (): ConversationId | undefined =>
    member
      .view()
      .conversations.filter(({ id, unread }) => unread > 0 && !fruitless.has(id) && (only ?? id) === id)
      .toSorted((a, b) => a.changedAt - b.changedAt)[0]?.id;

  async function run(): Promise<void> {
    isRunning = true;
    for (let id = next(); id !== undefined && !isStopped; id = next()) {
      const didTake = await takeUnread(member, id, take, () => isStopped);
      if (!didTake) fruitless.add(id);
    }
    isRunning = false;
  }
  const wake = (): void => {
    fruitless.clear();
    if (!isRunning) void run();
  };
  const forget = member.onView(wake);
  wake();
  return () => {
    isStopped = true;
    forget();
  };
}

/** False when it did not take, or could not mark, a single message. */
async function takeUnread(
  member: Member,
  id: ConversationId,
  take: Take,
  isStopped: () => boolean,
): Promise<boolean> {
  const shown: { view?: ConversationView } = {};
  const window = await member.openConversation(id, (view) => (shown.view = view));
  if (window === undefined) return false;
  while (shown.view?.hasOlder === true && firstUnreadIn(shown.view) < 0) await window.loadOlder();
  window.close();
  const { view } = shown;
  if (view === undefined || firstUnreadIn(view) < 0) return false;
  let didTake = false;
  for (const message of view.messages.slice(firstUnreadIn(view)).filter(isIncoming)) {
    if (isStopped()) break;
    await take(message, view);
    const marked = await member.ask({ kind: "mark-read", in: id, through: message.key });
    if (!marked.ok) return false; // this device's storage; the view will say so
    didTake = true;
  }
  return didTake;
}

const firstUnreadIn = ({ messages, firstUnread }: ConversationView): number =>
  messages.findIndex(({ key }) => key === firstUnread);

const isIncoming = ({ mine, content }: MessageView): boolean => !mine && content.kind !== "notice";

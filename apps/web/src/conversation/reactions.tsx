/** The reactions to one message: each emoji once, with how many chose it and, for whoever asks, who they are. */
import type { Reaction } from "@sotto/client";
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { countWords, listWords } from "../words.ts";

type Props = {
  readonly reactions: readonly Reaction[];
  /** The other one, in a conversation of two. */
  readonly contact: string | undefined;
};

const nameOf = ({ mine, author }: Reaction, contact: string | undefined): string =>
  mine ? m.you() : (author ?? contact ?? "");

/** A tap leads to what can be done with the message, where the names stand. */
export function Reactions(props: Props & { readonly onOpen: () => void }): JSX.Element | null {
  const { reactions, contact, onOpen } = props;
  if (reactions.length === 0) return null;
  return (
    <ul class="reactions">
      {[...Map.groupBy(reactions, ({ emoji }) => emoji)].map(([emoji, same]) => (
        <li key={emoji} data-mine={same.some(({ mine }) => mine)}>
          <button type="button" onClick={onOpen}>
            <span aria-hidden="true">
              {emoji}
              {same.length > 1 && <span class="reactions__count">{countWords(same.length)}</span>}
            </span>
            <span class="unseen">
              {m.reaction_of({ name: listWords(same.map((one) => nameOf(one, contact))), emoji })}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function WhoReacted({ reactions, contact }: Props): JSX.Element | null {
  if (reactions.length === 0) return null;
  return (
    <section class="who-reacted">
      <h3>{m.reactions_title()}</h3>
      <ul>
        {reactions.map((one, at) => (
          <li key={at}>
            <span class="who-reacted__emoji">{one.emoji}</span>
            <bdi>{nameOf(one, contact)}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}

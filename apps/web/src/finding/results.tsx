/** What was found, with the words that were looked for marked in it. */
import type { ConversationId, FoundMessage, Piece, SearchView } from "@sotto/client";
import type { JSX } from "preact";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { rowTimeWords } from "../words.ts";

export function FoundMessages(props: {
  readonly messages: readonly FoundMessage[];
  readonly onOpen: (message: FoundMessage) => void;
}): JSX.Element {
  return (
    <ul>
      {props.messages.map((message) => (
        <li key={message.key}>
          <button type="button" class="found" data-found={message.key} onClick={() => props.onOpen(message)}>
            <Avatar name={message.name} />
            <span class="row__line">
              <span class="row__name">
                <bdi>{message.name}</bdi>
              </span>
              <time class="row__time">{rowTimeWords(message.time, now.value)}</time>
            </span>
            <span class="found__text">
              {message.mine && `${m.you()}: `}
              {message.author !== undefined && (
                <>
                  <bdi>{message.author}</bdi>:{" "}
                </>
              )}
              <Pieces pieces={message.pieces} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function FoundPeople(props: {
  readonly people: SearchView["people"];
  readonly onOpen: (id: ConversationId) => void;
}): JSX.Element {
  return (
    <ul>
      {props.people.map(({ id, pieces }) => (
        <li key={id}>
          <button type="button" class="found found--person" data-found={id} onClick={() => props.onOpen(id)}>
            <Avatar name={pieces.map(({ text }) => text).join("")} />
            <span class="row__name">
              <Pieces pieces={pieces} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Text of others: its direction is kept to itself. */
const Pieces = ({ pieces }: { readonly pieces: readonly Piece[] }): JSX.Element => (
  <bdi>{pieces.map(({ text, isMatch }, at) => (isMatch ? <mark key={at}>{text}</mark> : text))}</bdi>
);

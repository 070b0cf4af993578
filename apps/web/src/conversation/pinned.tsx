/** What is pinned stands above the messages: the newest in one line, all of it a tap away. */
import type { ConversationView, Pinned } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { Markup } from "./markup.tsx";

export function PinnedBar(props: {
  readonly view: Pick<ConversationView, "pinned" | "name">;
  readonly onUnpin: (key: string) => void;
}): JSX.Element | null {
  const { pinned, name } = props.view;
  const [isOpen, setOpen] = useState(false);
  const [newest] = pinned;
  if (newest === undefined) return null;
  return (
    <>
      <button type="button" class="pinned" onClick={() => setOpen(true)}>
        <Icon name="pin" />
        <span class="pinned__count">{m.pinned_count({ count: pinned.length })}</span>
        <span class="pinned__text" dir="auto">
          {newest.text || m.pinned_file()}
        </span>
      </button>
      {isOpen && (
        <Dialog title={m.pinned_title()} onClose={() => setOpen(false)}>
          <ul class="pinned__all">
            {pinned.map((one) => (
              <PinnedOne
                key={one.key}
                one={one}
                author={one.mine ? m.you() : (one.author ?? name)}
                onUnpin={props.onUnpin}
              />
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}

function PinnedOne(props: {
  readonly one: Pinned;
  readonly author: string;
  readonly onUnpin: (key: string) => void;
}): JSX.Element {
  const { one, author, onUnpin } = props;
  return (
    <li>
      <bdi class="quote__author">{author}</bdi>
      <div class="pinned__whole" dir="auto">
        {one.text === "" ? m.pinned_file() : <Markup text={one.text} />}
      </div>
      <button type="button" class="button" onClick={() => onUnpin(one.key)}>
        {m.unpin()}
      </button>
    </li>
  );
}

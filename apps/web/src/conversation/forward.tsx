/** To whom the text of a message goes. */
import type { ConversationId } from "@sotto/client";
import type { JSX } from "preact";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { Dialog } from "../parts/dialog.tsx";

export function Forward(props: {
  readonly onChosen: (to: ConversationId) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const view = useDevice().view.value;
  const conversations = view.kind === "open" ? view.member.conversations : [];
  return (
    <Dialog title={m.forward_title()} onClose={props.onClose}>
      <p>{m.forward_text()}</p>
      <ul class="forward">
        {conversations.map(({ id, name }) => (
          <li key={id}>
            <button type="button" class="forward__one" onClick={() => props.onChosen(id)}>
              <Avatar name={name} />
              <bdi>{name}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

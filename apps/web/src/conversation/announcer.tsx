/** Says new messages to screen readers, politely and once: the log itself only draws what is on the screen. */
import type { ConversationView, MessageView } from "@sotto/client";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fileWords } from "../files/file-words.ts";
import * as m from "../paraglide/messages.js";

const spokenOf = ({ text, file }: Extract<MessageView["content"], { kind: "text" }>): string =>
  file === undefined ? text : `${fileWords(file)} ${text}`.trim();

export function Announcer({ view }: { readonly view: ConversationView }): JSX.Element {
  const [said, setSaid] = useState("");
  const heard = useRef(view.messages.at(-1)?.key);
  const wasPartial = useRef(view.hasNewer);
  useEffect(() => {
    const last = view.messages.at(-1);
    // Whoever reads further back hears of nothing that was merely loaded.
    const isLoadedOnly = view.hasNewer || wasPartial.current;
    wasPartial.current = view.hasNewer;
    if (last === undefined || last.key === heard.current) return;
    heard.current = last.key;
    if (!isLoadedOnly && !last.mine && last.content.kind === "text") {
      setSaid(m.message_announced({ name: last.author ?? view.name, text: spokenOf(last.content) }));
    }
  }, [view.messages]);
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}

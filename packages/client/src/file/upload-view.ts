/** Files that the relay does not have yet, shown after everything else. */
import { sealedFileBytes } from "@sotto/crypto";
import type { Core } from "../core.ts";
import { uploads } from "../stored/file.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { MessageView } from "../views.ts";
import { fileToView } from "./view.ts";

export const uploadsToView = (core: Core, number: ConversationNumber, now: number): readonly MessageView[] =>
  [...core.resident.values(uploads)]
    .filter(
      ([id, { burnMs, sentAt }]) => id.startsWith(`${number}/`) && (burnMs === 0 || sentAt + burnMs > now),
    )
    .toSorted(([, a], [, b]) => a.sentAt - b.sentAt)
    .map(([id, upload]) => {
      const { sentAt, burnMs, text, bytes } = upload;
      const { received, problem } = core.transfers.progressOf(id);
      const isStopped = core.transfers.isStopped(id);
      return {
        key: id.slice(number.length + 1),
        mine: true,
        time: sentAt,
        mark: isStopped ? "failed" : "waiting",
        problem,
        burn: burnMs === 0 ? undefined : { burnAt: sentAt + burnMs, burnMs, reading: undefined },
        author: undefined,
        quote: undefined,
        reactions: [],
        isChanging: false,
        isReacting: false,
        isPinned: false,
        content: {
          kind: "text",
          text,
          edits: [],
          file: fileToView(upload, received / sealedFileBytes(bytes)),
        },
      };
    });

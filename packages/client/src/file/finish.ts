/** From an upload to a message. */
import { CONTENT_FILE, encode, equalBytes, fileContent, fromHex } from "@sotto/protocol";
import { queueMessage } from "../conversation.ts";
import { blobRights, uploads, type Upload } from "../stored/file.ts";
import { conversationIn } from "../stored/keys.ts";
import type { Next } from "./transfers.ts";

/** The longest a relay keeps what was whole at the end of its grant. */
export const BLOB_KEPT_MS = 31 * 86_400_000;

/** The relay has all of it: the message goes the way of every message. */
export const finishUpload =
  (id: string, { blobId }: Upload): Next =>
  (core, turn) => {
    const upload = turn.get(uploads, id);
    if (upload?.grant === undefined || upload.digest === undefined) return;
    if (!equalBytes(upload.blobId, blobId)) return;
    const { grant, key, bytes, digest, text, to, mediaType, name, picture, burnMs, sentAt } = upload;
    const { endpoint, token, until } = grant;
    turn.remove(uploads, id);
    turn.put(blobRights, id, { endpoint, blobId, token, until: until + BLOB_KEPT_MS });
    const content = key.expose((raw) =>
      encode(fileContent, { text, to, endpoint, blobId, key: raw, bytes, digest, mediaType, name, picture }),
    );
    const messageId = fromHex(id.slice(id.indexOf("/") + 1));
    queueMessage(turn, conversationIn(id), { messageId, burnMs, sentAt, contentKind: CONTENT_FILE, content });
    turn.afterwards(() => core.transfers.forget(id));
  };

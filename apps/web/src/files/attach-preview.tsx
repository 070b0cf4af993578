/** What is about to be sent, as whoever gets it will see it, before it goes. */
import { TEXT_BYTES_MAX } from "@sotto/protocol";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Attached } from "../worker/protocol.ts";
import { fileSizeWords } from "../words.ts";
import { dataUrl } from "./file-words.ts";
import type { Prepared } from "./prepare.ts";
import "../style/files.css";

export function AttachPreview(props: {
  readonly file: File;
  readonly onSend: (attached: Omit<Attached, "to">) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { file, onSend, onClose } = props;
  const [prepared, setPrepared] = useState<Prepared | undefined>();
  const [text, setText] = useState("");
  const [showsName, setShowsName] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    void import("./prepare.ts").then(async ({ prepare }) => {
      const ready = await prepare(file);
      if (isCurrent) setPrepared(ready);
    });
    return () => {
      isCurrent = false;
    };
  }, [file]);
  function send(): void {
    if (prepared === undefined) return;
    onSend({ ...prepared, text: text.trim(), name: showsName ? file.name : undefined });
  }
  return (
    <Dialog title={m.attach_title()} onClose={onClose}>
      <form
        class="attach"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div class="attach__shown" aria-busy={prepared === undefined}>
          <Shown prepared={prepared} />
        </div>
        <p class="small quiet" role="status">
          {prepared === undefined && m.attach_preparing()}
          {prepared !== undefined &&
            (prepared.picture === undefined ? m.attach_file_hint() : m.attach_picture_hint())}
        </p>
        <label class="attach__text">
          <span>{m.attach_text()}</span>
          <textarea
            rows={2}
            dir="auto"
            maxLength={TEXT_BYTES_MAX / 4}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="attach__name">
          <input
            type="checkbox"
            checked={showsName}
            onChange={(event) => setShowsName(event.currentTarget.checked)}
          />
          <span>
            <bdi>{m.attach_show_name({ name: file.name })}</bdi>
          </span>
        </label>
        <div class="options">
          <button type="submit" class="button button--first" aria-disabled={prepared === undefined}>
            <Icon name="send" />
            {m.attach_send()}
          </button>
          <button type="button" class="button" onClick={onClose}>
            {m.cancel()}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Shown({ prepared }: { readonly prepared: Prepared | undefined }): JSX.Element | null {
  if (prepared === undefined) return null;
  const { picture, file } = prepared;
  const size = fileSizeWords(file.size);
  if (picture === undefined || picture.thumbnail.length === 0) {
    return (
      <p class="file-card">
        <Icon name="file" />
        <span>{m.file_file()}</span>
        <span class="small quiet">{size}</span>
      </p>
    );
  }
  return (
    <>
      <img class="attach__picture" src={dataUrl(picture.thumbnail, "image/jpeg")} alt={m.file_picture()} />
      <p class="small quiet">{size}</p>
    </>
  );
}

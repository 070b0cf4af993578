/** A file in a message: a picture where it is one and can be drawn, otherwise what it is and how large. */
import type { FileView, MessageView } from "@sotto/client";
import { isDrawable, pictureSize } from "@sotto/client/picture";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { useChoice } from "../files/attach-button.tsx";
import { dataUrl, fileWords, nameToSave } from "../files/file-words.ts";
import { useFilesOf } from "../files/files-of.ts";
import { Progress } from "../files/progress.tsx";
import { saveToDevice } from "../files/save.ts";
import { isShowable, useFile, type Loading } from "../files/use-file.ts";
import { Viewer } from "../files/viewer.tsx";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { problemWords } from "../problem-words.ts";
import { fileSizeWords } from "../words.ts";
import "../style/files.css";

export function FileBubble(props: {
  readonly message: MessageView;
  readonly file: FileView;
  /** Cancels what is on its way. */
  readonly onDiscard: () => void;
}): JSX.Element {
  const { message, file, onDiscard } = props;
  const { loading, load, stop } = useFile(message.key, file);
  const [isSaved, setSaved] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const isSending = file.sent !== undefined && message.mark !== "failed";

  // Whatever was asked for while it was not here goes on once it is.
  if (isSaving && loading.kind === "there") {
    setSaving(false);
    setSaved(true);
    saveToDevice([loading.bytes], nameToSave(file));
  }
  function save(): void {
    setSaving(true);
    if (loading.kind !== "there") load();
  }
  const shownProgress = isSending ? (
    <Progress part={file.sent ?? 0} kind="sending" onCancel={onDiscard} />
  ) : loading.kind === "loading" ? (
    <Progress
      part={loading.part}
      kind="loading"
      onCancel={() => {
        setSaving(false);
        stop();
      }}
    />
  ) : undefined;
  return (
    <div class="file">
      {file.picture !== undefined ? (
        <PictureInside file={file} loading={loading} progress={shownProgress} onLoad={load} onSave={save} />
      ) : (
        <CardInside file={file} progress={shownProgress} onSave={save} />
      )}
      {loading.kind === "failed" && (
        <p class="file__note trouble" role="status">
          <Icon name="alert" />
          {problemWords(loading.problem)}
        </p>
      )}
      {isSaved && (
        <p class="file__note small" role="status">
          {m.file_saved()}
        </p>
      )}
    </div>
  );
}

function PictureInside(props: {
  readonly file: FileView;
  readonly loading: Loading;
  readonly progress: JSX.Element | undefined;
  readonly onLoad: () => void;
  readonly onSave: () => void;
}): JSX.Element {
  const { file, loading, progress, onLoad, onSave } = props;
  const [isOpen, setOpen] = useState(false);
  const bytes = loading.kind === "there" ? loading.bytes : undefined;
  const drawable = useMemo(() => bytes && drawableUrl(bytes), [bytes]);
  const thumbnail = useMemo(
    () => file.picture?.thumbnail && dataUrl(file.picture.thumbnail, "image/jpeg"),
    [file.picture?.thumbnail],
  );
  const url = drawable?.url ?? thumbnail;
  const label = fileWords(file);
  const mayLoad = file.sent === undefined && isShowable(file);
  function press(): void {
    setOpen(true);
    if (bytes === undefined) onLoad();
  }
  const shown =
    url === undefined ? (
      <span class="file__empty">
        <Icon name="picture" />
      </span>
    ) : (
      <img src={url} alt={label} width={file.picture?.width} height={file.picture?.height} />
    );
  const name = bytes === undefined ? m.file_load({ size: fileSizeWords(file.bytes) }) : m.file_look();
  return (
    <>
      <div class="file__picture">
        {mayLoad ? (
          <button type="button" class="file__open" aria-label={name} onClick={press}>
            {shown}
          </button>
        ) : (
          shown
        )}
        {progress}
        {progress === undefined && bytes === undefined && mayLoad && (
          <span class="file__size small" aria-hidden="true">
            {fileSizeWords(file.bytes)}
          </span>
        )}
      </div>
      {file.name !== undefined && (
        <p class="file__name small">
          <bdi>{file.name}</bdi>
        </p>
      )}
      {drawable !== undefined && drawable.url === undefined && (
        <p class="file__note small">
          {drawable.isTooLarge ? m.file_too_large_to_show() : m.file_no_picture()}
        </p>
      )}
      {(!mayLoad || (drawable !== undefined && drawable.url === undefined)) && file.sent === undefined && (
        <SaveButton onSave={onSave} />
      )}
      {isOpen && drawable?.url !== undefined && (
        <Viewer url={drawable.url} label={label} onSave={onSave} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

/** What came may be anything: its own header is read before a browser is asked to decode it. */
function drawableUrl(bytes: Uint8Array): { readonly url: string | undefined; readonly isTooLarge: boolean } {
  const size = pictureSize(bytes);
  if (size === undefined) return { url: undefined, isTooLarge: false };
  return isDrawable(size)
    ? { url: dataUrl(bytes, size.mediaType), isTooLarge: false }
    : { url: undefined, isTooLarge: true };
}

function CardInside(props: {
  readonly file: FileView;
  readonly progress: JSX.Element | undefined;
  readonly onSave: () => void;
}): JSX.Element {
  const { file, progress, onSave } = props;
  return (
    <>
      <p class="file-card">
        {progress ?? <Icon name="file" />}
        <bdi class="file-card__name">{fileWords(file)}</bdi>
        <span class="small">{fileSizeWords(file.bytes)}</span>
      </p>
      {file.sent === undefined && progress === undefined && <SaveButton onSave={onSave} />}
    </>
  );
}

const SaveButton = ({ onSave }: { readonly onSave: () => void }): JSX.Element => (
  <button type="button" class="button button--plain file__save" onClick={onSave}>
    <Icon name="save" />
    {m.file_save()}
  </button>
);

/** For what was too large to be kept here while Sotto was closed. */
export function ChooseAgain({ messageKey }: { readonly messageKey: string }): JSX.Element {
  const device = useDevice();
  const { id } = useFilesOf();
  const [isOther, setOther] = useState(false);
  const choice = useChoice((file) => {
    void device.supply(id, messageKey, file).then((done) => setOther(!done.ok));
  });
  return (
    <>
      {isOther && <p class="trouble">{problemWords({ kind: "file-changed" })}</p>}
      <button type="button" class="button button--plain" onClick={choice.open}>
        {m.file_choose_again()}
      </button>
      {choice.input}
    </>
  );
}

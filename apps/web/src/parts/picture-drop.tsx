/** A picture of a QR code: chosen, pasted or dropped here. It is read on this device and not kept. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { holdLock } from "../auto-lock.ts";
import * as m from "../paraglide/messages.js";
import { Icon } from "./icon.tsx";
import "../style/picture-drop.css";

const pictureOf = (files: FileList | undefined): File | undefined =>
  [...(files ?? [])].find((file) => file.type.startsWith("image/"));

export function PictureDrop(props: {
  readonly label: string;
  readonly onText: (text: string) => void;
}): JSX.Element {
  const { label, onText } = props;
  const [state, setState] = useState<"idle" | "reading" | "nothing">("idle");
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  async function read(picture: File | undefined): Promise<void> {
    if (picture === undefined) return;
    setState("reading");
    const { qrTextOf } = await import("./scan.ts");
    const text = await qrTextOf(picture);
    setState(text === undefined ? "nothing" : "idle");
    if (text !== undefined) onText(text);
  }

  /** The picker hides the page on some systems: that is no reason to lock. Coming back ends it. */
  function choose(): void {
    const release = holdLock();
    for (const ending of ["change", "cancel"])
      input.current?.addEventListener(ending, release, { once: true });
    input.current?.click();
  }

  useEffect(() => {
    const paste = (event: ClipboardEvent): void => void read(pictureOf(event.clipboardData?.files));
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  });

  return (
    <div
      class="picture-drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void read(pictureOf(event.dataTransfer?.files));
      }}
    >
      <button type="button" class="button" onClick={choose}>
        <Icon name="picture" />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={(event) => {
          void read(pictureOf(event.currentTarget.files ?? undefined));
          event.currentTarget.value = "";
        }}
      />
      <p class="small quiet">{m.picture_hint()}</p>
      <p class="small" role="status">
        {state === "reading" && m.picture_reading()}
        {state === "nothing" && m.picture_nothing()}
      </p>
    </div>
  );
}

/**
 * An address in a message, shown whole. It opens only after a warning that names the host it really leads to; nothing of it
 * is fetched before. Spec: spec/handset.md, UI52.
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { CopyButton } from "../parts/copy-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { addressOf, type WebAddress } from "./web-address.ts";

const asked = signal<WebAddress | undefined>(undefined);

export function Address({ text }: { readonly text: string }): JSX.Element {
  const address = addressOf(text);
  if (address === undefined) return <>{text}</>;
  const ask = (event: Event): void => {
    event.stopPropagation();
    event.preventDefault();
    asked.value = address;
  };
  // No button element: browsers do not break one between the lines of a sentence. No link: it would go by itself.
  return (
    <span
      role="button"
      tabIndex={0}
      class="address"
      onClick={ask}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && ask(event)}
    >
      {text}
    </span>
  );
}

/** Stands once in a conversation. */
export function AddressWarning(): JSX.Element | null {
  const address = asked.value;
  if (address === undefined) return null;
  const close = (): void => {
    asked.value = undefined;
  };
  return (
    <Dialog title={m.address_title()} onClose={close}>
      <p>{m.address_text()}</p>
      <p class="address-host" dir="ltr">
        {address.host}
      </p>
      {address.isDisguised && <p class="trouble">{m.address_disguised()}</p>}
      {address.isUnprotected && <p class="trouble">{m.address_unprotected()}</p>}
      <p class="small quiet address-whole" dir="ltr">
        {address.href}
      </p>
      <div class="options">
        <a
          class="button button--first"
          href={address.href}
          target="_blank"
          rel="noopener noreferrer"
          onClick={close}
        >
          {m.address_open({ host: address.host })}
        </a>
        <CopyButton text={address.href} label={m.address_copy()} />
        <button type="button" class="button" onClick={close}>
          {m.cancel()}
        </button>
      </div>
    </Dialog>
  );
}

/** The frame of every screen before a profile is open. */
import type { ComponentChildren, JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { chooseLanguage, language, LANGUAGE_NAMES, LANGUAGES } from "../preferences.ts";
import "../style/threshold.css";

export function Threshold({
  children,
  steps,
}: {
  readonly children: ComponentChildren;
  readonly steps?: { readonly at: number; readonly of: number } | undefined;
}): JSX.Element {
  const other = LANGUAGES.find((one) => one !== language.value) ?? language.value;
  return (
    <main class="threshold">
      <div class="threshold__top">
        <span class="threshold__brand">
          <Sign />
          Sotto
        </span>
        {steps !== undefined && (
          <span class="threshold__steps" role="img" aria-label={m.join_step({ at: steps.at, of: steps.of })}>
            {Array.from({ length: steps.of }, (_, step) => (
              <span key={step} data-done={step < steps.at} />
            ))}
          </span>
        )}
      </div>
      <div class="threshold__body">{children}</div>
      <div class="threshold__foot">
        <button type="button" class="button button--plain" lang={other} onClick={() => chooseLanguage(other)}>
          {LANGUAGE_NAMES[other]}
        </button>
      </div>
    </main>
  );
}

/** The product's own mark: a voice that lowers. */
export function Sign(): JSX.Element {
  return (
    <svg viewBox="0 0 512 512" aria-hidden="true">
      <rect width="512" height="512" fill="var(--accent)" />
      <g stroke="var(--on-accent)" stroke-width="44" stroke-linecap="round">
        <path d="M128 152v208" />
        <path d="M213 188v136" opacity="0.85" />
        <path d="M299 222v68" opacity="0.7" />
        <path d="M384 255v2" opacity="0.55" />
      </g>
    </svg>
  );
}

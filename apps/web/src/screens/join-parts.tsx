/** What every question of joining begins with. */
import type { JSX } from "preact";

export const Head = ({ title, text }: { readonly title: string; readonly text: string }): JSX.Element => (
  <div class="threshold__head">
    <h1>{title}</h1>
    <p>{text}</p>
  </div>
);

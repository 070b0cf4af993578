/** Which ordinary app stands before the lock screen, the way through it, and what it does not hide. */
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Choice } from "../parts/choice.tsx";
import { chooseCover, cover, COVERS, type Cover } from "../preferences.ts";
import { Section } from "./panel.tsx";

function coverWords(one: Cover): string {
  switch (one) {
    case "none":
      return m.cover_none();
    case "calculator":
      return m.cover_calculator();
    case "notes":
      return m.cover_notes();
  }
}

export const CoverChoice = (): JSX.Element => (
  <Section title={m.cover_title()} text={m.cover_text()}>
    <Choice
      legend={m.cover_title()}
      name="cover"
      options={COVERS.map((one) => ({ value: one, label: coverWords(one) }))}
      value={cover.value}
      onValue={chooseCover}
    />
    {cover.value !== "none" && (
      <p>{cover.value === "notes" ? m.cover_way_notes() : m.cover_way_calculator()}</p>
    )}
    <p class="small quiet">{m.cover_limit()}</p>
  </Section>
);

/** Goes to a day of a conversation: what stands there, or the first that came after. Spec: spec/handset.md, UI45. */
import type { ConversationId } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { goToSpot } from "../navigation.ts";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { Field } from "../parts/field.tsx";
import { dayBegin, dayOfTime } from "./wanted.ts";

export function DateJump({ id }: { readonly id: ConversationId }): JSX.Element {
  const [date, setDate] = useState("");
  const time = dayBegin(date);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (time !== undefined) goToSpot(id, { kind: "at", time });
      }}
    >
      <Field
        label={m.date_jump_day()}
        name="day"
        value={date}
        onValue={setDate}
        input={{ type: "date", max: dayOfTime(now.value), required: true }}
      />
      <button type="submit" class="button" disabled={time === undefined}>
        {m.date_jump_go()}
      </button>
    </form>
  );
}

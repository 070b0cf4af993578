/**
 * The recovery kit: what it is, the page for paper, two words read back from it; afterwards what became of it. Its words are in this
 * component alone, and gone when it is.
 */
import type { Answer, KitView, MeView } from "@sotto/client";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { holdLock } from "../auto-lock.ts";
import { useDevice } from "../device.ts";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Choice } from "../parts/choice.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Qr } from "../parts/qr.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { rowTimeWords } from "../words.ts";
import { Panel, Section } from "./panel.tsx";
import { Working } from "./working.tsx";
import "../style/kit.css";

type Kit = Pick<Extract<Answer, { kind: "kit" }>, "text" | "words">;

export const RecoveryKit = ({ me }: { readonly me: MeView }): JSX.Element => (
  <Panel title={m.kit_title()}>{me.kit.kind === "made" ? <Made kit={me.kit} /> : <Make me={me} />}</Panel>
);

function Made({ kit }: { readonly kit: Extract<KitView, { kind: "made" }> }): JSX.Element {
  const { keptAt, withContacts } = kit;
  return (
    <Section title={m.kit_made()} text={m.kit_made_text()}>
      <ul class="facts">
        <li>{withContacts ? m.kit_made_contacts() : m.kit_made_alone()}</li>
        {keptAt !== undefined && <li>{m.kit_kept({ time: rowTimeWords(keptAt, now.value) })}</li>}
        <li>{m.kit_limit_holder()}</li>
        <li>{m.kit_limit_relay()}</li>
      </ul>
      <Working isWorking={keptAt === undefined} words={m.kit_keeping()} />
    </Section>
  );
}

function Make({ me }: { readonly me: MeView }): JSX.Element {
  const [kit, setKit] = useState<Kit>();
  const [isWritten, setWritten] = useState(false);
  const [withContacts, setWithContacts] = useState(true);
  if (kit === undefined)
    return <Intro withContacts={withContacts} onChoice={setWithContacts} onShown={setKit} />;
  if (isWritten) return <ReadBack kit={kit} withContacts={withContacts} onBack={() => setWritten(false)} />;
  return <Sheet kit={kit} me={me} onWritten={() => setWritten(true)} />;
}

function Intro(props: {
  readonly withContacts: boolean;
  readonly onChoice: (withContacts: boolean) => void;
  readonly onShown: (kit: Kit) => void;
}): JSX.Element {
  const device = useDevice();
  const { problem, run, isUnderWay } = useAsking();
  const { withContacts, onChoice, onShown } = props;
  const show = (): void =>
    run(
      () => device.ask({ kind: "show-kit" }),
      (answer) => answer.kind === "kit" && onShown(answer),
    );
  return (
    <>
      <Section title={m.kit_what_title()} text={m.kit_what_text()}>
        <ul class="facts">
          <li>{m.kit_limit_holder()}</li>
          <li>{m.kit_limit_messages()}</li>
          <li>{m.kit_limit_code()}</li>
          <li>{m.kit_limit_relay()}</li>
        </ul>
      </Section>
      <Section title={m.kit_contacts_title()} text={m.kit_contacts_text()}>
        <Choice
          legend={m.kit_contacts_title()}
          name="kit-contacts"
          options={[
            { value: "with", label: m.kit_contacts_with() },
            { value: "without", label: m.kit_contacts_without() },
          ]}
          value={withContacts ? "with" : "without"}
          onValue={(value) => onChoice(value === "with")}
        />
        <button type="button" class="button button--first" aria-disabled={isUnderWay} onClick={show}>
          {m.kit_show()}
        </button>
        <Trouble problem={problem} />
      </Section>
    </>
  );
}

function Sheet(props: {
  readonly kit: Kit;
  readonly me: MeView;
  readonly onWritten: () => void;
}): JSX.Element {
  const { kit, me, onWritten } = props;
  return (
    <>
      <section class="kit-sheet" aria-label={m.kit_sheet_title({ name: me.name })}>
        <h2>{m.kit_sheet_title({ name: me.name })}</h2>
        <p class="small">{m.kit_sheet_text({ host: me.relayHost })}</p>
        <Qr text={kit.text} label={m.kit_qr()} />
        <ol class="kit-words">
          {kit.words.map((word, at) => (
            <li key={at} value={at + 1}>
              <span class="kit-words__place">{at + 1}</span> {word}
            </li>
          ))}
        </ol>
      </section>
      <Section title={m.kit_keep_title()} text={m.kit_keep_text()}>
        <div class="buttons">
          <button type="button" class="button" onClick={printPage}>
            {m.kit_print()}
          </button>
          <button type="button" class="button button--first" onClick={onWritten}>
            {m.kit_written()}
          </button>
        </div>
      </Section>
    </>
  );
}

/** The dialog hides the page on some systems: that is no reason to lock. */
function printPage(): void {
  addEventListener("afterprint", holdLock(), { once: true });
  print();
}

/** Two places, the earlier first: whoever has not written the words down does not know them. */
function drawPlaces(words: number): readonly [number, number] {
  const [first = 0, step = 0] = crypto.getRandomValues(new Uint32Array(2));
  const one = first % words;
  const other = (one + 1 + (step % (words - 1))) % words;
  return one < other ? [one, other] : [other, one];
}

function ReadBack(props: {
  readonly kit: Kit;
  readonly withContacts: boolean;
  readonly onBack: () => void;
}): JSX.Element {
  const { kit, withContacts, onBack } = props;
  const device = useDevice();
  const { problem, run, clear, fail, isUnderWay } = useAsking();
  const [places] = useState(() => drawPlaces(kit.words.length));
  const [typed, setTyped] = useState<readonly string[]>(["", ""]);
  const isRight = places.every((place, at) => typed[at]?.trim().toLowerCase() === kit.words[place]);
  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isRight) run(() => device.ask({ kind: "finish-kit", withContacts }));
    else fail({ kind: "kit-word-wrong" });
  }
  return (
    <Section title={m.kit_check_title()} text={m.kit_check_text()}>
      <form class="stack" onSubmit={submit}>
        {places.map((place, at) => (
          <Field
            key={place}
            label={m.kit_check_word({ number: place + 1 })}
            name={`word-${at}`}
            value={typed[at] ?? ""}
            onValue={(value) => {
              setTyped((before) => before.with(at, value));
              clear();
            }}
            input={{ autocomplete: "off", autocapitalize: "none", spellcheck: false }}
          />
        ))}
        <Trouble problem={problem} />
        <p class="note">
          <Icon name="alert" />
          {m.kit_check_note()}
        </p>
        <div class="buttons">
          <button type="button" class="button button--plain" onClick={onBack}>
            {m.kit_back()}
          </button>
          <button class="button button--first" aria-disabled={isUnderWay || typed.includes("")}>
            {m.kit_finish()}
          </button>
        </div>
      </form>
    </Section>
  );
}

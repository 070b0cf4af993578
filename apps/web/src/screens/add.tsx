/** Add someone, on one screen: show them your link, or take theirs from text or from a picture. */
import type { MeView } from "@sotto/client";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { goInstead } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { PictureDrop } from "../parts/picture-drop.tsx";
import { Qr } from "../parts/qr.tsx";
import { Panel, Section } from "./panel.tsx";

export function Add({ me, link: given }: { readonly me: MeView; readonly link: string }): JSX.Element {
  const device = useDevice();
  const { isUnderWay, problem, run, clear } = useAsking();
  const [link, setLink] = useState(given);

  function add(text: string): void {
    setLink(text);
    run(
      () => device.ask({ kind: "add-contact", link: text.trim() }),
      (answer) => {
        if (answer.kind === "conversation") goInstead({ kind: "conversation", id: answer.id });
      },
    );
  }
  return (
    <Panel title={m.add_someone()}>
      {given === "" && (
        <Section title={m.group_new()} text={m.group_new_text()}>
          <button type="button" class="button" onClick={() => goInstead({ kind: "new-group" })}>
            <Icon name="group" />
            {m.group_new()}
          </button>
        </Section>
      )}
      {given === "" && <MyLink me={me} />}
      <Section title={m.add_theirs_title()} text={given === "" ? m.add_theirs_text() : m.add_given_text()}>
        <form
          class="stack"
          onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
            event.preventDefault();
            if (link.trim() !== "") add(link);
          }}
        >
          <Field
            label={m.add_link()}
            name="link"
            value={link}
            onValue={(value) => {
              setLink(value);
              clear();
            }}
            problem={problem}
            input={{ autocomplete: "off", spellcheck: false, inputMode: "url" }}
          />
          <button class="button button--first" aria-disabled={isUnderWay || link.trim() === ""}>
            {isUnderWay ? m.add_under_way() : m.add_do()}
          </button>
        </form>
        <PictureDrop label={m.add_picture()} onText={add} />
      </Section>
    </Panel>
  );
}

export function MyLink({ me }: { readonly me: MeView }): JSX.Element {
  return (
    <Section title={m.my_link_title()} text={m.my_link_text()}>
      {me.link === undefined ? (
        <p class="small" role="status">
          {m.my_link_coming()}
        </p>
      ) : (
        <div class="my-link">
          <Qr text={me.link} label={m.my_link_qr()} />
          <div class="stack">
            <p class="my-link__text">
              <span>{me.link}</span>
            </p>
            <CopyButton text={me.link} label={m.my_link_copy()} />
          </div>
        </div>
      )}
    </Section>
  );
}

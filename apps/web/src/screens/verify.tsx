/** Whether the person at the other end is who they should be: digits to read aloud, a code to compare. */
import type { ConversationRow, SafetyNumberView } from "@sotto/client";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { back } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Icon } from "../parts/icon.tsx";
import { PictureDrop } from "../parts/picture-drop.tsx";
import { Qr } from "../parts/qr.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Panel, Section } from "./panel.tsx";

type Outcome = "differ" | "picture-differs";

export function Verify({ row }: { readonly row: ConversationRow }): JSX.Element {
  const device = useDevice();
  const { problem, run } = useAsking();
  const [number, setNumber] = useState<SafetyNumberView | undefined>();
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const { id, name, isVerified } = row;

  useEffect(() => {
    let isCurrent = true;
    void device.safetyNumber(id).then((found) => {
      if (isCurrent) setNumber(found);
    });
    return () => {
      isCurrent = false;
    };
  }, [id, row.changedAt]);

  const match = (): void => run(() => device.ask({ kind: "verify", in: id, matches: true }), back);
  const differ = (how: Outcome): void =>
    run(
      () => device.ask({ kind: "verify", in: id, matches: false }),
      () => setOutcome(how),
    );

  return (
    <Panel title={m.verify_title({ name })}>
      {number === undefined ? (
        <Section title={m.safety_number()} text={m.verify_not_yet({ name })} />
      ) : (
        <Section title={m.safety_number()} text={m.verify_text({ name })}>
          <div class="safety">
            <SafetyDigits groups={number.groups} />
            <Qr text={number.qrText} label={m.verify_qr()} />
          </div>
          <div class="buttons buttons--pair">
            <button type="button" class="button button--first" onClick={match}>
              {m.verify_match()}
            </button>
            <button type="button" class="button" onClick={() => differ("differ")}>
              {m.verify_differ()}
            </button>
          </div>
          <Trouble problem={problem} />
          <div role="alert">
            {outcome !== undefined && (
              <p class="note">
                <Icon name="alert" />
                {outcome === "differ"
                  ? m.verify_differ_meaning({ name })
                  : m.verify_picture_differs({ name })}
              </p>
            )}
          </div>
          <PictureDrop
            label={m.verify_picture()}
            onText={(text) => (text === number.qrText ? match() : differ("picture-differs"))}
          />
          {isVerified && (
            <p class="verified small">
              <Icon name="verified" />
              {m.verify_already({ name })}
            </p>
          )}
        </Section>
      )}
    </Panel>
  );
}

function SafetyDigits({ groups }: { readonly groups: readonly string[] }): JSX.Element {
  return (
    <ol class="digits" aria-label={m.safety_number()}>
      {groups.map((group, at) => (
        <li key={at}>{group}</li>
      ))}
    </ol>
  );
}

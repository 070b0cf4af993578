/** What opens this device and what ends it: PINs, a decoy, and four ways to wipe. Limits are said where one chooses. */
import type { VaultView } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Choice } from "../parts/choice.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { PinChoice } from "../parts/pin-choice.tsx";
import { Qr } from "../parts/qr.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { durationWords } from "../words.ts";
import { Panel, Section } from "./panel.tsx";
import { WipeNow, WipeOther } from "./wipe.tsx";
import { Working } from "./working.tsx";

export const Pins = ({ vault }: { readonly vault: VaultView | undefined }): JSX.Element => (
  <Panel title={m.pins_title()}>
    <WipeNow />
    {vault !== undefined && (
      <>
        <Guardians vault={vault} />
        <ChangePin />
        <Decoy vault={vault} />
        <DeadMan vault={vault} />
        <WipeShares />
      </>
    )}
    <WipeOther />
  </Panel>
);

const Guardians = ({ vault }: { readonly vault: VaultView }): JSX.Element => {
  const { guardians: count, threshold, isTrial } = vault;
  return (
    <Section title={m.guardians_title()} text={m.guardians_text({ threshold, count })}>
      {isTrial && (
        <p class="note">
          <Icon name="alert" />
          {count === 1 ? m.trial_one() : m.trial_many()}
        </p>
      )}
      <p class="small quiet">{m.limits_pin()}</p>
    </Section>
  );
};

function ChangePin(): JSX.Element {
  const device = useDevice();
  const { problem, run, isUnderWay } = useAsking();
  const [state, setState] = useState<"closed" | "choosing" | "changed">("closed");
  return (
    <Section title={m.pin_change()} text={m.pin_change_text()}>
      {state === "choosing" ? (
        <PinChoice
          doneLabel={m.pin_change()}
          isBusy={isUnderWay}
          problem={problem}
          onChosen={(pin) =>
            run(
              () => device.changePin("real", pin),
              () => setState("changed"),
            )
          }
        />
      ) : (
        <div class="buttons">
          <button type="button" class="button" onClick={() => setState("choosing")}>
            {m.pin_change()}
          </button>
          <span class="small quiet" role="status">
            {state === "changed" && m.pin_changed()}
          </span>
        </div>
      )}
      <Working isWorking={isUnderWay} words={m.pin_change()} />
    </Section>
  );
}

const Decoy = ({ vault }: { readonly vault: VaultView }): JSX.Element => (
  <Section title={m.decoy_title()} text={m.decoy_text()}>
    {vault.hasDecoy ? (
      <>
        <p>{m.decoy_set()}</p>
        <ul class="facts">
          <li>{m.decoy_next_3()}</li>
          <li>{m.decoy_next_4()}</li>
        </ul>
      </>
    ) : (
      <button type="button" class="button" onClick={() => go({ kind: "decoy" })}>
        {m.decoy_make()}
      </button>
    )}
  </Section>
);

const DAY_MS = 86_400_000;
const NEVER = "0";
const DEAD_MAN_MS = [3 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

function DeadMan({ vault }: { readonly vault: VaultView }): JSX.Element {
  const device = useDevice();
  const { problem, run } = useAsking();
  const options = [
    { value: NEVER, label: m.dead_man_never() },
    ...DEAD_MAN_MS.map((ms) => ({ value: String(ms), label: durationWords(ms) })),
  ];
  return (
    <Section title={m.dead_man_title()} text={m.dead_man_text()}>
      <Choice
        legend={m.dead_man_title()}
        name="dead-man"
        options={options}
        value={String(vault.wipesAfterMs ?? NEVER)}
        onValue={(value) => run(() => device.setDeadMan(value === NEVER ? undefined : Number(value)))}
      />
      <Trouble problem={problem} />
    </Section>
  );
}

function WipeShares(): JSX.Element {
  const device = useDevice();
  const [shares, setShares] = useState<readonly string[]>([]);
  return (
    <Section title={m.wipe_others_title()} text={m.wipe_others_text()}>
      {shares.length === 0 && (
        <button type="button" class="button" onClick={() => void device.wipeShares().then(setShares)}>
          {m.wipe_others_show()}
        </button>
      )}
      <ol class="shares">
        {shares.map((text, at) => (
          <li key={text} data-share={text}>
            <h3>{m.wipe_share({ number: at + 1 })}</h3>
            <Qr text={text} label={m.wipe_share({ number: at + 1 })} />
            <CopyButton text={text} label={m.copy()} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** What is the person's own: name, link, contract, storage, how this device looks, and what Sotto does not promise. */
import type { MeView, VaultView } from "@sotto/client";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { limitsOf } from "../auto-lock.ts";
import { useDevice } from "../device.ts";
import { go } from "../navigation.ts";
import { now } from "../now.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Choice } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field, PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { StrengthBar } from "../parts/strength-bar.tsx";
import { Trouble } from "../parts/trouble.tsx";
import {
  chooseLanguage,
  chooseTheme,
  language,
  LANGUAGE_NAMES,
  LANGUAGES,
  theme,
  THEMES,
  type Theme,
} from "../preferences.ts";
import { dateWords, durationWords, rowTimeWords, sizeWords } from "../words.ts";
import { MyLink } from "./add.tsx";
import { CoverChoice } from "./cover-choice.tsx";
import { Panel, Section } from "./panel.tsx";

export function Me(props: { readonly me: MeView; readonly vault: VaultView | undefined }): JSX.Element {
  const { me, vault } = props;
  const { idleMs, hiddenMs } = limitsOf(vault);
  const device = useDevice();
  return (
    <Panel title={m.me()} isTab>
      <Section
        title={m.me_lock_title()}
        text={m.me_lock_text({ idle: durationWords(idleMs), hidden: durationWords(hiddenMs) })}
      >
        <button type="button" class="button" onClick={() => void device.lock()}>
          <Icon name="lock" />
          {m.lock_now()}
        </button>
      </Section>
      <Section title={m.pins_title()} text={m.pins_text()}>
        <button type="button" class="button" onClick={() => go({ kind: "pins" })}>
          <Icon name="forward" />
          {m.pins_open()}
        </button>
      </Section>
      <Section title={m.kit_title()} text={me.kit.kind === "made" ? m.kit_made() : m.kit_short()}>
        <button type="button" class="button" onClick={() => go({ kind: "kit" })}>
          <Icon name="forward" />
          {m.kit_title()}
        </button>
      </Section>
      <Name me={me} />
      <MyLink me={me} />
      <RenewLink />
      <Contract me={me} />
      <Storage me={me} />
      <Looks />
      <CoverChoice />
      {vault === undefined && <Passphrase />}
      <Section title={m.policy_title()} text={m.policy_text()}>
        <ul class="facts">
          <li>{m.policy_default({ time: durationWords(me.policy.burnDefaultMs) })}</li>
          <li>{m.policy_longest({ time: durationWords(me.policy.burnMaxMs) })}</li>
          <li>{me.policy.burnOffAllowed ? m.policy_off_allowed() : m.policy_off_denied()}</li>
        </ul>
      </Section>
      <Section title={m.limits_title()} text={m.limits_text()}>
        <ul class="facts">
          <li>{m.limits_hosted()}</li>
          <li>{m.limits_unlocked()}</li>
          <li>{vault === undefined ? m.limits_passphrase() : m.limits_pin()}</li>
          <li>{m.limits_timing()}</li>
        </ul>
      </Section>
      <Section title={m.help()}>
        <button type="button" class="button" onClick={() => go({ kind: "help" })}>
          <Icon name="help" />
          {m.help_open()}
        </button>
      </Section>
    </Panel>
  );
}

function Name({ me }: { readonly me: MeView }): JSX.Element {
  const device = useDevice();
  const { problem, run, clear, isUnderWay } = useAsking();
  const [name, setName] = useState(me.name);
  const [isSaved, setSaved] = useState(false);
  return (
    <Section title={m.me_name_title()} text={m.me_name_text()}>
      <form
        class="stack"
        onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          run(
            () => device.ask({ kind: "rename", name: name.trim() }),
            () => setSaved(true),
          );
        }}
      >
        <Field
          label={m.join_name()}
          isLabelUnseen
          name="name"
          value={name}
          onValue={(value) => {
            setName(value);
            setSaved(false);
            clear();
          }}
          problem={problem}
          input={{ autocomplete: "off", maxLength: 64 }}
        />
        <div class="buttons">
          <button class="button" aria-disabled={isUnderWay || name.trim() === me.name}>
            {m.save()}
          </button>
          <span class="small quiet" role="status">
            {isSaved && m.saved()}
          </span>
        </div>
      </form>
    </Section>
  );
}

function RenewLink(): JSX.Element {
  const device = useDevice();
  const { problem, run, isUnderWay } = useAsking();
  const [isAsked, setAsked] = useState(false);
  return (
    <Section title={m.renew_title()} text={m.renew_text()}>
      <button type="button" class="button" aria-disabled={isUnderWay} onClick={() => setAsked(true)}>
        {m.renew_do()}
      </button>
      <Trouble problem={problem} />
      {isAsked && (
        <Dialog title={m.renew_title()} onClose={() => setAsked(false)}>
          <p>{m.renew_meaning()}</p>
          <div class="buttons buttons--end">
            <button type="button" class="button button--plain" onClick={() => setAsked(false)}>
              {m.cancel()}
            </button>
            <button
              type="button"
              class="button button--danger"
              onClick={() => {
                setAsked(false);
                run(() => device.ask({ kind: "new-link" }));
              }}
            >
              {m.renew_confirm()}
            </button>
          </div>
        </Dialog>
      )}
    </Section>
  );
}

function Contract({ me }: { readonly me: MeView }): JSX.Element {
  const device = useDevice();
  const { problem, run, clear, isUnderWay } = useAsking();
  const [code, setCode] = useState("");
  const until = me.contractUntil;
  return (
    <Section title={m.contract()} text={m.contract_text({ host: me.relayHost })}>
      <ul class="facts">
        <li>{m.contract_left({ count: me.conversationsLeft })}</li>
        {until !== undefined && <li>{m.contract_until({ date: dateWords(until) })}</li>}
      </ul>
      <form
        class="stack"
        onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          run(
            () => device.ask({ kind: "add-code", code: code.trim() }),
            () => setCode(""),
          );
        }}
      >
        <Field
          label={m.contract_code()}
          name="code"
          value={code}
          onValue={(value) => {
            setCode(value);
            clear();
          }}
          problem={problem}
          figures
          input={{ autocomplete: "off", autocapitalize: "characters", spellcheck: false }}
        />
        <button class="button" aria-disabled={isUnderWay || code.trim() === ""}>
          {m.contract_use_code()}
        </button>
      </form>
    </Section>
  );
}

function Storage({ me }: { readonly me: MeView }): JSX.Element {
  const { usedBytes, totalBytes } = me.storage;
  const { sweptAt } = me;
  const words = m.storage_used({ used: sizeWords(usedBytes), total: sizeWords(totalBytes) });
  return (
    <Section title={m.storage()} text={words}>
      <meter
        class="meter"
        aria-label={m.storage()}
        min={0}
        max={totalBytes}
        high={totalBytes * 0.9}
        value={usedBytes}
      >
        {words}
      </meter>
      {sweptAt !== undefined && (
        <p class="small quiet">{m.storage_swept({ time: rowTimeWords(sweptAt, now.value) })}</p>
      )}
    </Section>
  );
}

function themeWords(one: Theme): string {
  switch (one) {
    case "system":
      return m.theme_system();
    case "light":
      return m.theme_light();
    case "dark":
      return m.theme_dark();
  }
}

const Looks = (): JSX.Element => (
  <Section title={m.looks()}>
    <p class="small quiet">{m.theme()}</p>
    <Choice
      legend={m.theme()}
      name="theme"
      options={THEMES.map((one) => ({ value: one, label: themeWords(one) }))}
      value={theme.value}
      onValue={chooseTheme}
    />
    <p class="small quiet">{m.language()}</p>
    <Choice
      legend={m.language()}
      name="language"
      options={LANGUAGES.map((one) => ({ value: one, label: LANGUAGE_NAMES[one], lang: one }))}
      value={language.value}
      onValue={chooseLanguage}
    />
  </Section>
);

function Passphrase(): JSX.Element {
  const device = useDevice();
  const { problem, run, clear, isUnderWay } = useAsking();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [isSaved, setSaved] = useState(false);
  const edit = (set: (value: string) => void) => (value: string) => {
    set(value);
    setSaved(false);
    clear();
  };
  const isReady = from !== "" && to !== "";
  return (
    <Section title={m.passphrase_change()} text={m.join_passphrase_no_recovery()}>
      <form
        class="stack"
        onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          if (!isReady) return;
          run(
            () => device.changePassphrase(from, to),
            () => {
              setFrom("");
              setTo("");
              setSaved(true);
            },
          );
        }}
      >
        <PassphraseField
          label={m.passphrase_current()}
          name="from"
          value={from}
          onValue={edit(setFrom)}
          problem={problem}
        />
        <PassphraseField label={m.passphrase_new()} name="to" value={to} onValue={edit(setTo)} isNew />
        {to !== "" && <StrengthBar passphrase={to} />}
        <div class="buttons">
          <button class="button" aria-disabled={isUnderWay || !isReady}>
            {m.passphrase_change()}
          </button>
          <span class="small quiet" role="status">
            {isSaved && m.saved()}
          </span>
        </div>
      </form>
    </Section>
  );
}

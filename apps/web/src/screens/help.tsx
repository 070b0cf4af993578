/** Short answers, here without a connection. */
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Panel, Section } from "./panel.tsx";

export const Help = (): JSX.Element => (
  <Panel title={m.help()}>
    <Section title={m.help_marks_title()} text={m.help_marks_text()} />
    <Section title={m.help_burn_title()} text={m.help_burn_text()} />
    <Section title={m.help_verify_title()} text={m.help_verify_text()} />
    <Section title={m.help_offline_title()} text={m.help_offline_text()} />
    <Section title={m.help_passphrase_title()} text={m.help_passphrase_text()} />
    <Section title={m.help_device_title()} text={m.help_device_text()} />
    <Section title={m.help_keys_title()} text={m.help_keys_text()} />
  </Panel>
);

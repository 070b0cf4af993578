/** The gallery: every screen from fixed views, without a worker. `?scene=NAME&language=de&theme=dark&dir=rtl`. */
import type { Answer, MessageView, Problem } from "@sotto/client";
import { signal } from "@preact/signals";
import { err, ok, type Result } from "@sotto/protocol";
import { render } from "preact";
import { App } from "../app.tsx";
import { dress } from "../cover/dress.ts";
import { DeviceProvider, type Device } from "../device.ts";
import { beginSearch } from "../finding/wanted.ts";
import { incomingExample } from "../incoming-link.ts";
import { followHistory, go } from "../navigation.ts";
import { freezeNow } from "../now.ts";
import { applyPreferences, LANGUAGES, language, theme, THEMES } from "../preferences.ts";
import { foundNothing } from "./found.ts";
import { conversation, kit, loadedPicture, message, NOW, rows, safetyNumber } from "./people.ts";
import type { UnlockChoice } from "../worker/protocol.ts";
import type { Scene } from "./scene.ts";
import { SCENES } from "./scenes.ts";

const app = document.getElementById("app");
if (app === null) throw new Error("gallery.html has no #app");

/** For tests: what the screens asked for, and a way to let messages come. */
const asked: unknown[] = [];
const windows = new Set<(received: MessageView) => void>();
const receive = (text: string, author?: string): void => {
  const received = message(text, 0, { author });
  for (const show of windows) show(received);
};
Object.assign(globalThis, { gallery: { asked, receive } });

/** What a relay offers that was started without more. */
const TRIAL: UnlockChoice = {
  pins: { guardians: 1, threshold: 1, isTrial: true },
  isPassphraseAllowed: true,
};

function sceneDevice(scene: Scene): Device {
  const view = signal(scene.view);
  const answer = async () => (scene.problem === undefined ? ok(undefined) : err(scene.problem));
  const answerOf = async (): Promise<Result<Answer, Problem>> =>
    scene.problem === undefined ? ok({ kind: "done" }) : err(scene.problem);
  return {
    view,
    join: answer,
    takeExample: async () => false,
    unlockChoice: async () => scene.choice ?? TRIAL,
    unlock: answer,
    changePin: answer,
    makeDecoy: answer,
    setDeadMan: answer,
    wipeShares: async () => [1, 2, 3].map((at) => `sotto-wipe:${at}${"QmFzZTY0".repeat(60)}`),
    wipe: async () => {},
    wipeOther: async () => ok({ done: 2, of: 3 }),
    changePassphrase: answer,
    lock: async () => {
      view.value = { kind: "locked", lock: { kind: "passphrase" } };
    },
    ask: async (intent) => {
      asked.push(intent);
      if (scene.problem !== undefined) return err(scene.problem);
      if (intent.kind === "create-group") return ok({ kind: "conversation", id: "mara" });
      return ok(intent.kind === "show-kit" ? kit : { kind: "done" });
    },
    attach: answerOf,
    supply: answerOf,
    readFile: (_id, _key, take) => {
      take(loadedPicture, 1);
      return { done: answer(), stop: () => {} };
    },
    openConversation(id, show) {
      const name = rows.find((row) => row.id === id)?.name ?? "";
      let shown = scene.conversation?.id === id ? scene.conversation : conversation({ id, name });
      show(shown);
      const add = (received: MessageView): void => {
        shown = { ...shown, messages: [...shown.messages, received] };
        show(shown);
      };
      windows.add(add);
      return {
        loadOlder: async () => {},
        loadNewer: async () => {},
        goTo: async (spot) => {
          asked.push({ kind: "go-to", spot });
          return spot.kind === "message" ? spot.key : shown.messages[0]?.key;
        },
        close: () => windows.delete(add),
      };
    },
    openSearch: (show) => ({
      find: async (query) => {
        asked.push({ kind: "find", query });
        show({ ...(scene.search ?? foundNothing), query });
      },
      more: async () => {},
      close: () => {},
    }),
    safetyNumber: async () => (scene.hasNoNumber === true ? undefined : safetyNumber),
  };
}

const wanted = new URLSearchParams(location.search);
language.value = LANGUAGES.find((one) => one === wanted.get("language")) ?? "en";
theme.value = THEMES.find((one) => one === wanted.get("theme")) ?? "system";
applyPreferences(document.documentElement);
dress(document.head);
if (wanted.get("dir") === "rtl") document.documentElement.dir = "rtl";
followHistory();
freezeNow(NOW);

const scene = SCENES[wanted.get("scene") ?? ""];
if (scene?.wanted !== undefined) beginSearch(scene.wanted);
if (scene?.place !== undefined) go(scene.place);
if (scene?.isForExample === true) incomingExample.value = "alice";

/** As a person does: nothing is pressed before it is there. */
async function press(selectors: readonly string[]): Promise<void> {
  const drawn = () => new Promise((next) => requestAnimationFrame(next));
  const isFetching = (): boolean =>
    document.querySelector(".later[aria-busy]") !== null ||
    (scene?.view.kind === "open" && document.querySelector(".home") === null);
  do await drawn();
  while (isFetching());
  for (const selector of selectors) {
    let found: HTMLElement | null = null;
    while ((found = document.querySelector<HTMLElement>(selector)) === null) await drawn();
    found.click();
  }
  document.documentElement.dataset["pressed"] = "true";
}

render(
  scene === undefined ? (
    <main>
      <ul>
        {Object.keys(SCENES).map((name) => (
          <li key={name}>
            <a href={`?scene=${name}`}>{name}</a>
          </li>
        ))}
      </ul>
    </main>
  ) : (
    <DeviceProvider value={sceneDevice(scene)}>
      <App />
    </DeviceProvider>
  ),
  app,
);
void press(scene?.pressed ?? []);

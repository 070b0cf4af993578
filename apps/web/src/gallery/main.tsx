/** The gallery: every screen from fixed views, without a worker. `?scene=NAME&language=de&theme=dark&dir=rtl`. */
import { signal } from "@preact/signals";
import { err, ok } from "@sotto/protocol";
import { render } from "preact";
import { App } from "../app.tsx";
import { DeviceProvider, type Device } from "../device.ts";
import { followHistory, go } from "../navigation.ts";
import { freezeNow } from "../now.ts";
import { applyPreferences, LANGUAGES, language, theme, THEMES } from "../preferences.ts";
import { NOW, safetyNumber } from "./people.ts";
import { SCENES, type Scene } from "./scenes.ts";

const app = document.getElementById("app");
if (app === null) throw new Error("gallery.html has no #app");

function sceneDevice(scene: Scene): Device {
  const view = signal(scene.view);
  const answer = async () => (scene.problem === undefined ? ok(undefined) : err(scene.problem));
  return {
    view,
    join: answer,
    unlock: answer,
    changePassphrase: answer,
    lock: async () => {
      view.value = { kind: "locked" };
    },
    ask: async () => (scene.problem === undefined ? ok({ kind: "done" }) : err(scene.problem)),
    openConversation(id, show) {
      if (scene.conversation?.id === id) show(scene.conversation);
      return { loadOlder: async () => {}, close: () => {} };
    },
    safetyNumber: async () => (scene.hasNoNumber === true ? undefined : safetyNumber),
  };
}

const asked = new URLSearchParams(location.search);
language.value = LANGUAGES.find((one) => one === asked.get("language")) ?? "en";
theme.value = THEMES.find((one) => one === asked.get("theme")) ?? "system";
applyPreferences(document.documentElement);
if (asked.get("dir") === "rtl") document.documentElement.dir = "rtl";
followHistory();
freezeNow(NOW);

const scene = SCENES[asked.get("scene") ?? ""];
if (scene?.place !== undefined) go(scene.place);

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

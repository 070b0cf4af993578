/** Where the handset starts: the page. Everything secret is in the worker. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { dress } from "./cover/dress.ts";
import { createWorkerDevice, DeviceProvider, type Device } from "./device.ts";
import { takeIncomingLink } from "./incoming-link.ts";
import { followHistory } from "./navigation.ts";
import { startNow } from "./now.ts";
import { applyPreferences } from "./preferences.ts";
import { startWorker } from "./start-worker.ts";

const app = document.getElementById("app");
if (app === null) throw new Error("index.html has no #app");

applyPreferences(document.documentElement);
dress(document.head);
takeIncomingLink();
addEventListener("hashchange", takeIncomingLink); // a link that is opened in this tab
followHistory();
startNow();

/** Without a secure origin the browser gives no crypto and no storage: a worker could only fail. */
function device(): Device {
  if (isSecureContext) return createWorkerDevice(startWorker());
  const never = (): never => {
    throw new Error("a blocked device is asked nothing");
  };
  return {
    view: signal({ kind: "blocked", why: "insecure-origin" }),
    join: never,
    takeExample: never,
    unlockChoice: never,
    unlock: never,
    changePin: never,
    makeDecoy: never,
    setDeadMan: never,
    wipeShares: never,
    wipe: never,
    wipeOther: never,
    changePassphrase: never,
    lock: never,
    ask: never,
    attach: never,
    supply: never,
    readFile: never,
    openConversation: never,
    openSearch: never,
    safetyNumber: never,
  };
}

render(
  <DeviceProvider value={device()}>
    <App />
  </DeviceProvider>,
  app,
);

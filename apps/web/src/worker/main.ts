/** The worker's boot: the smallest part, which fetches the rest when there is something to open. */
import type { ToPage } from "./protocol.ts";

const show = (message: ToPage): void => postMessage(message);
show({ kind: "view", view: { kind: "new" } });

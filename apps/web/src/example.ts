/** The example profile that this page was opened for, from the question until it is here or not. Spec: UI23. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useDevice } from "./device.ts";
import { incomingExample } from "./incoming-link.ts";

/**
 * offered: the person is asked, if there is room for it. taken: it is here, and its passphrase is no secret.
 * gone: another browser has it.
 */
export type Example = "none" | "offered" | "taken" | "gone";

export function useExample(): { readonly example: Example; readonly answer: (isWanted: boolean) => void } {
  const device = useDevice();
  const outcome = useSignal<"none" | "taken" | "gone">("none");
  const name = incomingExample.value;
  // Whoever has a profile and opens it has read that there is no room for another.
  useSignalEffect(() => {
    if (device.view.value.kind === "open") incomingExample.value = undefined;
  });
  return {
    example: name === undefined ? outcome.value : "offered",
    answer(isWanted) {
      incomingExample.value = undefined;
      if (!isWanted || name === undefined) return;
      void device.takeExample(name).then((isThere) => {
        outcome.value = isThere ? "taken" : "gone";
      });
    },
  };
}

/**
 * An example profile, from a relay that was started with some. It goes to one browser: two copies of a device would
 * use the same message keys, so the relay is told before this copy is opened. Spec: spec/terminal.md, DM2.
 */
import { CONTAINER_NAME, removeContainer } from "./files.ts";

const NAME = /^[a-z]{1,16}$/;

/** False: there is none of this name, somebody else has it, or it did not come whole. Nothing is left then. */
export async function storeExample(name: string): Promise<boolean> {
  if (!NAME.test(name)) return false;
  const url = new URL(`/demo/${name}.sotto`, location.origin);
  try {
    const { ok, body } = await fetch(url);
    if (!ok || body === null) return false;
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle(CONTAINER_NAME, { create: true });
    await body.pipeTo(await file.createWritable());
    const taken = await fetch(url, { method: "DELETE" });
    if (taken.ok) return true;
  } catch {
    // The relay went away, or there is no room: as if there were none.
  }
  await removeContainer();
  return false;
}

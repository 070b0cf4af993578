/**
 * Joining, and joining once more after the code was refused or the relay's address mistyped: until a code was granted
 * a device holds nothing that anybody knows of. Spec: spec/terminal.md, TC8.
 */
import { rmSync } from "node:fs";
import { createDevice, openDevice, type Device, type DeviceProblem } from "@sotto/client-adapters/node";
import { err, type Result } from "@sotto/protocol";
import type { Command } from "./arguments.ts";

const MIB = 2 ** 20;

export async function join(
  command: Command,
  { passphrase, kit }: { readonly passphrase: string; readonly kit: string | undefined },
  onProgress: ((part: number) => void) | undefined,
): Promise<Result<Device, DeviceProblem>> {
  const { device: file, relay: relayUrl, as: name, sizeMib } = command;
  const code = command.operands[0] ?? "";
  const regionBytes = (sizeMib * MIB) / 2;
  const opensWith = command.hasPin ? "pin" : "passphrase";
  const creation = {
    file,
    passphrase,
    relayUrl,
    name,
    code,
    kit,
    regionBytes,
    onProgress,
    opensWith,
  } as const;
  const created = await createDevice(creation);
  if (created.ok || created.error.kind !== "device-exists") return created;

  const known = await openDevice({ file, passphrase });
  if (!known.ok) return ["passphrase-wrong", "pin-wrong"].includes(known.error.kind) ? created : known;
  const { member, close } = known.value;
  const { activation, relayHost } = member.view().me;
  const isSameRelay = URL.parse(relayUrl)?.host === relayHost;
  if (activation !== "granted" && isSameRelay) {
    const answer = await member.ask({ kind: "add-code", code });
    if (answer.ok) return known;
    await close();
    return err(answer.error);
  }
  await close();
  if (activation === "granted") return created;
  rmSync(file);
  return createDevice(creation);
}

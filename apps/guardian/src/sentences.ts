/** What a guardian says to whoever runs it: what happened and what to do, in plain words. */
import type { FolderProblem, ListenProblem } from "@sotto/guardian-adapters/node";
import { guardianAddressToText, toHex } from "@sotto/protocol";

export function dataSentence({ kind }: FolderProblem, path: string): string {
  switch (kind) {
    case "newer":
      return `The data in ${path} was written by a newer version of Sotto. Update Sotto, or choose another folder with --data.`;
    case "foreign":
      return `${path} holds a database that is not a guardian's. Choose another folder with --data.`;
    case "unreadable":
      return `The records in ${path} cannot be opened. Check that the disk works and the files are yours to read.`;
    case "notWritable":
      return `${path} cannot be read or written. Make it yours, or choose another folder with --data.`;
    case "badIdentity":
      return `The file identity.key in ${path} is damaged or missing. Restore it from a backup: without it, no device knows this guardian.`;
    case "inUse":
      return `Another guardian is running on the data in ${path}. Stop it first, or choose another folder with --data.`;
  }
}

export function listenSentence({ kind }: ListenProblem, host: string, port: number): string {
  switch (kind) {
    case "portBusy":
      return `Port ${port} is in use. Stop what uses it, or choose another with --port.`;
    case "portForbidden":
      return `Port ${port} is not allowed for you. Choose one above 1023 with --port.`;
    case "noSuchHost":
      return `${host} is not an address of this machine. Choose another with --host.`;
    case "other":
      return `The guardian cannot listen on ${host}, port ${port}. Choose others with --host and --port.`;
  }
}

/** Undefined where there is nothing to say. */
export const silentSentence = (silent: number, peers: number): string | undefined =>
  silent === 0
    ? undefined
    : `${silent} of ${peers} other guardians have not said yet which records were wiped. They are asked again; until then, a record that was wiped while this guardian was away may still be here.`;

export const welcomeText = (facts: {
  readonly gid: Uint8Array;
  readonly gx: Uint8Array;
  readonly url: string;
  readonly path: string;
}): string =>
  [
    "",
    "  A guardian is running.",
    "",
    `  Address  ${facts.url}`,
    `  gid      ${toHex(facts.gid)}`,
    `  gx       ${toHex(facts.gx)}`,
    `  Peer     ${guardianAddressToText(facts)}`,
    "           what other guardians are told with --peer, and this one of them",
    `  Data     ${facts.path}`,
    "           leave guardian.keys and guardian.tombstones out of backups",
    "  Stop     Ctrl-C",
    "",
    "",
  ].join("\n");

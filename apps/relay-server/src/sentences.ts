/** What the relay server says to whoever runs it: what happened and what to do, in plain words. */
import type { FolderProblem } from "@sotto/guardian-adapters/node";
import type { ListenProblem } from "@sotto/relay-adapters/node";
import type { JournalProblem } from "@sotto/relay-adapters/sqlite";
import type { DataProblem } from "./data-folder.ts";
import type { Guardians } from "./guardians.ts";

export function dataSentence(problem: DataProblem | JournalProblem, path: string): string {
  switch (problem.kind) {
    case "newer":
      return `The data in ${path} was written by a newer version of Sotto. Update Sotto, or choose another folder with --data.`;
    case "foreign":
      return `${path} holds a database that is not Sotto's. Choose another folder with --data.`;
    case "unreadable":
      return `The database in ${path} cannot be opened. Check that the disk works and the files are yours to read, or restore a backup.`;
    case "damaged":
      return `The database in ${path} is damaged: messages that were accepted before the last stop cannot be read. Restore a backup.`;
    case "notWritable":
      return `${path} cannot be written to. Make it yours to write, or choose another folder with --data.`;
    case "badKey":
      return `The key file relay.key in ${path} is damaged or missing. Restore it from a backup: without it, this relay's channels are lost.`;
    case "inUse":
      return `Another relay is running on the data in ${path}. Stop it first, or choose another folder with --data.`;
    case "missing":
      return `There is no relay in ${path} yet. Start one first: ./sotto start`;
  }
}

export function guardianSentence({ kind }: FolderProblem, path: string): string {
  switch (kind) {
    case "newer":
      return `The guardian's data in ${path} was written by a newer version of Sotto. Update Sotto.`;
    case "foreign":
      return `${path} holds a database that is not a guardian's. Move it away, or choose another folder with --data.`;
    case "unreadable":
      return `The guardian's records in ${path} cannot be opened. Check that the disk works and the files are yours to read.`;
    case "notWritable":
      return `${path} cannot be read or written. Make it yours, or choose another folder with --data.`;
    case "badIdentity":
      return `The guardian's file identity.key in ${path} is damaged or missing. Restore it from a backup: without it, no device knows this guardian.`;
    case "inUse":
      return `Another guardian is running on the data in ${path}. Stop it first.`;
  }
}

export const GUARDIAN_ENDED = "A guardian's process ended while it started. Start again.";

export function listenSentence(problem: ListenProblem, host: string, port: number): string {
  switch (problem.kind) {
    case "portBusy":
      return `Port ${port} is in use. Stop what uses it, or choose another with --port.`;
    case "portForbidden":
      return `Port ${port} is not allowed for you. Choose one above 1023 with --port.`;
    case "noSuchHost":
      return `${host} is not an address of this machine. Choose another with --host.`;
    case "badTls":
      return "The TLS certificate and key do not fit or are not PEM files. Check --tls-cert and --tls-key.";
    case "other":
      return `The relay cannot listen on ${host}, port ${port}. Choose others with --host and --port.`;
  }
}

export function welcomeText(facts: {
  readonly url: string;
  readonly codes: readonly string[];
  readonly path: string;
  readonly guardians: Pick<Guardians, "kind" | "count" | "threshold">;
  readonly isReachable: boolean;
  readonly isSecure: boolean;
}): string {
  const [first, ...rest] = facts.codes;
  const codes =
    first === undefined
      ? ["  Codes      all used; another one: ./sotto code"]
      : [
          `  Codes      ${first}`,
          ...rest.map((code) => `             ${code}`),
          "             one for each person who joins; another one: ./sotto code",
        ];
  const warning =
    facts.isReachable && !facts.isSecure
      ? [
          "",
          "  Browsers on other machines need TLS to join: give --tls-cert and --tls-key, or put a proxy in front.",
        ]
      : [];
  return [
    "",
    "  Sotto is running.",
    "",
    `  Open       ${facts.url}`,
    ...codes,
    ...guardianLines(facts.guardians),
    `  Data       ${facts.path}`,
    "  Stop       Ctrl-C",
    ...warning,
    "",
    "",
  ].join("\n");
}

function guardianLines({
  kind,
  count,
  threshold,
}: Pick<Guardians, "kind" | "count" | "threshold">): readonly string[] {
  switch (kind) {
    case "embedded":
      return [
        "  Guardian   one, in this relay: a trial",
        "             PINs do not survive seizure of this server",
      ];
    case "processes":
      return [
        `  Guardians  ${count} processes on this machine, of which ${threshold} open a device: a trial`,
        "             PINs do not survive seizure of this server",
      ];
    case "elsewhere":
      return [`  Guardians  ${count} run elsewhere, of which ${threshold} open a device`];
  }
}

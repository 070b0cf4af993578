/**
 * Compiles messages/LANGUAGE.json into src/paraglide, one function for each string. The build does it by itself;
 * run this file before a type check of a fresh clone. Nothing here reaches the network.
 *
 * In a process of its own, because the compiler leaves something running for half a minute.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const OPTIONS = [
  `--project=${here("project.inlang")}`,
  `--outdir=${here("src/paraglide")}`,
  "--strategy",
  "globalVariable",
  "baseLocale",
  "--is-server=false",
  "--emit-ts-declarations",
  "--no-emit-readme",
  "--no-emit-prettier-ignore",
  "--silent",
];

const modifiedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isCompiled(): boolean {
  const folder = here("messages/");
  const sources = [here("strings-plugin.js"), here("project.inlang/settings.json"), here("strings.ts")];
  const messages = readdirSync(folder).map((name) => folder + name);
  const compiledAt = modifiedAt(here("src/paraglide/messages.d.ts"));
  return [...sources, ...messages].every((path) => modifiedAt(path) < compiledAt);
}

/** With declarations, which the type check reads. Does nothing when they are there. Throws when it fails. */
export function compileStrings(): void {
  if (isCompiled()) return;
  const { status } = spawnSync(
    process.execPath,
    [here("../../node_modules/@inlang/paraglide-js/bin/run.js"), "compile", ...OPTIONS],
    { stdio: ["ignore", 2, 2] },
  );
  if (status !== 0) throw new Error("the strings do not compile; the reason is above");
}

if (import.meta.main) compileStrings();

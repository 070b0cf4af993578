/** Debian's browsers, which the browser tests drive: installed when absent and this is root on Debian. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CHROMIUM_PATH } from "@sotto/testkit/browser";
import { FIREFOX_PATH } from "@sotto/testkit/firefox";

export type Browser = {
  readonly name: string;
  readonly path: string;
  /** Debian's, the browser itself first. */
  readonly packages: readonly [string, ...string[]];
};

export const CHROMIUM: Browser = {
  name: "Chromium",
  path: CHROMIUM_PATH,
  packages: ["chromium", "fonts-liberation"],
};
export const FIREFOX: Browser = { name: "Firefox", path: FIREFOX_PATH, packages: ["firefox-esr"] };

/** Whether it is there in the end. What apt says goes to stderr. */
export function ensureBrowser({ name, path, packages }: Browser): boolean {
  if (existsSync(path)) return true;
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!mayInstall) return false;
  process.stderr.write(`sotto: installing ${name} for the browser tests …\n`);
  apt("update", "-q");
  apt("install", "-y", "-q", "--no-install-recommends", ...packages);
  return existsSync(path);
}

function apt(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", args, { env, stdio: ["ignore", 2, 2] });
}

/** Debian's Chromium, which the browser tests drive: installed when it is absent and this is root on Debian. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CHROMIUM_PATH } from "@sotto/testkit/browser";

/** Whether it is there in the end. What apt says goes to stderr. */
export function ensureChromium(): boolean {
  if (existsSync(CHROMIUM_PATH)) return true;
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!mayInstall) return false;
  process.stderr.write("sotto: installing Chromium for the browser tests …\n");
  apt("update", "-q");
  apt("install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-liberation");
  return existsSync(CHROMIUM_PATH);
}

function apt(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", args, { env, stdio: ["ignore", 2, 2] });
}

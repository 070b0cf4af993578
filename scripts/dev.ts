/** `./sotto dev`: the relay and the handset, built and started again after every change. Takes what `start` takes. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { buildHandset } from "./handset.ts";

const root = resolve(import.meta.dirname, "..");
if ((await buildHandset(root)) === "failed") process.exit(1);

const run = (cwd: string, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, args, { cwd: join(root, cwd), stdio: "inherit" });
const relay = "apps/relay-server/src/main.ts";
const children = [
  run("apps/web", join(root, "node_modules/vite/bin/vite.js"), "build", "--watch", "--logLevel", "warn"),
  run("", "--watch", "--watch-preserve-output", relay, "start", ...process.argv.slice(2)),
];
const stop = (): void => {
  for (const child of children) child.kill("SIGTERM");
};
process.on("SIGINT", stop).on("SIGTERM", stop);
await Promise.race(children.map((child) => once(child, "exit")));
stop();

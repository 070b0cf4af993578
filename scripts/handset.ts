/**
 * Builds the handset into `apps/web/dist` when what it is made of has changed. The new build is made aside
 * and moved into place whole, so that a relay that is serving the old one never serves half of each.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const MADE_OF = [
  "package-lock.json",
  "apps/web/**",
  "packages/{protocol,verify,oprf,crypto,client,client-adapters}/src/**",
];
/** Not sources: what builds leave, what compilers generate (a README beside their settings too), and tests. */
const NOT_MADE_OF =
  /(?:^|\/)(?:dist[^/]*|node_modules|test|paraglide|cache|\.[^/]*|project\.inlang\/README\.md)(?:\/|$)/;

/** Hex digest of the names and bytes of everything the handset is made of. */
export function handsetFingerprint(root: string): string {
  const paths = globSync(MADE_OF, { cwd: root }).filter((path) => !NOT_MADE_OF.test(path));
  const hash = createHash("sha256");
  for (const path of paths.toSorted()) {
    const absolute = join(root, path);
    if (!statSync(absolute).isFile()) continue;
    hash.update(path).update("\0").update(readFileSync(absolute)).update("\0");
  }
  return hash.digest("hex");
}

/** What came of it. Vite has said on stderr why a build failed; the one before it still stands. */
export type Build = "current" | "built" | "failed";

export async function buildHandset(root: string): Promise<Build> {
  const built = join(root, "apps/web/dist");
  const stamp = join(root, "node_modules/.sotto-handset");
  const fingerprint = handsetFingerprint(root);
  const isBuilt = existsSync(join(built, "index.html")) && existsSync(stamp);
  if (isBuilt && readFileSync(stamp, "utf8") === fingerprint) return "current";

  process.stderr.write("sotto: building the handset …\n");
  const aside = `${built}.${process.pid}`;
  const replaced = `${aside}.old`;
  try {
    const args = ["build", "--logLevel", "warn", "--outDir", aside, "--emptyOutDir"];
    if (!(await vite(root, args))) return "failed";
    if (existsSync(built)) renameSync(built, replaced);
    renameSync(aside, built);
    writeFileSync(stamp, fingerprint);
  } finally {
    rmSync(aside, { recursive: true, force: true });
    rmSync(replaced, { recursive: true, force: true });
  }
  return "built";
}

async function vite(root: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), ...args], {
    cwd: join(root, "apps/web"),
    stdio: ["ignore", 2, 2],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}

if (import.meta.main) {
  const build = await buildHandset(resolve(import.meta.dirname, ".."));
  process.exitCode = build === "failed" ? 1 : 0;
}

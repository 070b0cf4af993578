/** A folder of one test's own, gone when the test is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Folder = { readonly path: string; remove(): void };

export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "sotto-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { containerBytes, createContainer, openContainer, REGION_BYTES_MIN } from "@sotto/crypto";
import { openNodeBlockFile, randomBytes } from "@sotto/client-adapters/node";
import { Secret, toHex, type Result } from "@sotto/protocol";

const ROUNDS = 4;
const SIZE = containerBytes(REGION_BYTES_MIN);

function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok);
  return result.value;
}

/** Starts the writer, kills it once it has reported enough, and gives the last count it reported. */
async function runAndKill(path: string, key: string, reports: number): Promise<number> {
  const writer = join(import.meta.dirname, "container-writer.ts");
  const child = spawn(process.execPath, [writer, path, key, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    seen += text.split("\n").length - 1;
    if (seen >= reports) child.kill("SIGKILL");
  });
  const signal = await new Promise((resolve) => child.once("close", (_, by) => resolve(by)));
  assert.equal(signal, "SIGKILL");
  // A line cut off by the kill was not said.
  return Number(output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1));
}

test("[CT21 CT23] a process killed while it commits loses none that it was told of, and its hold", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-kill-"));
  const path = join(folder, "container");
  const key = randomBytes(32);
  const created = valueOf(
    await createContainer(valueOf(openNodeBlockFile(path, SIZE)), { random: randomBytes }),
  );
  valueOf(await created.format({ region: 0, key: new Secret(key.slice()) }));
  valueOf(await created.finish());
  await created.close();

  for (let round = 0; round < ROUNDS; round++) {
    const told = await runAndKill(path, toHex(key), 10 + round * 17);
    const container = valueOf(
      await openContainer(valueOf(openNodeBlockFile(path, SIZE)), { random: randomBytes }),
    );
    const records = valueOf(await container.open(0, new Secret(key.slice())));
    const value = await records.get("count");
    assert.ok(value);
    const count = new DataView(value.buffer).getUint32(0);
    assert.ok(count === told || count === told + 1, "the last commit told, or the one under way");
    const state = await records.get("state");
    assert.deepEqual(state, new Uint8Array(100 + ((count * 977) % 12_000)).fill(count));
    assert.deepEqual(await records.get(`message/${count % 30}`), value);
    await records.close();
    await container.close();
  }
  rmSync(folder, { recursive: true });
});

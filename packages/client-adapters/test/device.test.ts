import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createDevice, openDevice, openNodeBlockFile, type CreateDevice } from "@sotto/client-adapters/node";
import { containerBytes } from "@sotto/crypto";
import { codeToText } from "@sotto/protocol";

const folder = mkdtempSync(join(tmpdir(), "sotto-device-"));
after(() => rmSync(folder, { recursive: true }));

const MIB = 2 ** 20;
const passphrase = "correct horse battery";
/** Port 9 discards: nobody answers there. */
const options = (file: string, change: Partial<CreateDevice> = {}): CreateDevice => ({
  file: join(folder, file),
  passphrase,
  relayUrl: "http://127.0.0.1:9",
  code: codeToText(new Uint8Array(16).fill(7)),
  name: "Alice",
  regionBytes: 2 * MIB,
  ...change,
});

async function problemOf(answer: Promise<{ ok: boolean; error?: { kind: string } }>): Promise<string> {
  const { ok, error } = await answer;
  assert.equal(ok, false);
  return error?.kind ?? "";
}

async function make(file: string): Promise<CreateDevice> {
  const made = await createDevice(options(file));
  assert.ok(made.ok);
  await made.value.close();
  return options(file);
}

test("[DV1 DV3] a short passphrase and a mistyped code make no file; a nameless member leaves none", async () => {
  const short = options("a", { passphrase: "eleven char" });
  assert.equal(await problemOf(createDevice(short)), "passphrase-short");
  assert.equal(await problemOf(createDevice(options("a", { code: "12345" }))), "code-malformed");
  assert.equal(await problemOf(createDevice(options("a", { name: " " }))), "name-invalid");
  assert.equal(existsSync(join(folder, "a")), false);
});

test("[DV2 DV6 DV7] a device opens again with what it held, for its owner and the right passphrase alone", async () => {
  const parts: number[] = [];
  const made = await createDevice(options("deep/b", { onProgress: (part) => void parts.push(part) }));
  assert.ok(made.ok);
  assert.equal(parts.at(-1), 1);
  await made.value.close();
  const { file } = options("deep/b");
  assert.equal(statSync(join(folder, "deep")).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const before = readFileSync(file);
  assert.equal(await problemOf(openDevice({ file, passphrase: `${passphrase}.` })), "passphrase-wrong");
  assert.deepEqual(readFileSync(file), before);
  const opened = await openDevice({ file, passphrase });
  assert.ok(opened.ok);
  assert.equal(opened.value.member.view().me.name, "Alice");
  await opened.value.close();
});

test("[DV3 DV5] a device that is there is not made anew, and one that is open is not opened twice", async () => {
  const made = await createDevice(options("c"));
  assert.ok(made.ok);
  assert.equal(await problemOf(openDevice(options("c"))), "device-in-use");
  assert.equal(await problemOf(createDevice(options("c"))), "device-in-use");
  await made.value.close();
  assert.equal(await problemOf(createDevice(options("c"))), "device-exists");
  const other = options("c", { passphrase: "another passphrase" });
  assert.equal(await problemOf(createDevice(other)), "device-exists");
  assert.equal(await problemOf(openDevice(options("absent"))), "device-missing");
});

test("[DV5] what is no container, was never finished or was changed on disk is named as that", async () => {
  const foreign = options("d");
  writeFileSync(foreign.file, "somebody's notes");
  assert.equal(await problemOf(openDevice(foreign)), "device-foreign");
  assert.equal(await problemOf(createDevice(foreign)), "device-foreign");
  assert.equal(readFileSync(foreign.file, "utf8"), "somebody's notes");
  assert.equal(await problemOf(createDevice(options("d/below-a-file"))), "device-failing");

  const unfinished = options("e");
  const zeros = openNodeBlockFile(unfinished.file, containerBytes(2 * MIB));
  assert.ok(zeros.ok);
  await zeros.value.close();
  assert.equal(await problemOf(openDevice(unfinished)), "device-unfinished");

  const damaged = await make("f");
  const { size } = statSync(damaged.file);
  const file = openSync(damaged.file, "r+");
  for (let at = 32 * 1024; at < size; at += MIB / 4) writeSync(file, new Uint8Array(MIB / 4), 0, MIB / 4, at);
  assert.equal(await problemOf(openDevice(damaged)), "device-damaged");
  truncateSync(damaged.file, size - 1);
  assert.equal(await problemOf(openDevice(damaged)), "device-foreign");
});

test("[DV4] a creation killed at any moment is taken up by the next", async () => {
  const program = `
    import { createDevice } from "@sotto/client-adapters/node";
    const made = await createDevice({ ...JSON.parse(process.argv[1]), regionBytes: ${2 * MIB} });
    process.stdout.write("made");
    if (made.ok) await made.value.close();`;
  for (const killAfterMs of [200, 450, 700]) {
    const made = options(`g${killAfterMs}`);
    const args = ["--input-type=module", "-e", program, JSON.stringify(made)];
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("close", resolve));
    setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    await ended;
    const again = await createDevice(made);
    if (again.ok) await again.value.close();
    else assert.equal(again.error.kind, "device-exists");
    const opened = await openDevice(made);
    assert.ok(opened.ok);
    await opened.value.close();
  }
});

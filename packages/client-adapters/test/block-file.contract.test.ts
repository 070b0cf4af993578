import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  containerBytes,
  createContainer,
  createPassphraseSource,
  enrolPassphrase,
  openContainer,
  REGION_BYTES_MIN,
  type BlockFile,
} from "@sotto/crypto";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { openNodeBlockFile } from "@sotto/client-adapters/node";
import type { Result } from "@sotto/protocol";

const random = (length: number): Uint8Array<ArrayBuffer> => randomFillSync(new Uint8Array(length));
const stretch = async (passphrase: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(32).fill(passphrase.length);

function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok);
  return result.value;
}

const folder = mkdtempSync(join(tmpdir(), "sotto-block-file-"));
after(() => rmSync(folder, { recursive: true }));

/** Opens the file it is given again and again; the first time it is new. */
type Reopen = () => BlockFile;

/** Every BlockFile passes this, whatever it is made of. */
function blockFileContract(adapter: string, bytes: number, create: () => Reopen): void {
  test(`[CT20] ${adapter}: a new file has its size and begins with zeros`, async () => {
    const file = create()();
    assert.equal(file.bytes, bytes);
    assert.deepEqual(valueOf(await file.read(0, 4_096)), new Uint8Array(4_096));
    await file.close();
  });

  test(`[CT20] ${adapter}: what was written is read back, at any offset, also after opening again`, async () => {
    const reopen = create();
    const file = reopen();
    const written = random(70_001);
    valueOf(await file.write(4_097, written));
    valueOf(await file.write(bytes - 1, Uint8Array.of(9)));
    assert.deepEqual(valueOf(await file.read(4_097, written.length)), written);
    assert.deepEqual(valueOf(await file.read(4_096, 2)), Uint8Array.of(0, written[0]!));
    valueOf(await file.flush());
    await file.close();
    const again = reopen();
    assert.equal(again.bytes, bytes);
    assert.deepEqual(valueOf(await again.read(4_097, written.length)), written);
    assert.deepEqual(valueOf(await again.read(bytes - 1, 1)), Uint8Array.of(9));
    await again.close();
  });

  test(`[CT20] ${adapter}: what was given or answered can be changed without changing the file`, async () => {
    const file = create()();
    const written = Uint8Array.of(1, 2, 3);
    valueOf(await file.write(0, written));
    written[0] = 99;
    valueOf(await file.read(0, 3))[1] = 99;
    assert.deepEqual(valueOf(await file.read(0, 3)), Uint8Array.of(1, 2, 3));
    await file.close();
  });

  test(`[CT6 CT20] ${adapter}: a container lives in it`, async () => {
    const reopen = create();
    const container = valueOf(await createContainer(reopen(), { random }));
    const profile = valueOf(await enrolPassphrase(container, "open sesame", { random, stretch }));
    const records = valueOf(await container.open(profile.region, profile.key));
    for (let n = 0; n < 50; n++)
      valueOf(await records.commit([{ key: `k${n % 7}`, value: new Uint8Array(n * 100).fill(n) }]));
    await records.close();
    await container.close();
    const again = valueOf(await openContainer(reopen(), { random }));
    const { region, key } = valueOf(await createPassphraseSource(again, "open sesame", stretch).unlock());
    const found = valueOf(await again.open(region, key));
    assert.deepEqual(await found.get("k0"), new Uint8Array(4_900).fill(49));
    await found.close();
    await again.close();
  });
}

const SIZE = containerBytes(REGION_BYTES_MIN);
const dice = { below: (): number => 0 };

blockFileContract("memory", SIZE, () => {
  const content = new Uint8Array(SIZE);
  return () => createMemoryBlockFile(content);
});
blockFileContract("memory with faults", SIZE, () => {
  const content = new Uint8Array(SIZE);
  return () => createFaultyBlockFile(content, dice);
});
let files = 0;
blockFileContract("node", SIZE, () => {
  const path = join(folder, `${files++}`);
  return () => valueOf(openNodeBlockFile(path, SIZE));
});

test("[CT21] node: a file that is open is in use, until it is closed", async () => {
  const path = join(folder, "locked");
  const first = valueOf(openNodeBlockFile(path, SIZE));
  assert.deepEqual(openNodeBlockFile(path, SIZE), { ok: false, error: { kind: "in-use" } });
  await first.close();
  await valueOf(openNodeBlockFile(path, SIZE)).close();
});

test("[CT22] node: a folder that is not there is a value that says so", () => {
  const opened = openNodeBlockFile(join(folder, "nowhere", "file"), SIZE);
  assert.equal(opened.ok ? "open" : opened.error.kind, "failing");
  const isFolder = openNodeBlockFile(folder, SIZE);
  assert.equal(isFolder.ok ? "open" : isFolder.error.kind, "failing");
});

test("[CT1 CT20] node: a file that exists keeps its size, and nobody else may read it", async () => {
  const path = join(folder, "shorter");
  writeFileSync(path, new Uint8Array(5_000), { mode: 0o600 });
  const file = valueOf(openNodeBlockFile(path, SIZE));
  assert.equal(file.bytes, 5_000);
  await file.close();
  await valueOf(openNodeBlockFile(join(folder, "fresh"), SIZE)).close();
  assert.equal(statSync(join(folder, "fresh")).mode & 0o777, 0o600);
});

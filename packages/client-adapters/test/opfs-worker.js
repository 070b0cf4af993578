/** The worker of opfs.browser.test.ts: a container in the origin private file system, told what to do by messages. */
import { openOpfsBlockFile } from "@sotto/client-adapters/browser";
import {
  containerBytes,
  createContainer,
  createPassphraseSource,
  enrolPassphrase,
  openContainer,
} from "@sotto/crypto";

const random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const PASSPHRASE = "open sesame";
let container;
let records;

function valueOf(result) {
  if (!result.ok) throw new Error(result.error.kind);
  return result.value;
}
const file = async () => valueOf(await openOpfsBlockFile("container", containerBytes()));

const tasks = {
  async create() {
    container = valueOf(await createContainer(await file(), { random }));
    const { region, key } = valueOf(await enrolPassphrase(container, PASSPHRASE, { random }));
    records = valueOf(await container.open(region, key));
  },
  async open() {
    container = valueOf(await openContainer(await file(), { random }));
    const { region, key } = valueOf(await createPassphraseSource(container, PASSPHRASE).unlock());
    records = valueOf(await container.open(region, key));
  },
  /** Commits until it is killed; tells each count once it is durable. */
  async commitForEver(told) {
    for (let count = 1; ; count++) {
      const value = new Uint8Array(4_096).fill(count);
      valueOf(await records.commit([{ key: `k/${count % 100}`, value }]));
      valueOf(await records.commit([{ key: "count", value: new TextEncoder().encode(String(count)) }]));
      told(count);
      await new Promise((resolve) => setTimeout(resolve));
    }
  },
  async count() {
    return Number(new TextDecoder().decode(await records.get("count")));
  },
  async isWhole(_, count) {
    const value = await records.get(`k/${count % 100}`);
    return value.length === 4_096 && value.every((byte) => byte === (count & 255));
  },
  async close() {
    await records.close();
    await container.close();
  },
};

async function answer({ id, task, argument }) {
  try {
    const told = (count) => postMessage({ told: count });
    postMessage({ id, value: await tasks[task](told, argument) });
  } catch (error) {
    postMessage({ id, failure: error.message });
  }
}
addEventListener("message", ({ data }) => void answer(data));

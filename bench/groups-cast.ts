/** Who is in the groups of `./sotto bench groups`: devices with their KeyPackages, and three that keep what they know. */
import { join } from "node:path";
import { clock, openNodeBlockFile, randomBytes } from "@sotto/client-adapters/node";
import {
  containerBytes,
  createContainer,
  createTsMlsEngine,
  enrolPassphrase,
  readerKey,
  signingKey,
  type DeviceSigner,
  type MlsEngine,
  type NewKeyPackage,
  type ReaderKey,
  type Records,
  type SigningKey,
  type Suite,
  type Write,
} from "@sotto/crypto";
import { credentialCodec, encode, equalBytes, Secret, type Result } from "@sotto/protocol";

const REGION_BYTES = 32 * 2 ** 20;
const DAY_MS = 86_400_000;

/** A device that does something: it has a container in a file, and counts what it writes there. */
export type Actor = {
  readonly device: DeviceSigner;
  readonly leafKey: SigningKey;
  readonly reader: ReaderKey;
  readonly invitation: NewKeyPackage;
  readonly records: Records;
  /** All or nothing, and durable once it resolves; gives the bytes of the values. */
  keep(writes: readonly Write[]): Promise<number>;
};

export type Cast = {
  readonly engine: MlsEngine;
  readonly devices: number;
  /** Makes the groups and every Commit. */
  readonly alice: Actor;
  /** Added first, follows every Commit. */
  readonly bob: Actor;
  /** Comes when everybody else is there. */
  readonly carol: Actor;
  /** The rest, so that all of them and the three are one device more than `devices`. */
  readonly crowd: readonly NewKeyPackage[];
  close(): Promise<void>;
};

export function valueOf<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`unexpected: ${JSON.stringify(result.error)}`);
  return result.value;
}

export async function createCast(suite: Suite, devices: number, folder: string): Promise<Cast> {
  const credentials = new Map<string, Uint8Array>();
  const authenticate = (credential: Uint8Array, key: Uint8Array): boolean =>
    equalBytes(credentials.get(key.toHex()) ?? new Uint8Array(), credential);
  const engine = valueOf(await createTsMlsEngine({ suite, authenticate, clock, randomBytes }));
  const invited = async () => {
    const made = newDevice();
    credentials.set(made.device.publicKey.toHex(), made.device.credential);
    const lifetime = { notBefore: clock() - DAY_MS, notAfter: clock() + DAY_MS };
    return { ...made, invitation: await engine.createKeyPackage(made.device, lifetime) };
  };
  const containers: (() => Promise<void>)[] = [];
  const actor = async (name: string): Promise<Actor> => {
    const { records, close } = await openRecords(join(folder, name));
    containers.push(close);
    return { ...(await invited()), records, keep: (writes) => keep(records, writes) };
  };
  const [alice, bob, carol] = [await actor("alice"), await actor("bob"), await actor("carol")];
  const crowd: NewKeyPackage[] = [];
  while (crowd.length < devices - 2) crowd.push((await invited()).invitation);
  const close = async (): Promise<void> => {
    for (const one of containers) await one();
  };
  return { engine, devices, alice, bob, carol, crowd, close };
}

function newDevice(): { device: DeviceSigner; leafKey: SigningKey; reader: ReaderKey } {
  const seed = randomBytes(32);
  const leafKey = signingKey(new Secret(seed));
  const reader = readerKey(new Secret(randomBytes(32)));
  const credential = encode(credentialCodec, {
    version: 1,
    accountId: randomBytes(32),
    chainHead: randomBytes(32),
    readerKey: reader.publicKey,
  });
  return { device: { credential, publicKey: leafKey.publicKey, privateKey: leafKey.seed }, leafKey, reader };
}

async function openRecords(path: string): Promise<{ records: Records; close: () => Promise<void> }> {
  const blocks = valueOf(openNodeBlockFile(path, containerBytes(REGION_BYTES)));
  const container = valueOf(await createContainer(blocks, { random: randomBytes }));
  const stretch = async (): Promise<Uint8Array> => new Uint8Array(32);
  const { region, key } = valueOf(
    await enrolPassphrase(container, "correct horse battery", { random: randomBytes, stretch }),
  );
  const records = valueOf(await container.open(region, key));
  const close = async (): Promise<void> => {
    await records.close();
    await container.close();
  };
  return { records, close };
}

async function keep(records: Records, writes: readonly Write[]): Promise<number> {
  valueOf(await records.commit(writes));
  return writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

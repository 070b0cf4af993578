/** A device with a container in memory that PINs open, registered with the guardians of a world. */
import assert from "node:assert/strict";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import {
  changePin,
  containerBytes,
  createContainer,
  enrolPin,
  makeDecoy,
  openContainer,
  readImage,
  readVaultRecord,
  REGION_BYTES_MIN,
  unlockPin,
  upkeep,
  type BlockFile,
  type Carry,
  type CommitFailure,
  type Held,
  type PinFailure,
  type PinName,
  type ProfileKey,
  type Records,
  type Unlocked,
  type VaultPorts,
  type VaultRecord,
} from "@sotto/crypto";
import { concat, ok, type GuardianAddress, type Result } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import { random } from "./identity.ts";

export type OpenVault = {
  readonly held: Held;
  readonly records: Records;
  readonly record: VaultRecord;
  readonly profile: ProfileKey;
};

/** The guardians that a device may be registered with, and the way to them. */
export type VaultWorld = {
  readonly guardians: readonly GuardianAddress[];
  readonly carry: Carry;
  readonly now: number;
};

type Fill = (records: Records) => Promise<Result<void, CommitFailure>>;

export async function withPin(opened: OpenVault, name: PinName, pin: string): Promise<OpenVault> {
  const changed = await changePin(opened.held, opened.record, opened.records, { name, pin });
  assert.ok(changed.ok);
  return { ...opened, record: changed.value };
}

export class VaultDevice {
  readonly world: VaultWorld;
  /** The whole device: what somebody has who copies it. */
  bytes: Uint8Array;

  constructor(world: VaultWorld, bytes: Uint8Array) {
    this.world = world;
    this.bytes = bytes;
  }

  static async enrol(world: VaultWorld, pin: string, threshold = 2): Promise<VaultDevice> {
    const device = new VaultDevice(world, new Uint8Array(containerBytes(REGION_BYTES_MIN)));
    assert.ok((await device.tryToEnrol(pin, threshold)).ok);
    return device;
  }

  /** With a second profile that `fill` begins, and a PIN for each of the three. */
  static async withDecoy(
    world: VaultWorld,
    pins: Readonly<Record<PinName, string>>,
    fill: Fill = () => Promise.resolve(ok(undefined)),
  ): Promise<VaultDevice> {
    const device = await VaultDevice.enrol(world, pins.real);
    let opened = await device.open(pins.real);
    const own = { region: opened.profile.region, records: opened.records };
    const made = await makeDecoy(opened.held, opened.record, own, fill);
    assert.ok(made.ok);
    opened = { ...opened, record: made.value };
    for (const name of ["decoy", "duress"] as const) opened = await withPin(opened, name, pins[name]);
    await opened.records.close();
    return device;
  }

  async tryToEnrol(pin: string, threshold = 2, file?: BlockFile) {
    const made = await createContainer(file ?? createMemoryBlockFile(this.bytes), { random });
    if (!made.ok) return made;
    const enrolment = {
      pin,
      guardians: this.world.guardians.map(({ gid, gx, url }) => ({ gid, gx, url })),
      threshold,
      isTrial: false,
      relayUrl: "https://relay.example",
      lockIdleMs: 120_000,
      lockHiddenMs: 30_000,
    };
    return enrolPin(made.value, enrolment, this.ports());
  }

  ports(): VaultPorts {
    return {
      carry: (to, envelope) => this.world.carry(to, envelope),
      random,
      clock: () => this.world.now,
      stretch: (digits, salt) => Promise.resolve(sha256(concat(digits, salt))),
    };
  }

  /** The same device in other hands. */
  copy(): VaultDevice {
    return new VaultDevice(this.world, this.bytes.slice());
  }

  async held(file: BlockFile = createMemoryBlockFile(this.bytes)): Promise<Held> {
    const container = await openContainer(file, { random });
    assert.ok(container.ok);
    const image = await readImage(container.value);
    assert.ok(image.ok && image.value);
    return { container: container.value, ports: this.ports(), image: image.value };
  }

  /** As somebody does who types it: from a cold start. */
  async type(pin: string, file?: BlockFile): Promise<Result<Unlocked, PinFailure>> {
    return unlockPin(await this.held(file), pin);
  }

  /** Unlocked, with what follows an unlock done unless `isHurried`. */
  async open(pin: string, isHurried = false): Promise<OpenVault> {
    const held = await this.held();
    const unlocked = await unlockPin(held, pin);
    assert.ok(unlocked.ok, `opens, and not: ${unlocked.ok || unlocked.error.kind}`);
    const { profile } = unlocked.value;
    const records = await held.container.open(profile.region, profile.key);
    assert.ok(records.ok);
    const read = await readVaultRecord(records.value);
    assert.ok(read.ok && read.value);
    const opened = { held, records: records.value, record: read.value, profile };
    if (isHurried) return opened;
    const kept = await upkeep(held, read.value, profile, records.value);
    assert.ok(kept.ok);
    return { ...opened, record: kept.value };
  }

  /** Which region a PIN opens, or why none. */
  async outcome(pin: string): Promise<number | PinFailure["kind"]> {
    const typed = await this.type(pin);
    return typed.ok ? typed.value.profile.region : typed.error.kind;
  }
}

/**
 * A profile's key from a passphrase: Argon2id (RFC 9106) gives the key that wraps a random one, so that the
 * passphrase can change and the data stays. Spec: spec/container.md, CT19.
 */
import { err, ok, Secret, textToBytes, type RandomBytes, type Result } from "@sotto/protocol";
import { argon2id } from "hash-wasm";
import type { BlockFault } from "./block-file.ts";
import type { Container, KeySource, ProfileKey, Region, UnlockFailure } from "./container.ts";
import { deriveKey, KEY_BYTES } from "./seal.ts";

/** Stretches a passphrase's UTF-8 bytes, in Unicode form NFC, with the container's salt. 32 bytes. */
export type Stretch = (passphrase: Uint8Array, salt: Uint8Array) => Promise<Uint8Array>;

/** 64 MiB, three passes, one lane: half a second on a laptop. Needs WebAssembly. */
export const argon2idStretch: Stretch = (password, salt) =>
  argon2id({
    password,
    salt,
    memorySize: 64 * 1024,
    iterations: 3,
    parallelism: 1,
    hashLength: KEY_BYTES,
    outputType: "binary",
  });

async function wrappingKey(container: Container, passphrase: string, stretch: Stretch): Promise<Secret> {
  const bytes = textToBytes(passphrase.normalize("NFC"));
  const stretched = new Secret(await stretch(bytes, container.salt));
  bytes.fill(0);
  const wrapping = deriveKey(stretched, "sotto/container/v1/passphrase");
  stretched.wipe();
  return wrapping;
}

export function createPassphraseSource(
  container: Container,
  passphrase: string,
  stretch: Stretch = argon2idStretch,
): KeySource {
  return {
    async unlock() {
      const wrapping = await wrappingKey(container, passphrase, stretch);
      const unlocked = await container.unwrap(wrapping);
      wrapping.wipe();
      return unlocked;
    },
  };
}

export type Enrolment = {
  readonly random: RandomBytes;
  readonly stretch?: Stretch;
};

/** Begins the first profile of a container just created, in a region chosen at random, and finishes the container. */
export async function enrolPassphrase(
  container: Container,
  passphrase: string,
  { random, stretch = argon2idStretch }: Enrolment,
): Promise<Result<ProfileKey, BlockFault>> {
  const region: Region = random(1)[0]! % 2 === 0 ? 0 : 1;
  const profile: ProfileKey = { region, key: new Secret(random(KEY_BYTES)) };
  const wrapping = await wrappingKey(container, passphrase, stretch);
  const formatted = await container.format(profile);
  const wrapped = formatted.ok ? await container.wrap(profile, wrapping) : formatted;
  const finished = wrapped.ok ? await container.finish() : wrapped;
  wrapping.wipe();
  return finished.ok ? ok(profile) : finished;
}

/** Cut short by a crash, exactly one of the two passphrases opens from the next unlock on. */
export async function changePassphrase(
  container: Container,
  change: { readonly from: string; readonly to: string },
  stretch: Stretch = argon2idStretch,
): Promise<Result<void, UnlockFailure>> {
  const unlocked = await createPassphraseSource(container, change.from, stretch).unlock();
  if (!unlocked.ok) return err(unlocked.error);
  const wrapping = await wrappingKey(container, change.to, stretch);
  const wrapped = await container.wrap(unlocked.value, wrapping);
  wrapping.wipe();
  unlocked.value.key.wipe();
  return wrapped;
}

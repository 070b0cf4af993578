/** Files under way on this device, and how they wait. Volatile: what has to survive is in stored/file.ts. */
import type { Clock } from "@sotto/protocol";
import type { ChunkDigests } from "@sotto/crypto";
import type { Core } from "../core.ts";
import type { BlobTransport, FileSource } from "../ports.ts";
import type { Problem } from "../problems.ts";
import type { Turn } from "../turn.ts";

/** What follows from a step, decided in a turn of its own. */
export type Next = (core: Core, turn: Turn) => Promise<void> | void;

export type TransferPorts = {
  readonly blobs: BlobTransport;
  readonly clock: Clock;
  /** Finds a file again that was chosen before a restart, where the device has a name for such. */
  readonly openSource?: ((origin: string) => Promise<FileSource | undefined>) | undefined;
  /** False: it was not stored, and so has not happened. */
  readonly inTurn: (decide: Next) => Promise<boolean>;
};

const PART_BYTES_FIRST = 262_144;

type UnderWay = {
  source: FileSource | undefined;
  digests: ChunkDigests | undefined;
  /** Of the blob, at the relay. */
  received: number;
  /** How much one PUT carries, as the line turned out. */
  partBytes: number;
  problem: Problem | undefined;
  /** It goes on only when the person does something. */
  isStopped: boolean;
  isRunning: boolean;
  failures: number;
};

export class Transfers {
  readonly ports: TransferPorts;
  /** By the message's idKey. */
  readonly #uploads = new Map<string, UnderWay>();
  readonly #pauses = new Map<string, () => void>();
  #pauseCount = 0;

  constructor(ports: TransferPorts) {
    this.ports = ports;
  }

  of(id: string): UnderWay {
    let found = this.#uploads.get(id);
    if (found === undefined)
      this.#uploads.set(
        id,
        (found = {
          source: undefined,
          digests: undefined,
          received: 0,
          partBytes: PART_BYTES_FIRST,
          problem: undefined,
          isStopped: false,
          isRunning: false,
          failures: 0,
        }),
      );
    return found;
  }

  progressOf(id: string): Pick<UnderWay, "received" | "problem"> {
    return this.#uploads.get(id) ?? { received: 0, problem: undefined };
  }
  isStopped(id: string): boolean {
    return this.#uploads.get(id)?.isStopped ?? false;
  }
  /** From here on it is read there. */
  give(id: string, source: FileSource): void {
    this.#uploads.delete(id);
    this.of(id).source = source;
  }
  forget(id: string): void {
    this.#uploads.delete(id);
  }

  /** One step at a time for each file; what follows from it is decided once it is over. */
  run(id: string, step: () => Promise<Next>): void {
    const upload = this.of(id);
    if (upload.isRunning) return;
    upload.isRunning = true;
    void step()
      .catch((bug): Next => () => {
        throw bug; // ends the member, as any bug
      })
      .then((next) => {
        upload.isRunning = false;
        return this.ports.inTurn(next);
      });
  }

  /** Resolves after `ms` by the member's clock, or when the member is closed. */
  async pause(ms: number): Promise<void> {
    const name = String(++this.#pauseCount);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pauses.set(name, resolve);
    const isMember = await this.ports.inTurn((core, turn) =>
      core.agenda.want(`pause/${name}`, turn.now + ms),
    );
    if (!isMember) this.wake(name);
    return promise;
  }
  /** Whoever waits goes on, and finds that there is nothing to be had any more. */
  wakeAll(): void {
    for (const name of this.#pauses.keys()) this.wake(name);
  }
  wake(name: string): void {
    this.#pauses.get(name)?.();
    this.#pauses.delete(name);
  }
}

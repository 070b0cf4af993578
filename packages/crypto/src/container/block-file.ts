/** What the container needs of a disk. Adapters: @sotto/client-adapters. Spec: spec/container.md, CT20 to CT23. */
import type { Result } from "@sotto/protocol";

/** "full": no space left where the file lives. "failing": anything else the disk answered; `cause` says what. */
export type BlockFault = { readonly kind: "full" | "failing"; readonly cause: unknown };

/** "in-use": another process or tab has it. */
export type BlockFileFault = { readonly kind: "in-use" } | BlockFault;

type Awaitable<T> = T | Promise<T>;

/**
 * A file of fixed size that nobody else has open. Offsets and lengths are in bytes.
 * A write changes no byte outside its range, and is durable once a later flush has succeeded; until then
 * a crash may keep any part of it.
 */
export interface BlockFile {
  readonly bytes: number;
  read(at: number, length: number): Awaitable<Result<Uint8Array, BlockFault>>;
  write(at: number, bytes: Uint8Array): Awaitable<Result<void, BlockFault>>;
  flush(): Awaitable<Result<void, BlockFault>>;
  close(): Awaitable<void>;
}

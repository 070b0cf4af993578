/**
 * A block file in the origin private file system. For a dedicated worker: only there are access handles
 * synchronous. The handle is exclusive, so a second tab is refused. Spec: spec/container.md, CT20 to CT23.
 */
import type { BlockFault, BlockFile, BlockFileFault } from "@sotto/crypto";
import { assert, err, ok, type Result } from "@sotto/protocol";

/** File System Standard, FileSystemSyncAccessHandle; the DOM library declares it for workers only. */
type SyncAccessHandle = {
  getSize(): number;
  truncate(bytes: number): void;
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(from: Uint8Array, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
};
type WorkerFileHandle = { createSyncAccessHandle(): Promise<SyncAccessHandle> };

/** Opens the origin's file of this name, or makes one of `bytes` zeros, which no container takes for finished. */
export async function openOpfsBlockFile(
  name: string,
  bytes: number,
): Promise<Result<BlockFile, BlockFileFault>> {
  let handle: SyncAccessHandle | undefined;
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle(name, { create: true });
    handle = await (file as unknown as WorkerFileHandle).createSyncAccessHandle();
    if (handle.getSize() === 0) {
      handle.truncate(bytes);
      handle.flush();
    }
    return ok(blockFileOf(handle, handle.getSize()));
  } catch (cause) {
    handle?.close();
    const isTaken = cause instanceof DOMException && cause.name === "NoModificationAllowedError";
    return err(isTaken ? { kind: "in-use" } : faultOf(cause));
  }
}

function blockFileOf(handle: SyncAccessHandle, bytes: number): BlockFile {
  return {
    bytes,
    read: (at, length) =>
      attempt(() => {
        const read = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const step = handle.read(read.subarray(done), { at: at + done });
          if (step === 0) throw new Error("the file ends too early");
          done += step;
        }
        return read;
      }),
    write: (at, written) => {
      assert(at + written.length <= bytes, "a block file does not grow");
      return attempt(() => {
        for (let done = 0; done < written.length;) {
          const step = handle.write(written.subarray(done), { at: at + done });
          if (step === 0) throw new DOMException("nothing was written", "QuotaExceededError");
          done += step;
        }
      });
    },
    flush: () => attempt(() => handle.flush()),
    close: () => handle.close(),
  };
}

/** QuotaExceededError is a DOMException of that name in older browsers, a class of its own in newer ones. */
const faultOf = (cause: unknown): BlockFault => ({
  kind: cause instanceof Error && cause.name === "QuotaExceededError" ? "full" : "failing",
  cause,
});

function attempt<T>(step: () => T): Result<T, BlockFault> {
  try {
    return ok(step());
  } catch (cause) {
    return err(faultOf(cause));
  }
}

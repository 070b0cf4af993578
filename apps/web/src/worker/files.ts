/** The container's place in the origin private file system, as far as it is known without opening anything. */

/** 64 MiB in two equal regions. */
export const CONTAINER_NAME = "container";

/** "no-storage": the browser gives none, as in a private window of some. */
export async function lookForContainer(): Promise<"present" | "absent" | "no-storage"> {
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await navigator.storage.getDirectory();
  } catch {
    return "no-storage";
  }
  try {
    await folder.getFileHandle(CONTAINER_NAME);
    return "present";
  } catch {
    return "absent";
  }
}

/** After every handle on it is closed. */
export async function removeContainer(): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  await folder.removeEntry(CONTAINER_NAME).catch(() => {}); // it was not there
}

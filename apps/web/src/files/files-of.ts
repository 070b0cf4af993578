/** Whose files are shown, for what stands deep inside a conversation. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";

export type FilesOf = {
  readonly id: string;
  /** Small files load unasked. */
  readonly isAccepted: boolean;
};

const FilesContext = createContext<FilesOf>({ id: "", isAccepted: false });
export const FilesProvider = FilesContext.Provider;
export const useFilesOf = (): FilesOf => useContext(FilesContext);

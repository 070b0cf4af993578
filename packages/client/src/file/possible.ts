/** Whether there can be such a file at all: what a member says of one, and what reaches whoever receives it. */
import { FILE_BYTES_MAX } from "@sotto/protocol";

export const isPossibleFile = ({ bytes }: { readonly bytes: number }): boolean =>
  bytes >= 1 && bytes <= FILE_BYTES_MAX;

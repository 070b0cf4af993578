/** Decoding with ts-mls, total and exact: its decoders throw on some inputs and ignore bytes left over. */
import { decodeMlsMessage, type Decoder, type MLSMessage } from "ts-mls";

export function exactly<T>(decoder: Decoder<T>, bytes: Uint8Array): T | undefined {
  try {
    const found = decoder(bytes, 0);
    return found !== undefined && found[1] === bytes.length ? found[0] : undefined;
  } catch {
    return undefined;
  }
}

/** An MLSMessage that owns its bytes: ts-mls gives views of the input, and what they become outlives the call. */
export const messageOf = (bytes: Uint8Array): MLSMessage | undefined =>
  exactly(decodeMlsMessage, bytes.slice());

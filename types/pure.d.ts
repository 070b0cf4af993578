/**
 * What the pure packages may use of the platform beside the language: present and equal in every runtime,
 * without state, clock or randomness. Seen by tsconfig.pure.json only; elsewhere the platform's own types apply.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: "utf-8", options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}

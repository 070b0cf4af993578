/**
 * Whoever holds a contact link can send a Welcome, and a blank node of its ratchet tree costs them one byte and us
 * a hash. ts-mls joins in one call; between its steps, the decryption of the GroupInfo is where we can look.
 */
import { READERS_MAX } from "@sotto/protocol";
import type { CiphersuiteImpl } from "ts-mls";
import { decodeGroupInfo } from "ts-mls/groupInfo.js";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { exactly } from "./exact.ts";

/** For joining only: there the GroupInfo is all that is decrypted with the AEAD alone. */
export const refusingWideTrees = (suite: CiphersuiteImpl): CiphersuiteImpl => ({
  ...suite,
  hpke: {
    ...suite.hpke,
    async decryptAead(key, nonce, associated, ciphertext) {
      const plaintext = await suite.hpke.decryptAead(key, nonce, associated, ciphertext);
      if (isTooWide(plaintext)) throw new RangeError("a group as wide as no channel is");
      return plaintext;
    },
  },
});

/** Whether the tree in this GroupInfo has more leaves than a channel has readers; true for what is no GroupInfo with a tree. */
export function isTooWide(groupInfo: Uint8Array): boolean {
  const extension = exactly(decodeGroupInfo, groupInfo)?.extensions.find(
    (one) => one.extensionType === "ratchet_tree",
  );
  const tree = extension && exactly(decodeRatchetTree, extension.extensionData);
  return tree === undefined || tree.length > 2 * READERS_MAX - 1;
}

/**
 * A group as version 1 stored it: the tree public, and everything secret written after each message. What was stored so
 * stays so until the group's next Commit, because until then its tree half is not written. Spec: spec/mls.md, MG26.
 */
import { constant, decode, encode, equalBytes, fixed, list, struct, u32 } from "@sotto/protocol";
import type { GroupState } from "./engine.ts";
import {
  epochSecretFields,
  epochSecretsToFields,
  fieldsToRatchet,
  fieldsToState,
  hashTree,
  LEAVES_MAX,
  NO_RATCHETS,
  publicFields,
  ratchet,
  ratchetToFields,
  withRatchets,
  type StatePart,
} from "./stored-parts.ts";

const VERSION = 1;

const treeHalf = struct({ version: constant(VERSION, "tree version 1"), ...publicFields });

const secretHalf = struct({
  version: constant(VERSION, "secrets version 1"),
  treeHash: fixed(32),
  ...epochSecretFields,
  ratchets: list(LEAVES_MAX, struct({ leaf: u32, application: ratchet, handshake: ratchet })),
});

/** For a group whose tree half, of this hash, is of version 1. */
export function encodeSecretsV1(treeHash: Uint8Array, state: StatePart): Uint8Array {
  const ratchets = state.secretTree.flatMap((node, index) =>
    node === NO_RATCHETS
      ? []
      : [
          {
            leaf: index / 2,
            application: ratchetToFields(node.application),
            handshake: ratchetToFields(node.handshake),
          },
        ],
  );
  return encode(secretHalf, { version: VERSION, treeHash, ...epochSecretsToFields(state), ratchets });
}

/** The state views these bytes. */
export function decodeStateV1(suite: number, stored: GroupState): StatePart | undefined {
  const tree = decode(treeHalf, stored.tree);
  const secrets = decode(secretHalf, stored.secrets);
  if (!tree.ok || !secrets.ok || tree.value.suite !== suite) return undefined;
  if (!equalBytes(secrets.value.treeHash, hashTree(stored.tree))) return undefined;
  const state = fieldsToState(tree.value, secrets.value);
  if (state === undefined) return undefined;
  const secretTree = [...state.secretTree];
  for (const { leaf, application, handshake } of secrets.value.ratchets) {
    if (state.ratchetTree[2 * leaf]?.nodeType !== "leaf") return undefined;
    secretTree[2 * leaf] = {
      application: fieldsToRatchet(application),
      handshake: fieldsToRatchet(handshake),
    };
  }
  return withRatchets(state, secretTree);
}

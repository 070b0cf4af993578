/** The first thing a relay says: who it is, over the nonce it was given. Spec: spec/client.md, "Connections". */
import { err, ok, type Reply, type Result } from "@sotto/protocol";
import { checkHello } from "@sotto/verify";
import type { Problem } from "../problems.ts";

export type Welcome = Extract<Reply, { kind: "welcome" }>;

/** An error says why whoever answered is not used: it did not prove its key, or is not the relay that was expected. */
export function readGreeting(
  expected: Parameters<typeof checkHello>[0],
  reply: Reply,
): Result<Welcome, Problem> {
  if (reply.kind !== "welcome")
    return err({ kind: reply.kind === "refused" ? "relay-stopping" : "relay-incompatible" });
  return checkHello(expected, reply).ok ? ok(reply) : err({ kind: "relay-key-wrong" });
}

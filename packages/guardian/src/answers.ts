/** The answers that say no. Spec: spec/guardian.md, GD16. */
import type { GuardianAnswer } from "@sotto/protocol";

export const refused = (
  code: Extract<GuardianAnswer, { kind: "refused" }>["code"],
  detail = 0,
): GuardianAnswer => ({ kind: "refused", code, detail });
export const DENIED = refused("denied");

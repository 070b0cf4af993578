/** Requests by their kind, and the answers that say no. Spec: spec/guardian.md, GD16. */
import type { GuardianAnswer, GuardianRequest } from "@sotto/protocol";

export type RequestOf<Kind extends GuardianRequest["kind"]> = Extract<GuardianRequest, { kind: Kind }>;

export const refused = (
  code: Extract<GuardianAnswer, { kind: "refused" }>["code"],
  detail = 0,
): GuardianAnswer => ({ kind: "refused", code, detail });
export const DENIED = refused("denied");

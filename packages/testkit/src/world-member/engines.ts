/** The MLS engines a member world can run: the real one, and the one without cryptography for many seeds. */
import { createTsMlsEngine } from "@sotto/crypto";
import { ok } from "@sotto/protocol";
import { createReferenceEngine } from "../mls-reference-engine.ts";
import type { EngineMaker } from "./seat.ts";

export type EngineName = "x-wing" | "x25519" | "reference";

export const engineMaker = (engine: EngineName): EngineMaker =>
  engine === "reference"
    ? (authenticate, ports) => Promise.resolve(ok(createReferenceEngine({ ...ports, authenticate })))
    : (authenticate, ports) => createTsMlsEngine({ ...ports, authenticate, suite: engine });

/** The official MLS vectors (mlswg/mls-implementations), read from beside the project where somebody put them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { fromHex, toHex } from "@sotto/protocol";
import { getCiphersuiteFromName, getCiphersuiteImpl, type CiphersuiteImpl, type Decoder } from "ts-mls";
import { createCipherSuite } from "../src/mls/cipher-suite.ts";
import { exactly } from "../src/mls/exact.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../shared/vectors/mls");

const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

/** Suite 1 as we run it; three more whose primitives are installed show that the structures are right. */
const suites: Readonly<Record<number, Promise<CiphersuiteImpl>>> = {
  1: createCipherSuite("x25519", randomBytes),
  2: getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMP256_AES128GCM_SHA256_P256")),
  5: getCiphersuiteImpl(getCiphersuiteFromName("MLS_256_DHKEMP521_AES256GCM_SHA512_P521")),
  7: getCiphersuiteImpl(getCiphersuiteFromName("MLS_256_DHKEMP384_AES256GCM_SHA384_P384")),
};

type OfSuite = { readonly cipher_suite: number };

/** Runs every case of a file, or skips with a note where the vectors are absent. */
export function testVectors<Case>(file: string, check: (one: Case) => Promise<void> | void): void {
  test(`[MG21] official vectors: ${file}`, async (t) => {
    const cases = readCases<Case>(file, t);
    if (cases === undefined) return;
    for (const one of cases) await check(one);
    assert.ok(cases.length > 0, "no case ran");
  });
}

/** The same for files whose cases name a cipher suite: those in `ids` are run. */
export function testSuiteVectors<Case extends OfSuite>(
  file: string,
  check: (one: Case, suite: CiphersuiteImpl) => Promise<void>,
  ids: readonly number[] = [1, 2, 5, 7],
): void {
  test(`[MG21] official vectors: ${file}`, async (t) => {
    const cases = readCases<Case>(file, t);
    if (cases === undefined) return;
    let ran = 0;
    for (const one of cases) {
      const suite = await suites[one.cipher_suite];
      if (suite === undefined || !ids.includes(one.cipher_suite)) continue;
      await check(one, suite);
      ran++;
    }
    assert.ok(ran > 0, "no case ran");
    t.diagnostic(`${ran} of ${cases.length} cases ran: those of suites that are here`);
  });
}

function readCases<Case>(file: string, t: TestContext): readonly Case[] | undefined {
  const path = join(FOLDER, file);
  if (!existsSync(path)) {
    t.skip("the official vectors are not beside the project");
    return undefined;
  }
  return JSON.parse(readFileSync(path, "utf8")) as readonly Case[];
}

export const hex = fromHex;

export function isHex(actual: Uint8Array, expected: string): void {
  assert.equal(toHex(actual), expected);
}

/** Decodes all of it. */
export function decoded<T>(decoder: Decoder<T>, bytes: string): T {
  const value = exactly(decoder, hex(bytes));
  assert.ok(value !== undefined, "the vector decodes exactly");
  return value;
}

export const contextOf = (
  suite: CiphersuiteImpl,
  of: { group_id: string; epoch: number; tree_hash: string; confirmed_transcript_hash: string },
) => ({
  version: "mls10" as const,
  cipherSuite: suite.name,
  groupId: hex(of.group_id),
  epoch: BigInt(of.epoch),
  treeHash: hex(of.tree_hash),
  confirmedTranscriptHash: hex(of.confirmed_transcript_hash),
  extensions: [],
});

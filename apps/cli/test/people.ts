/** People at their terminals. */
import { join } from "node:path";
import { createTerminal, type Ended, type Terminal } from "@sotto/testkit/e2e";

/** Small, so that making it takes no time. */
const SIZE_MIB = "8";

export type Person = Terminal & {
  join(code: string, ...words: readonly string[]): Promise<Ended>;
  link(): Promise<string>;
};

export function personCalled(name: string, folder: string, relayUrl: string): Person {
  const device = join(folder, name.toLowerCase(), "device");
  const terminal = createTerminal({ device, relayUrl, compiled: join(folder, "compiled") });
  return {
    ...terminal,
    join: (code, ...words) => terminal.run("join", code, "--as", name, "--size", SIZE_MIB, ...words),
    async link() {
      const [shown] = await terminal.read<{ link: string }>("link");
      return shown?.link ?? "";
    },
  };
}

/** Both join, the one adds the other, and each knows the other by name. */
export async function acquaint(one: Person, other: Person, codes: readonly [string, string]): Promise<void> {
  const joined = await Promise.all([one.join(codes[0]), other.join(codes[1], "--json")]);
  for (const { status, err } of joined) if (status !== 0) throw new Error(`could not join: ${err}`);
  await one.ask("add", String(joined[1].json()[0]?.["link"]));
  await other.run("list"); // takes the invitation and tells the name
  await one.run("list");
}

/** The texts of a conversation as JSON lines say, own ones marked by ">". */
export const textsOf = (ended: Ended): readonly string[] =>
  ended.json().flatMap(({ content, mine }) => {
    const { kind, text } = content as { kind: string; text?: string };
    return kind === "text" ? [`${mine === true ? ">" : "<"} ${text}`] : [];
  });

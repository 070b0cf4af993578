/**
 * Where the passphrase comes from: SOTTO_PASSPHRASE for scripts and bots, otherwise a question without an echo.
 * Spec: spec/terminal.md, TC6.
 */
import { stdin, stderr } from "node:process";
import { err, ok, type Result } from "@sotto/protocol";

const ENTER = new Set(["\r", "\n", "\u0004"]);
const INTERRUPT = "\u0003";
const ERASE = new Set(["\u007f", "\b"]);

/** A new one is asked for twice. The error is a sentence. */
export async function askPassphrase(kind: "new" | "known"): Promise<Result<string, string>> {
  const given = process.env["SOTTO_PASSPHRASE"];
  if (given !== undefined) return ok(given);
  if (!stdin.isTTY)
    return err("The passphrase is asked for in a terminal. A program gives it in SOTTO_PASSPHRASE.");
  const typed = await readHidden(kind === "new" ? "Choose a passphrase: " : "Passphrase: ");
  if (typed === undefined) return err("Nothing was opened.");
  if (kind === "known") return ok(typed);
  const again = await readHidden("The same again: ");
  return again === typed ? ok(typed) : err("The two were not the same. Nothing was made.");
}

/** Undefined: interrupted. */
function readHidden(question: string): Promise<string | undefined> {
  stdin.setRawMode(true); // before the question: what is typed at once must not show either
  stderr.write(question);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve) => {
    let typed = "";
    const finish = (answer: string | undefined): void => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      resolve(answer);
    };
    const take = (chunk: string): void => {
      for (const key of chunk) {
        if (ENTER.has(key)) return finish(typed);
        if (key === INTERRUPT) return finish(undefined);
        typed = ERASE.has(key) ? Array.from(typed).slice(0, -1).join("") : typed + key;
      }
    };
    stdin.on("data", take);
  });
}

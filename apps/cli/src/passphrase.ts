/**
 * Where the passphrase or the PIN comes from: SOTTO_PASSPHRASE for scripts and bots, otherwise a question without an echo. A new
 * PIN can be drawn. Spec: spec/terminal.md, TC6, TC12 and TC14.
 */
import { stdin, stderr } from "node:process";
import { randomBytes } from "@sotto/client-adapters/node";
import { generatePin, groupedPin } from "@sotto/client/pin";
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
  const typed = await readHidden(kind === "new" ? "Choose a passphrase: " : "Passphrase or PIN: ");
  if (typed === undefined) return err("Nothing was opened.");
  if (kind === "known") return ok(typed);
  const again = await readHidden("The same again: ");
  return again === typed ? ok(typed) : err("The two were not the same. Nothing was made.");
}

/** Six to twelve digits of one's own, or six that are drawn and shown once. `variable`: where a script gives it. */
export async function askNewPin(
  variable: "SOTTO_PASSPHRASE" | "SOTTO_NEW_PIN",
): Promise<Result<string, string>> {
  const given = process.env[variable];
  if (given !== undefined) return ok(given);
  if (!stdin.isTTY) return err(`The PIN is asked for in a terminal. A program gives it in ${variable}.`);
  const typed = await readHidden("Choose a PIN of 6 to 12 digits, or press Enter for one that is drawn: ");
  if (typed === undefined) return err("Nothing was changed.");
  if (typed === "") {
    const drawn = generatePin(randomBytes);
    stderr.write(`Your PIN: ${groupedPin(drawn)}   Remember it, or write it down where nobody looks.\n`);
    return ok(drawn);
  }
  const again = await readHidden("The same again: ");
  return again === typed ? ok(typed) : err("The two were not the same. Nothing was changed.");
}

/** A recovery kit's words or text, from paper. Like the passphrase it is never an argument. */
export async function askKit(): Promise<Result<string, string>> {
  const given = process.env["SOTTO_KIT"];
  if (given !== undefined) return ok(given);
  if (!stdin.isTTY)
    return err("The recovery kit is asked for in a terminal. A program gives it in SOTTO_KIT.");
  const typed = await readHidden("The 24 words of your recovery kit, with spaces between: ");
  return typed === undefined ? err("Nothing was changed.") : ok(typed);
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

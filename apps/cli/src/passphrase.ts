/** Where the passphrase comes from: SOTTO_PASSPHRASE for scripts and bots, otherwise a question without an echo. */
import { stdin, stderr } from "node:process";

const ENTER = new Set(["\r", "\n", "\u0004"]);
const INTERRUPT = "\u0003";
const ERASE = new Set(["\u007f", "\b"]);

export async function askPassphrase(question: string): Promise<string | undefined> {
  const given = process.env["SOTTO_PASSPHRASE"];
  if (given !== undefined) return given;
  return stdin.isTTY ? readHidden(question) : undefined;
}

function readHidden(question: string): Promise<string | undefined> {
  stderr.write(question);
  stdin.setRawMode(true);
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
        typed = ERASE.has(key) ? [...typed].slice(0, -1).join("") : typed + key;
      }
    };
    stdin.on("data", take);
  });
}

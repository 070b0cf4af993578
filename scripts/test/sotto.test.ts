/** The shell script, run for real in a tree of its own where npm, apt-get and id are stand-ins on the path. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { helpText, planOf } from "../sotto.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TOOLS = [
  "sh",
  "dirname",
  "cat",
  "sha256sum",
  "uname",
  "flock",
  "env",
  "mkdir",
  "rm",
  "ln",
  "sleep",
  "chmod",
];
const ARCH = process.arch === "arm64" ? "arm64" : "x64";
const PINNED = `node_modules/node-linux-${ARCH}/bin/node`;

type Tree = {
  readonly dir: string;
  run(...args: readonly string[]): {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
  };
  write(path: string, text: string): void;
  program(name: string, script: string): void;
  /** How often npm was called, with what. */
  npmCalls(): readonly string[];
};

/** A tree with our script and little else; its npm "installs" a pinned Node that is the one running this. */
function plant(t: TestContext): Tree {
  const dir = mkdtempSync(join(tmpdir(), "sotto-front-door-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const program = (name: string, script: string): void => {
    write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, "bin", name), 0o755);
  };
  mkdirSync(join(dir, "bin"));
  for (const tool of TOOLS) {
    const found = ["/usr/bin", "/bin"].map((at) => join(at, tool)).find((path) => existsSync(path));
    assert.ok(found, `${tool} is part of every Debian`);
    symlinkSync(found, join(dir, "bin", tool));
  }
  copyFileSync(join(ROOT, "sotto"), join(dir, "sotto"));
  write("package-lock.json", "{}\n");
  write(".npmrc", "\n");
  write("scripts/patch-ts-mls.ts", "");
  write("scripts/sotto.ts", `console.log(process.argv.slice(2).join(" "));`);
  program("node", `exec ${process.execPath} "$@"`);
  program("id", "echo 1000");
  program(
    "npm",
    `echo "$*" >>npm-calls; rm -rf node_modules; mkdir -p ${dirname(PINNED)}; ln -s ${process.execPath} ${PINNED}`,
  );
  const env = { PATH: join(dir, "bin") };
  return {
    dir,
    write,
    program,
    run: (...args) => {
      const { status, stdout, stderr } = spawnSync(join(dir, "sotto"), args, { env, encoding: "utf8" });
      return { code: status, out: stdout, err: stderr };
    },
    npmCalls: () => {
      const path = join(dir, "npm-calls");
      return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    },
  };
}

test("[FD1] without Node 20 or npm one sentence says what to install", (t) => {
  const tree = plant(t);
  tree.program("node", `case $1 in --version) echo v18.19.0 ;; *) echo false ;; esac`);
  const old = tree.run("help");
  assert.equal(old.code, 1);
  assert.match(old.err, /Node 20 or newer is needed .* this is v18\.19\.0/);
  rmSync(join(tree.dir, "bin/npm"));
  const none = tree.run("help");
  assert.equal(none.code, 1);
  assert.match(none.err, /apt-get install nodejs npm/);
  assert.ok(!existsSync(join(tree.dir, "node_modules")));
});

test("[FD2] [FD9] packages are installed once, without scripts, and a command's output stays its own", (t) => {
  const tree = plant(t);
  assert.deepEqual(tree.run("code", "two words").out, "code two words\n");
  assert.equal(tree.run("code").out, "code\n");
  assert.equal(tree.npmCalls().length, 1);
  assert.match(tree.npmCalls()[0] ?? "", /^ci --ignore-scripts /);
});

test("[FD2] they are installed again when the lock file changes or the pinned Node is gone", (t) => {
  const tree = plant(t);
  tree.run("help");
  appendFileSync(join(tree.dir, "package-lock.json"), "\n");
  assert.equal(tree.run("help").code, 0);
  assert.equal(tree.npmCalls().length, 2);
  rmSync(join(tree.dir, PINNED));
  assert.equal(tree.run("help").code, 0);
  assert.equal(tree.npmCalls().length, 3);
});

test("[FD3] of two at a time one installs and the other waits", async (t) => {
  const tree = plant(t);
  const npm = readFileSync(join(tree.dir, "bin/npm"), "utf8").replace("#!/bin/sh\n", "");
  tree.program("npm", `sleep 0.5; ${npm}`);
  const both = ["one", "two"].map(async (name) => {
    const child = spawn(join(tree.dir, "sotto"), [name], { env: { PATH: join(tree.dir, "bin") } });
    const [code] = (await once(child, "exit")) as [number];
    return code;
  });
  assert.deepEqual(await Promise.all(both), [0, 0]);
  assert.equal(tree.npmCalls().length, 1);
});

test("[FD3] a set-up that failed is begun anew", (t) => {
  const tree = plant(t);
  const npm = readFileSync(join(tree.dir, "bin/npm"), "utf8").replace("#!/bin/sh\n", "");
  tree.program("npm", `${npm}; exit 1`);
  assert.equal(tree.run("help").code, 1);
  tree.program("npm", npm);
  assert.equal(tree.run("help").code, 0);
  tree.write("scripts/patch-ts-mls.ts", "process.exit(1);");
  const unpatched = tree.run("help");
  assert.equal(unpatched.code, 1);
  assert.match(unpatched.err, /could not be patched/);
  assert.equal(tree.run("help").code, 1);
});

test("[FD4] without libatomic1 root on Debian gets it, and others are told", (t) => {
  const tree = plant(t);
  tree.run("help");
  rmSync(join(tree.dir, PINNED));
  const broken = `[ -f ${tree.dir}/libatomic ] && exec ${process.execPath} "$@"
    echo "node: error while loading shared libraries: libatomic.so.1: cannot open" >&2; exit 127`;
  tree.write(PINNED, `#!/bin/sh\n${broken}\n`);
  chmodSync(join(tree.dir, PINNED), 0o755);
  const member = tree.run("help");
  assert.equal(member.code, 1);
  assert.match(member.err, /libatomic1 is missing\. Install it/);
  tree.program("id", "echo 0");
  tree.program("apt-get", `[ "$1" = update ] || : >${tree.dir}/libatomic; echo "$*"`);
  const root = tree.run("help");
  assert.deepEqual([root.code, root.out], [0, "help\n"]);
  assert.match(root.err, /libatomic1/);
});

test("[FD8] the exit code and the signals are the command's", async (t) => {
  const tree = plant(t);
  tree.write("scripts/sotto.ts", "process.exitCode = 7;");
  assert.equal(tree.run("help").code, 7);
  tree.write(
    "scripts/sotto.ts",
    `process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("ready");`,
  );
  const child = spawn(join(tree.dir, "sotto"), ["help"], { env: { PATH: join(tree.dir, "bin") } });
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [9, null]);
});

test("[FD7] a command that does not exist gets a sentence, the help text and exit code 2", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/sotto.ts"), "sing"], {
    encoding: "utf8",
  });
  assert.equal(status, 2);
  assert.equal(stderr, `There is no command "sing".\n\n${helpText()}`);
});

test("[FD7] what only looks like a command or a benchmark is none", () => {
  const none = (): boolean => true;
  for (const argv of [["toString"], ["bench"], ["bench", "../sotto"], ["--start"]]) {
    assert.equal(planOf(argv, none).kind, "mistake", argv.join(" "));
  }
  assert.equal(planOf(["bench", "relay"], () => false).kind, "mistake");
});

test("[FD16] a guardian alone has two commands, and the options of guardians and locks are in the help text", () => {
  const argsOf = (...argv: readonly string[]): readonly string[] => {
    const plan = planOf(argv, () => false);
    assert.ok(plan.kind === "run");
    assert.equal(plan.program, "apps/guardian/src/main.ts");
    return plan.args;
  };
  assert.deepEqual(argsOf("guardian", "--data", "there"), ["start", "--data", "there"]);
  assert.deepEqual(argsOf("guardian-id", "--data", "there"), ["id", "--data", "there"]);
  for (const option of [
    "--guardians 1|3",
    "--guardian URL#GID.GX",
    "--no-passphrase",
    "--lock-idle",
    "--lock-hidden",
  ])
    assert.match(helpText(), new RegExp(`^ +${option.replace("|", "\\|")} .*[a-z]`, "m"));
});

test("[FD8] a command's own arguments are passed on as they are", () => {
  assert.deepEqual(
    planOf(["start", "--port", "1"], () => false),
    {
      kind: "run",
      program: "apps/relay-server/src/main.ts",
      args: ["start", "--port", "1"],
      nodeFlags: ["--max-semi-space-size=16"],
      servesHandset: true,
    },
  );
  assert.deepEqual(
    planOf(["guardian", "--port", "1"], () => false),
    {
      kind: "run",
      program: "apps/guardian/src/main.ts",
      args: ["start", "--port", "1"],
      nodeFlags: [],
      servesHandset: false,
    },
  );
  assert.deepEqual(
    planOf(["bench", "relay", "--json"], () => true),
    {
      kind: "run",
      program: "bench/relay.ts",
      args: ["--json"],
      nodeFlags: [],
      servesHandset: false,
    },
  );
  assert.deepEqual(
    planOf(["drill", "--json"], () => false),
    {
      kind: "run",
      program: "scripts/drill.ts",
      args: ["--json"],
      nodeFlags: [],
      servesHandset: false,
    },
  );
  assert.equal(planOf([], () => false).kind, "help");
});

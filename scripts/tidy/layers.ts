/**
 * Who may reach whom, through any chain of imports (spec/front-door.md, FD30–FD34). That the server reaches
 * neither `crypto` nor `client` is a security property: it holds no code that could open a message.
 */
import { importsOf, reachedFrom, workspaceOf, type Import } from "./imports.ts";
import { pathsIn, type Tree } from "./tree.ts";

type Layer = {
  /** Workspace packages, by directory, that its sources may reach. Whatever is not named here is forbidden. */
  readonly reaches: readonly string[];
  /** No I/O: neither node:* nor anything of a platform. */
  readonly pure: boolean;
};

const MEMBER = ["protocol", "verify", "oprf", "crypto", "client"];
const SERVER = ["protocol", "verify", "relay"];
const GUARDIAN = ["protocol", "verify", "oprf", "guardian"];

const LAYERS: Readonly<Record<string, Layer>> = {
  "packages/protocol": { reaches: [], pure: true },
  "packages/verify": { reaches: ["protocol"], pure: true },
  "packages/oprf": { reaches: ["protocol"], pure: true },
  "packages/crypto": { reaches: ["protocol", "verify", "oprf"], pure: true },
  "packages/client": { reaches: ["protocol", "verify", "oprf", "crypto"], pure: true },
  "packages/relay": { reaches: ["protocol", "verify"], pure: true },
  "packages/guardian": { reaches: ["protocol", "verify", "oprf"], pure: true },
  "packages/guardian-adapters": { reaches: GUARDIAN, pure: false },
  "packages/client-adapters": { reaches: MEMBER, pure: false },
  "packages/relay-adapters": { reaches: SERVER, pure: false },
  "packages/testkit": {
    reaches: [...MEMBER, "relay", "guardian", "client-adapters", "relay-adapters", "guardian-adapters"],
    pure: false,
  },
  // A trial's guardian runs in the relay's process.
  "apps/relay-server": {
    reaches: [...SERVER, ...GUARDIAN, "relay-adapters", "guardian-adapters"],
    pure: false,
  },
  "apps/guardian": { reaches: [...GUARDIAN, "guardian-adapters"], pure: false },
  "apps/cli": { reaches: [...MEMBER, "client-adapters"], pure: false },
  "apps/web": { reaches: [...MEMBER, "client-adapters"], pure: false },
};

/** What opens messages, should a server ever import it past our own packages. */
const OPENS_MESSAGES = new Set(["ts-mls", "@hpke/core", "@hpke/hybridkem-x-wing"]);
/** A guardian opens what is sealed to itself, and nothing of a conversation is. */
const OPENS_ENVELOPES = "@hpke/core";

/** What the build writes and git ignores, so that it is not in the tree: the handset's compiled texts. */
const GENERATED = /^\.{1,2}\/(?:[^"]*\/)?paraglide\//;

export function layerProblems(tree: Tree): readonly string[] {
  const dirs = [...workspaceOf(tree).values()].map(({ dir }) => dir);
  return [
    ...dirs.flatMap((dir) => problemsOfLayer(tree, dir)),
    ...pathsIn(tree, SOURCE).flatMap((path) => importsOfApps(tree, path)),
  ];
}

const SOURCE = /^(?:packages|apps|bench|drills|scripts)\/.*\.tsx?$/;

function problemsOfLayer(tree: Tree, dir: string): readonly string[] {
  const layer = LAYERS[dir];
  if (layer === undefined) return [`layers: scripts/tidy/layers.ts does not say what ${dir} may reach`];
  const start = pathsIn(tree, SOURCE).filter((path) => path.startsWith(`${dir}/src/`));
  const allowed = new Set([...layer.reaches.map((name) => `packages/${name}`), dir]);
  const problems = reachedFrom(tree, start).flatMap(({ target, chain }) => {
    const fault = faultOf(target, dir, layer, allowed);
    return fault === undefined ? [] : [`layers: ${dir} must not reach ${fault}: ${chain.join(" → ")}`];
  });
  return [...problems, ...problemsOfManifest(tree, dir, allowed)];
}

function faultOf(
  target: Import,
  dir: string,
  layer: Layer,
  allowed: ReadonlySet<string>,
): string | undefined {
  switch (target.kind) {
    case "file": {
      const [kind = "", name = ""] = target.path.split("/");
      return allowed.has(`${kind}/${name}`) ? undefined : target.path;
    }
    case "builtin":
      return layer.pure ? target.name : undefined;
    case "npm": {
      const isServer = !layer.reaches.includes("crypto") && dir !== "packages/crypto";
      if (dir === "packages/protocol") return target.name;
      if (target.name === OPENS_ENVELOPES && (dir === "packages/oprf" || layer.reaches.includes("oprf")))
        return undefined;
      return isServer && OPENS_MESSAGES.has(target.name) ? target.name : undefined;
    }
    case "unknown":
      return GENERATED.test(target.specifier)
        ? undefined
        : `what it does not name plainly, ${target.specifier}`;
  }
}

/** The same through declared dependencies: what is installed beside a server is within its reach. */
function problemsOfManifest(tree: Tree, dir: string, allowed: ReadonlySet<string>): readonly string[] {
  const workspace = workspaceOf(tree);
  const seen = new Set([dir]);
  for (const at of seen) {
    const manifest = JSON.parse(tree.get(`${at}/package.json`) ?? "{}") as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const next = workspace.get(name)?.dir;
      if (next !== undefined) seen.add(next);
    }
  }
  return [...seen]
    .filter((reached) => !allowed.has(reached))
    .map((reached) => `layers: ${dir} must not depend on ${reached}, by package.json`);
}

/** A test may start an app as a process; nothing but an app itself imports one. */
function importsOfApps(tree: Tree, path: string): readonly string[] {
  const own = path.startsWith("apps/") ? `${path.split("/").slice(0, 2).join("/")}/` : undefined;
  return importsOf(tree, workspaceOf(tree), path).flatMap((target) => {
    if (target.kind !== "file" || !target.path.startsWith("apps/")) return [];
    if (own !== undefined && target.path.startsWith(own)) return [];
    return [`layers: nothing imports an app, but ${path} imports ${target.path}`];
  });
}

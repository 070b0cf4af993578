/** What package.json files may say: pinned, accounted for, and no more than is imported. */
import { importsOf, workspaceOf, type Import } from "./imports.ts";
import { pathsIn, type Tree } from "./tree.ts";

type Manifest = {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
type Lock = {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly hasInstallScript?: boolean;
        readonly resolved?: string;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
};

const OWN = "@sotto/";
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const ACCOUNT = "docs/dependencies.md";

export function packageProblems(tree: Tree): readonly string[] {
  const manifests = pathsIn(tree, /^(?:(?:packages|apps)\/[^/]+\/)?package\.json$/);
  return [
    ...manifests.flatMap((path) => pinProblems(path, manifestAt(tree, path))),
    ...manifests.flatMap((path) => workspaceProblems(tree, path)),
    ...accountProblems(tree, manifests),
    ...lockProblems(tree),
  ];
}

const manifestAt = (tree: Tree, path: string): Manifest => JSON.parse(tree.get(path) ?? "{}") as Manifest;

const declaredIn = (manifest: Manifest): readonly (readonly [name: string, range: string])[] =>
  [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((group) =>
    Object.entries(group ?? {}),
  );

function pinProblems(path: string, manifest: Manifest): readonly string[] {
  return declaredIn(manifest)
    .filter(([name, range]) => (name.startsWith(OWN) ? range !== "*" : !EXACT.test(range)))
    .map(([name, range]) => `packages: ${path} does not pin ${name}: ${range}`);
}

/** Sources import exactly the workspace packages under `dependencies`; tests also those for development. */
function workspaceProblems(tree: Tree, path: string): readonly string[] {
  const dir = path.slice(0, -"package.json".length);
  if (dir === "") return [];
  const manifest = manifestAt(tree, path);
  const importedBy = (folder: string): ReadonlySet<string> => ownPackagesImported(tree, `${dir}${folder}/`);
  const bySources = importedBy("src");
  const byTests = importedBy("test");
  const forSources = ownNames(manifest.dependencies);
  const forTests = ownNames(manifest.devDependencies);
  const missing = [
    ...[...bySources].filter((name) => !forSources.has(name) && name !== manifest.name),
    ...[...byTests].filter((name) => !forSources.has(name) && !forTests.has(name) && name !== manifest.name),
  ];
  const unused = [
    ...[...forSources].filter((name) => !bySources.has(name)),
    ...[...forTests].filter((name) => !byTests.has(name)),
  ];
  return [
    ...missing.map((name) => `packages: ${path} does not declare ${name}, which is imported`),
    ...unused.map((name) => `packages: ${path} declares ${name}, which is not imported`),
  ];
}

const ownNames = (group: Readonly<Record<string, string>> = {}): ReadonlySet<string> =>
  new Set(Object.keys(group).filter((name) => name.startsWith(OWN)));

function ownPackagesImported(tree: Tree, folder: string): ReadonlySet<string> {
  const workspace = workspaceOf(tree);
  const names = [...workspace].map(([name, { dir }]) => [`${dir}/`, name] as const);
  const owner = (target: Import): string | undefined =>
    target.kind === "file" ? names.find(([dir]) => target.path.startsWith(dir))?.[1] : undefined;
  const paths = [...tree.keys()].filter((path) => path.startsWith(folder) && /\.tsx?$/.test(path));
  const owners = paths.flatMap((path) => importsOf(tree, workspace, path).map(owner));
  return new Set(owners.filter((name) => name !== undefined));
}

function accountProblems(tree: Tree, manifests: readonly string[]): readonly string[] {
  const declared = new Set(
    manifests.flatMap((path) => declaredIn(manifestAt(tree, path)).map(([name]) => name)),
  );
  const foreign = [...declared].filter((name) => !name.startsWith(OWN));
  const accounted = [...(tree.get(ACCOUNT) ?? "").matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? "");
  return [
    ...foreign
      .filter((name) => !accounted.includes(name))
      .map((name) => `packages: ${ACCOUNT} says nothing of ${name}`),
    ...accounted
      .filter((name) => !declared.has(name))
      .map((name) => `packages: ${ACCOUNT} names ${name}, which nothing depends on`),
  ];
}

function lockProblems(tree: Tree): readonly string[] {
  const lock = JSON.parse(tree.get("package-lock.json") ?? `{"packages":{}}`) as Lock;
  const account = tree.get(ACCOUNT) ?? "";
  return Object.entries(lock.packages).flatMap(
    ([path, { hasInstallScript, resolved, optionalDependencies }]) => {
      const name = path.replace(/^.*node_modules\//, "");
      const problems: string[] = [];
      if (hasInstallScript === true && !account.includes(`\`${name}\``)) {
        problems.push(`packages: ${name} has an install script, which ${ACCOUNT} does not name`);
      }
      if (/^[a-z+]+:/.test(resolved ?? ""))
        problems.push(`packages: package-lock.json says whence ${name} comes`);
      // npm makes such a lock file on a machine that lacks them, and then refuses to install from it.
      for (const optional of Object.keys(optionalDependencies ?? {})) {
        const places = [`node_modules/${optional}`, `${path}/node_modules/${optional}`];
        if (!places.some((place) => Object.hasOwn(lock.packages, place))) {
          problems.push(`packages: package-lock.json leaves out ${optional}, which ${name} may want`);
        }
      }
      return problems;
    },
  );
}

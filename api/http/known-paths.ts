import type { App } from "./operation.ts";

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  readonly stateless: boolean;
}

/** What the app's own route list says about a path; read on first use, when all routes are there. */
export function knownPaths(app: App): {
  readonly allowedMethods: (path: string) => readonly string[];
  readonly isStateless: (path: string) => boolean;
} {
  let known: readonly KnownPath[] | undefined;
  let statelessLiterals: ReadonlySet<string> = new Set();
  const read = () => {
    if (known !== undefined) return known;
    const stateless = statelessRoutes(app);
    statelessLiterals = new Set([...stateless].filter((path) => !path.includes(":")));
    known = readPaths(app, stateless);
    return known;
  };
  return {
    allowedMethods: (path) =>
      read()
        .filter(({ pattern }) => pattern.test(path))
        .flatMap(({ methods }) => methods),
    isStateless: (path) => {
      const all = read();
      if (statelessLiterals.has(path)) return true;
      return all.some(({ stateless, pattern }) => stateless && pattern.test(path));
    },
  };
}

function statelessRoutes(app: App): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { path, ...route } = definition.route;
    if ("x-stateless" in route) paths.add(path.replaceAll(/\{(.+?)\}/g, ":$1"));
  }
  return paths;
}

function readPaths(app: App, stateless: ReadonlySet<string>): readonly KnownPath[] {
  const methodsByPath = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method === "ALL") continue;
    const methods = methodsByPath.get(path) ?? new Set();
    methods.add(method);
    methodsByPath.set(path, methods);
  }
  return [...methodsByPath].map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:[^/]+/g, "[^/]+")}$`),
    methods: [...methods, ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"],
    stateless: stateless.has(path),
  }));
}

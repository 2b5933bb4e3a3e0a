/** Holds the floors of docs/house.md: who may import whom, no circle, nothing impure in the pure folders. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** An arrow only ever points down. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  fault: [],
  auth: ["fault"],
  net: ["fault"],
  discovery: ["fault"],
  remoting: ["fault", "auth", "net"],
  language: ["fault", "remoting"],
  connector: ["fault", "auth", "net", "discovery", "remoting", "language"],
  server: ["fault", "auth", "net", "discovery", "remoting", "language"],
  cli: ["fault", "remoting", "language", "connector", "server"],
};

/** Floors inside the service, from the ground. */
const SERVER: Readonly<Record<string, readonly string[]>> = {
  store: [],
  directory: ["store"],
  identity: ["directory", "store"],
  migration: ["identity", "directory", "store"],
  cmdlets: ["migration", "identity", "directory", "store"],
  admin: ["cmdlets", "migration", "identity", "directory", "store"],
};

/** Folders of protocol state machines: bytes and times come in as arguments. */
const PURE = [
  "auth/src",
  "discovery/src",
  "remoting/src/objects",
  "remoting/src/clixml",
  "remoting/src/psrp",
  "remoting/src/wsman",
  "remoting/src/process",
  "language/src",
  "fault/src",
];

/** Files in pure folders that are edges by purpose, with the reason. */
const EDGES: Readonly<Record<string, string>> = {
  "packages/auth/src/sources.ts": "the machine's clock and chance, as the argument that everything else takes",
  "packages/remoting/src/clixml/testing.ts": "reads vectors for tests",
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const files = sources(join(ROOT, "packages"));
const imports = files.flatMap(importsOf);

test("packages import only what stands below them", () => {
  const wrong = imports.flatMap(({ from, to }) => {
    const own = packageOf(from);
    const other = /^@tieline\/([a-z]+)/.exec(to)?.[1] ?? (to === "tieline" ? "cli" : undefined);
    if (other === undefined || other === own)
      return to.startsWith(".") && packageOf(resolve(dirname(from), to)) !== own ? [`${show(from)} -> ${to}`] : [];
    // What a package has for tests alone stands open to the tests of all above it.
    if (from.endsWith(".test.ts") && /^@tieline\/(fault|auth|net|discovery|remoting|connector)\/test-/.test(to)) return [];
    return FLOORS[own]?.includes(other) === true ? [] : [`${show(from)} -> ${to}`];
  });
  expect(wrong).toEqual([]);
});

test("language and cli take nothing of remoting but its object model", () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      ["language", "cli"].includes(packageOf(from)) &&
      !from.endsWith(".test.ts") &&
      to.startsWith("@tieline/remoting") &&
      to !== "@tieline/remoting/objects",
  );
  expect(wrong.map(({ from, to }) => `${show(from)} -> ${to}`)).toEqual([]);
});

test("inside the service, folders import only what stands below them", () => {
  const wrong = imports.flatMap(({ from, to }) => {
    const own = /packages\/server\/src\/([a-z-]+)\//.exec(from)?.[1];
    const other = to.startsWith(".") ? /packages\/server\/src\/([a-z-]+)\//.exec(resolve(dirname(from), to))?.[1] : undefined;
    if (own === undefined || other === undefined || own === other || !(own in SERVER)) return [];
    return SERVER[own]?.includes(other) === true ? [] : [`${show(from)} -> ${to}`];
  });
  expect(wrong).toEqual([]);
});

test("no circle at run time", () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly && to.startsWith(".")) edges.set(from, [...(edges.get(from) ?? []), resolve(dirname(from), to)]);
  }
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].map(show).join(" -> "));
      return;
    }
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("no socket, timer, clock or chance in the pure folders", () => {
  const impure: readonly [RegExp, string][] = [
    [
      /from "node:(net|tls|http|https|http2|dgram|dns|fs|fs\/promises|child_process|timers|timers\/promises|worker_threads|os)"/,
      "imports I/O",
    ],
    [/\b(setTimeout|setInterval|setImmediate)\(/, "uses a timer"],
    [/\b(Date\.now\(|new Date\(\)|performance\.now\()/, "reads the clock"],
    [/\b(Math\.random\(|randomBytes\(|randomUUID\(|getRandomValues\()/, "takes chance"],
    [/\bconsole\./, "writes to the console"],
  ];
  const wrong = files
    .filter(
      (file) => !file.endsWith(".test.ts") && PURE.some((folder) => show(file).startsWith(`packages/${folder}/`)) && !(show(file) in EDGES),
    )
    .flatMap((file) => {
      const code = readFileSync(file, "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
      return impure.filter(([pattern]) => pattern.test(code)).map(([, what]) => `${show(file)} ${what}`);
    });
  expect(wrong).toEqual([]);
});

test("the edges that are excepted exist", () => {
  for (const file of Object.keys(EDGES)) expect(statSync(join(ROOT, file)).isFile()).toBe(true);
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "dist", "vectors"].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith(".ts") && path.includes("/src/") ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const code = readFileSync(file, "utf8");
  return Array.from(code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";?$/gm), (match) => {
    const names = /\{([^}]*)\}/.exec(match[0])?.[1];
    const allTypes = names !== undefined && names.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type "));
    return { from: file, to: match[2] as string, typeOnly: match[1] !== undefined || allTypes };
  });
}

function packageOf(path: string): string {
  return /packages\/([a-z]+)\//.exec(path)?.[1] ?? "";
}

function show(path: string): string {
  return relative(ROOT, path);
}

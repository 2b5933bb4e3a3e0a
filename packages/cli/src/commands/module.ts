/** `tieline module`: puts the PowerShell module where PowerShell finds it, and takes it away again. */
import { Fault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { installModule, modulesFolder, removeModule, SHIPPED, versionOf, type ModuleName, type Placed } from "../module-folder.ts";
import { printerFor } from "../printer-for.ts";

export interface ModuleOptions extends CommonOptions {
  scope?: "user" | "all";
  as?: string;
  path?: string;
}

/** Names beside its own, under which old scripts import it. */
const OTHER_NAMES: readonly ModuleName[] = ["SkypeOnlineConnector", "LyncOnlineConnector"];

export async function install(options: ModuleOptions, around: Surroundings): Promise<number> {
  const folder = options.path ?? modulesFolder(options.scope ?? "user", around.environment);
  const other = options.as === undefined ? [] : [nameFrom(options.as)];
  // The other name is a door to the module itself, which must be there.
  const placed = (["Tieline", ...other] as const).map((name) => installModule(name, folder));
  await print(placed, options, around);
  return EXIT.ok;
}

export async function uninstall(options: ModuleOptions, around: Surroundings): Promise<number> {
  const folder = options.path ?? modulesFolder(options.scope ?? "user", around.environment);
  const removed = (["Tieline", ...OTHER_NAMES] as const).flatMap((name) => removeModule(name, folder) ?? []);
  if (removed.length === 0) throw new Fault("module-missing", { path: folder });
  await print(removed, options, around);
  return EXIT.ok;
}

export async function path(options: CommonOptions, around: Surroundings): Promise<number> {
  await print([{ name: "Tieline", version: versionOf("Tieline"), path: SHIPPED("Tieline"), done: "shipped" }], options, around);
  return EXIT.ok;
}

function nameFrom(text: string): ModuleName {
  const found = OTHER_NAMES.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new Fault("usage", { what: `"${text}" is no name that scripts know.`, hint: `Choose ${OTHER_NAMES.join(" or ")}.` });
}

async function print(all: readonly Placed[], options: CommonOptions, around: Surroundings): Promise<void> {
  const printer = printerFor(options, around);
  for (const { name, version, path: at, done } of all)
    await printer.add(PsObject.of({ Name: name, Version: version, Path: at, Done: done }));
  await printer.end();
}

/**
 * Folders of PowerShell modules: which one PowerShell searches (about_PSModulePath), and ours in it. A module is copied
 * aside and moved into its place in one step; what stands there and is not ours is left alone.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "@tieline/fault";

export type ModuleName = "Tieline" | "SkypeOnlineConnector" | "LyncOnlineConnector";

export interface Placed {
  name: ModuleName;
  version: string;
  path: string;
  done: "installed" | "replaced" | "removed" | "shipped";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where this package keeps them. */
const ROOT = fileURLToPath(new URL("../powershell/", import.meta.url));
export const SHIPPED = (name: ModuleName): string => join(ROOT, name);

/** Beside the module: that it is ours, and which command it belongs to. */
const NOTE = "tieline.json";

/** The folder for modules of this user, or of all. */
export function modulesFolder(scope: "user" | "all", environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const home = environment["HOME"] ?? homedir();
  if (platform === "win32") {
    const base =
      scope === "all" ? (environment["ProgramFiles"] ?? "C:\\Program Files") : join(environment["USERPROFILE"] ?? homedir(), "Documents");
    return join(base, "PowerShell", "Modules");
  }
  if (scope === "all") return "/usr/local/share/powershell/Modules";
  // PowerShell follows XDG for its users' files on every Unix.
  return join(environment["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "powershell", "Modules");
}

export function versionOf(name: ModuleName): string {
  const manifest = readFileSync(join(SHIPPED(name), `${name}.psd1`), "utf8");
  return /^\s*ModuleVersion\s*=\s*'([^']+)'/m.exec(manifest)?.[1] ?? "0.0";
}

/** @throws Fault `module-name-taken`, `folder-unwritable` */
export function installModule(name: ModuleName, modules: string): Placed {
  const path = join(resolve(modules), name);
  const there = existsSync(path);
  if (there && !isOurs(path)) throw new Fault("module-name-taken", { path });
  const version = versionOf(name);
  return writing(modules, () => {
    mkdirSync(modules, { recursive: true });
    const aside = mkdtempSync(join(modules, ".tieline-"));
    try {
      const fresh = join(aside, "new");
      cpSync(SHIPPED(name), fresh, { recursive: true });
      writeFileSync(join(fresh, NOTE), `${JSON.stringify({ version, node: process.execPath, script: command() }, null, 2)}\n`);
      if (there) renameSync(path, join(aside, "old"));
      renameSync(fresh, path);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
    return { name, version, path, done: there ? "replaced" : "installed" };
  });
}

/** Undefined where it is not there. @throws Fault `module-name-taken`, `folder-unwritable` */
export function removeModule(name: ModuleName, modules: string): Placed | undefined {
  const path = join(resolve(modules), name);
  if (!existsSync(path)) return undefined;
  if (!isOurs(path)) {
    // Another's module under a name that ours can have: nothing of it was asked for.
    if (name !== "Tieline") return undefined;
    throw new Fault("module-name-taken", { path });
  }
  const version = noteOf(path)?.version ?? "0.0";
  return writing(modules, () => {
    rmSync(path, { recursive: true });
    return { name, version, path, done: "removed" };
  });
}

/** The launcher starts any Node; only it survives that this one is upgraded. */
function command(): string {
  return fileURLToPath(new URL("../bin/tieline.js", import.meta.url));
}

function isOurs(path: string): boolean {
  return noteOf(path) !== undefined || readdirSync(path).length === 0;
}

function noteOf(path: string): { version: string } | undefined {
  try {
    const note = JSON.parse(readFileSync(join(path, NOTE), "utf8")) as { version?: unknown };
    return typeof note.version === "string" ? { version: note.version } : undefined;
  } catch {
    return undefined;
  }
}

function writing<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault("folder-unwritable", { folder, reason: (error as NodeJS.ErrnoException).code ?? "?" }, { cause: error });
  }
}

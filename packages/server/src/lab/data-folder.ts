/** Where a lab lives when nobody says: XDG's data folder, and its counterparts on macOS and Windows. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Fault } from "@tieline/fault";

export function defaultDataFolder(environment: Readonly<Record<string, string | undefined>>, platform = process.platform): string {
  if (environment["TIELINE_DATA"]) return resolve(environment["TIELINE_DATA"]);
  if (platform === "win32") return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "Tieline");
  if (environment["XDG_DATA_HOME"]) return join(environment["XDG_DATA_HOME"], "tieline");
  return platform === "darwin"
    ? join(homedir(), "Library", "Application Support", "Tieline")
    : join(homedir(), ".local", "share", "tieline");
}

/** Makes the folder, for its owner alone. @throws Fault `folder-unwritable` */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Fault(
      "folder-unwritable",
      { folder, reason: (error as NodeJS.ErrnoException).code ?? (error as Error).message },
      { cause: error },
    );
  }
}

import { statSync } from "node:fs";
import { Fault } from "@tieline/fault";
import { readTextFile } from "../text-file.ts";

/** A file with a secret, for its owner alone. @throws Fault `file-unreadable` */
export function readSecretFile(path: string): string {
  const text = readTextFile(path);
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
    throw new Fault("file-unreadable", { path, reason: "others than its owner may read it; chmod 600 it" });
  return text;
}

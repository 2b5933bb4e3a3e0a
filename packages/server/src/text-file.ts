import { readFileSync } from "node:fs";
import { Fault } from "@tieline/fault";

/** A file that an administrator named, as text. @throws Fault `file-unreadable` */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
}

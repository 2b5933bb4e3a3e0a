import { readFileSync } from "node:fs";
import { Fault } from "@tieline/fault";

/** A file that holds a secret, without a byte order mark. @throws Fault `file-unreadable` */
export function readSecretFile(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
}

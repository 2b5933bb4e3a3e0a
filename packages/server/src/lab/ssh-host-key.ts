import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generateHostKey } from "@tieline/remoting";
import { readTextFile } from "../text-file.ts";

/** The key by which SSH clients know a service again; made once. @throws Fault `file-unreadable` */
export async function sshHostKey(path: string): Promise<string> {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const made = await generateHostKey();
    writeFileSync(path, made.privateKey, { mode: 0o600 });
    writeFileSync(`${path}.pub`, `${made.publicKey}\n`);
  }
  return readTextFile(path);
}

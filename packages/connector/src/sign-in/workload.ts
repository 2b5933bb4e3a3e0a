/** A workload's identity: a token that its platform writes into a file stands for the application's secret (RFC 7521 4.2). */
import { readFileSync } from "node:fs";
import type { ClientAuthentication } from "@tieline/auth";
import { Fault } from "@tieline/fault";

/** Read anew each time: the platform renews the file. @throws Fault `file-unreadable`, `sign-in-incomplete` */
export function workloadClient(path: string): ClientAuthentication {
  return { kind: "assertion", assertion: secretFile(path, "workload", "a federated token in the file") };
}

/** A secret out of a file, without the line's end. @throws Fault `file-unreadable`, `sign-in-incomplete` */
export function secretFile(path: string, way: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
  const secret = text.replace(/^\uFEFF/, "").trim();
  if (secret === "") throw new Fault("sign-in-incomplete", { way, what: `${what} ${path}` });
  return secret;
}

/**
 * Where a password comes from: a file, the environment, the lab's own key, or the prompt; never the command line, which
 * other users of the machine can read.
 */
import { Fault } from "@tieline/fault";
import type { Credential, ProxyAuthenticatorOptions } from "@tieline/connector";
import { readSecretFile } from "./secret-file.ts";

export interface CredentialSources {
  passwordFile?: string;
  /** The connection itself shows who asks. */
  certificate?: boolean;
  environment: Readonly<Record<string, string | undefined>>;
  /** For accounts of a lab whose key this user may read. */
  lab?: (user: string) => string | undefined;
  /** Undefined where nobody sits at a terminal. */
  ask?: (question: string) => Promise<string>;
}

/** @throws Fault `file-unreadable`, `password-missing` */
export async function credentialFor(user: string | undefined, sources: CredentialSources): Promise<Credential> {
  if (sources.certificate === true) return { kind: "certificate" };
  const token = sources.environment["TIELINE_TOKEN"];
  if (token !== undefined && token !== "") return { kind: "token", token };
  if (user === undefined) return { kind: "ambient" };
  const password = knownPassword(user, sources) ?? (await sources.ask?.(`Password of ${user}`));
  if (password === undefined || password === "") throw new Fault("password-missing", { user });
  return { kind: "password", user, password };
}

export interface ProxyLogonOptions {
  proxyAuth?: "basic" | "digest" | "ntlm" | "negotiate";
  proxyUser?: string;
  proxyPasswordFile?: string;
}

/** How proxies are logged on to. @throws Fault `file-unreadable`, `usage` */
export function proxyLogonOf(
  options: ProxyLogonOptions,
  environment: Readonly<Record<string, string | undefined>>,
): ProxyAuthenticatorOptions {
  const user = options.proxyUser ?? (environment["TIELINE_PROXY_USER"] || undefined);
  const password = fromFile(options.proxyPasswordFile) ?? environment["TIELINE_PROXY_PASSWORD"];
  if (user !== undefined && password === undefined) {
    throw new Fault("usage", {
      what: `The password of ${user} for the proxy was not given.`,
      hint: "Give it with --proxy-password-file FILE, or in TIELINE_PROXY_PASSWORD.",
    });
  }
  return {
    ...(options.proxyAuth === undefined ? {} : { scheme: options.proxyAuth }),
    ...(user === undefined || password === undefined ? {} : { credential: { user, password } }),
  };
}

/** The password, if it is known without asking. @throws Fault `file-unreadable` */
export function knownPassword(user: string, { passwordFile, environment, lab }: CredentialSources): string | undefined {
  return fromFile(passwordFile) ?? environment["TIELINE_PASSWORD"] ?? lab?.(user);
}

function fromFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  return readSecretFile(path).replace(/\r?\n$/, "");
}

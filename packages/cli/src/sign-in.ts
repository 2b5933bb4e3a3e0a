/** From the options of a command to its sign-in: what is given, who attends, and where tokens are kept. */
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  cachePath,
  chooseStore,
  openBrowser,
  openerFor,
  secretFile,
  TokenCache,
  type CachedAccount,
  type ClientCertificateFiles,
  type Given,
  type Person,
  type SignInWish,
} from "@tieline/connector";
import type { ConnectionOptions, Surroundings } from "./invocation.ts";
import { printable } from "./output/width.ts";
import type { TerminalHost } from "./terminal-host.ts";

export interface SignInSources {
  /** An application's own. */
  certificate?: ClientCertificateFiles | undefined;
  /** The user's password as far as it is known without asking. */
  password: (user: string) => string | undefined;
  terminal: TerminalHost;
}

export function signInFor(options: ConnectionOptions, around: Surroundings, sources: SignInSources): SignInWish {
  const { environment } = around;
  let cache: TokenCache | undefined;
  return {
    given: givenBy(options, environment, sources),
    person: personAt(around, sources.terminal),
    cache: () => (cache ??= tokenCache(environment)),
    profile: profileOf(options, environment),
    ...(options.signIn === undefined ? {} : { way: options.signIn }),
    ...optional("clientId", options.clientId ?? named(environment["TIELINE_CLIENT_ID"])),
    ...optional("tenant", options.tenant ?? named(environment["TIELINE_TENANT"])),
    ...optional("resource", options.overrideAccessTokenResourceUri),
  };
}

function givenBy(options: ConnectionOptions, environment: Surroundings["environment"], sources: SignInSources): Given {
  const secret = named(environment["TIELINE_CLIENT_SECRET"]);
  const file = options.clientSecretFile;
  return {
    password: sources.password,
    ...optional("token", named(environment["TIELINE_TOKEN"])),
    ...optional("certificate", sources.certificate),
    ...optional(
      "secret",
      file === undefined ? (secret === undefined ? undefined : () => secret) : () => secretFile(file, "secret", "a secret in the file"),
    ),
    ...optional("federatedTokenFile", options.federatedTokenFile ?? named(environment["AZURE_FEDERATED_TOKEN_FILE"])),
  };
}

/** Whoever sits at the terminal: a program alone has nobody to type a code. */
function personAt({ stdin, stderr, environment }: Surroundings, terminal: TerminalHost): Person {
  const attends = [stdin, stderr].every((stream) => stream.isTTY);
  const opener = openerFor(process.platform, environment);
  return {
    attends,
    tell: (text) => terminal.line(printable(text)),
    ...(attends && opener !== undefined ? { open: (address: URL) => openBrowser(opener, address) } : {}),
    ...(attends ? { askSecret: (question: string) => terminal.askSecret(question) } : {}),
  };
}

/** @throws Fault `token-cache-unsafe`, `file-unreadable`, `folder-unwritable` */
export function tokenCache(environment: Surroundings["environment"]): TokenCache {
  return new TokenCache(chooseStore(environment, { wait: (ms) => delay(ms), nowMs: () => Date.now() }));
}

export function profileOf(options: { profile?: string }, environment: Surroundings["environment"]): string {
  return options.profile ?? named(environment["TIELINE_PROFILE"]) ?? "default";
}

/** Who signs in where nobody is named; the keyring is asked only where there is a cache to open. */
export function defaultAccount(options: ConnectionOptions, environment: Surroundings["environment"]): CachedAccount | undefined {
  if (environment["TIELINE_TOKEN_CACHE"] === "memory" || !existsSync(cachePath(environment))) return undefined;
  return tokenCache(environment).defaultAccount(profileOf(options, environment));
}

function named(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

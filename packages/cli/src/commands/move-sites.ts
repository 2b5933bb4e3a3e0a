/**
 * From the options of a command to the two sites of a move: the pool, which leads, and how it signs in online.
 *
 *     the pool            --pool, --target-uri, a lab's own; --user with its password, by Negotiate
 *     the online side     --online-account, or an application, by the ways of --sign-in; a token goes to the pool, never
 *                         the password, but for the legacy way
 */
import { setTimeout as delay } from "node:timers/promises";
import { CounterNotes, hostedMigrationToken, MoveCmdlets, type OnlineAccess } from "@tieline/connector";
import { Fault } from "@tieline/fault";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { styleFor } from "../style.ts";
import type { TerminalHost } from "../terminal-host.ts";
import { open, sourceFor, stateFolder } from "./session-source.ts";

export interface SiteOptions extends ConnectionOptions {
  pool?: string;
  onlineAccount?: string;
  onlinePasswordFile?: string;
  hostedMigrationUrl?: string;
}

/** What commands for moves work with. */
export interface MoveSites {
  cmdlets: MoveCmdlets;
  /** What the session asks and shows. */
  terminal: TerminalHost;
  /** Signs in to the online side; nothing where nobody was named, since the pool may do so by itself. */
  access: (() => Promise<OnlineAccess>) | undefined;
  notes: CounterNotes;
  wait: (ms: number) => Promise<void>;
}

const LAB_POOL = "pool01.contoso.local";
const LAB_ADMIN = "administrator@contoso.local";
/** Of the online side; the pool must not get them. */
const ONLINE_OPTIONS: readonly string[] = [
  "signIn",
  "tenant",
  "clientSecretFile",
  "federatedTokenFile",
  "overrideAccessTokenResourceUri",
  "overrideAdminDomain",
  "overrideDiscoveryUri",
  "teamsEnvironmentName",
] satisfies (keyof SiteOptions)[];
const ONLINE_VARIABLES = ["TIELINE_TOKEN", "TIELINE_CLIENT_ID", "TIELINE_CLIENT_SECRET", "TIELINE_TENANT", "AZURE_FEDERATED_TOKEN_FILE"];

/** An action that is carried out at the pool, whose session is closed however it ends. */
export function atSites<O extends SiteOptions, A extends readonly unknown[]>(
  action: (sites: MoveSites, options: O, around: Surroundings, ...operands: A) => Promise<number>,
): (options: O, around: Surroundings, ...operands: A) => Promise<number> {
  return (options, around, ...operands) => withSites(options, around, (sites) => action(sites, options, around, ...operands));
}

/** @throws Fault of the connection, with its stage; `usage` where no pool was named */
export async function withSites<T>(options: SiteOptions, around: Surroundings, run: (sites: MoveSites) => Promise<T>): Promise<T> {
  if (around.moveSites !== undefined) return run(around.moveSites(options));
  const source = sourceFor(...poolSide(options, around));
  const { session, progress } = await open(source);
  const style = styleFor(around.stderr, around.environment);
  try {
    return await run({
      cmdlets: new MoveCmdlets(session, progress.targetUri?.host ?? "The pool", {
        signal: around.signal,
        tell: (severity, text) => source.terminal.line(`${style[severity](severity)} ${text}`),
      }),
      terminal: source.terminal,
      access: onlineSide(options, around),
      notes: new CounterNotes(stateFolder(around.environment)),
      wait: (ms) => delay(ms, undefined, { signal: around.signal }),
    });
  } finally {
    await session.close();
  }
}

/** What `sourceFor` takes for the pool: nothing of the online account's. */
export function poolSide(options: SiteOptions, around: Surroundings): Parameters<typeof sourceFor> {
  const { environment } = around;
  const inLab = options.lab === true || options.data !== undefined;
  const pool = options.pool ?? (environment["TIELINE_POOL"] || undefined) ?? (inLab ? LAB_POOL : undefined);
  const targetUri = options.targetUri ?? (pool === undefined ? undefined : `https://${pool}/OcsPowershell`);
  if (targetUri === undefined)
    throw new Fault("usage", { what: "Which pool leads the moves was not said.", hint: "Name it with --pool POOL, or set TIELINE_POOL." });
  const user = options.user ?? (environment["TIELINE_USER"] || undefined) ?? (inLab ? LAB_ADMIN : undefined);
  const { clientId, certificateFile, keyFile, ...others } = options;
  const own = Object.fromEntries(Object.entries(others).filter(([name]) => !ONLINE_OPTIONS.includes(name)));
  const ofTls = clientId === undefined && certificateFile !== undefined;
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !ONLINE_VARIABLES.includes(name)));
  return [
    { ...own, targetUri, ...(ofTls ? { certificateFile, ...(keyFile === undefined ? {} : { keyFile }) } : {}) },
    user,
    // Whoever is signed in on this machine is so online.
    { ...around, environment: { ...kept, TIELINE_TOKEN_CACHE: "memory" } },
  ];
}

/** Undefined where nothing was said of the online side. */
function onlineSide(options: SiteOptions, around: Surroundings): MoveSites["access"] {
  const { environment } = around;
  const user = options.onlineAccount ?? (environment["TIELINE_ONLINE_ACCOUNT"] || undefined);
  const isSaid = [user, options.signIn, options.clientId, environment["TIELINE_TOKEN"]].some((each) => each !== undefined && each !== "");
  if (!isSaid) return options.hostedMigrationUrl === undefined ? undefined : async () => placeOf(options);
  const { passwordFile: _p, targetUri: _t, authentication: _a, user: _u, ...rest } = options;
  const password = environment["TIELINE_ONLINE_PASSWORD"];
  const { TIELINE_PASSWORD: _password, TIELINE_USER: _user, ...others } = environment;
  const source = sourceFor(
    { ...rest, ...(options.onlinePasswordFile === undefined ? {} : { passwordFile: options.onlinePasswordFile }) },
    user,
    { ...around, environment: { ...others, ...(password === undefined ? {} : { TIELINE_PASSWORD: password }) } },
  );
  const { wish, surroundings } = source;
  if (options.signIn === "legacy") return () => byPassword(source, options);
  return async () => {
    const { url, accessToken } = await hostedMigrationToken({ ...wish, url: options.hostedMigrationUrl }, surroundings);
    return { hostedMigrationUrl: url, accessToken };
  };
}

/** The way of old: the pool is handed the password itself, and an account with a second factor is refused there. */
async function byPassword({ wish }: ReturnType<typeof sourceFor>, options: SiteOptions): Promise<OnlineAccess> {
  const credential = await wish.credential(wish.user);
  if (credential.kind !== "password")
    throw new Fault("sign-in-incomplete", { way: "legacy", what: "the name of the online account (--online-account) with its password" });
  return { ...placeOf(options), credential };
}

function placeOf({ hostedMigrationUrl }: SiteOptions): OnlineAccess {
  return hostedMigrationUrl === undefined ? {} : { hostedMigrationUrl };
}

/** How the caller wants to sign in where an endpoint asks for a token, and which way that comes to. */
import { Fault } from "@tieline/fault";
import type { Sources } from "@tieline/auth";
import type { ClientCertificateFiles } from "../client-certificate.ts";
import type { Person } from "./means.ts";
import type { TokenCache } from "./token-cache.ts";
import type { WebTicket, WebTicketRequest } from "./web-ticket.ts";

export const SIGN_IN_WAYS = ["browser", "device-code", "certificate", "secret", "password", "legacy", "token", "workload"] as const;
export type SignInWay = (typeof SIGN_IN_WAYS)[number];

/** What the user has given beside a name; none of it ever stood on a command line. */
export interface Given {
  token?: string;
  /** An application's own, not one for TLS. */
  certificate?: ClientCertificateFiles;
  secret?: () => string;
  federatedTokenFile?: string;
  /** The user's password, if it is known without asking. */
  password?: (user: string) => string | undefined;
}

/** A password turned into a ticket for an endpoint; undefined where the endpoint has no such service. */
export type LegacySignIn = (request: WebTicketRequest) => Promise<WebTicket | undefined>;

export interface SignInWish {
  /** Left out: chosen by what is given. */
  way?: SignInWay;
  given: Given;
  /** An application of one's own; left out, the client that the endpoint's challenge names. */
  clientId?: string;
  /** GUID or domain; left out, the user's domain, else the domain to admin. */
  tenant?: string;
  /** What the token is for, where it is not the endpoint's address (OverrideAccessTokenResourceUri). */
  resource?: string;
  /**
   * For the way `legacy`, for endpoints that give web tickets and name no authority, and for tenants that have modern
   * sign-in switched off. Left out: `getWebTicket`.
   */
  legacy?: LegacySignIn;
  person: Person;
  /** Opened when it is needed. */
  cache: () => TokenCache;
  /** Whoever signs in becomes this profile's account, if it has none. */
  profile?: string;
  /** The machine's own, where left out. */
  sources?: Sources;
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Ways of an application, which need its client id. */
const OF_APPLICATIONS: readonly SignInWay[] = ["certificate", "secret", "workload"];

/**
 * The way: as it was asked for, else the first for which something is given (token, certificate, secret, workload,
 * password), else what a person can do here: a browser on a desktop, a device code anywhere.
 *
 * @throws Fault `sign-in-incomplete`, `sign-in-needs-person`
 */
export function chooseWay(wish: SignInWish, user: string | undefined): SignInWay {
  if (wish.way !== undefined) {
    const missing = missingFor(wish.way, wish, user);
    if (missing !== undefined) throw new Fault("sign-in-incomplete", { way: wish.way, what: missing });
    return wish.way;
  }
  const { given, person } = wish;
  const isGiven: readonly [SignInWay, boolean][] = [
    ["token", given.token !== undefined],
    ["certificate", given.certificate !== undefined && wish.clientId !== undefined],
    ["secret", given.secret !== undefined && wish.clientId !== undefined],
    ["workload", given.federatedTokenFile !== undefined && wish.clientId !== undefined],
    ["password", user !== undefined && given.password?.(user) !== undefined],
  ];
  const way = isGiven.find(([, is]) => is)?.[0];
  return way ?? attendedWay(person);
}

/** The way by which a person can show more than a password; undefined where nobody attends. */
export function attendedWay(person: Person): "browser" | "device-code" {
  return person.open === undefined ? "device-code" : "browser";
}

function missingFor(way: SignInWay, { given, clientId, person }: SignInWish, user: string | undefined): string | undefined {
  if (OF_APPLICATIONS.includes(way) && clientId === undefined) return "the application's id (--client-id)";
  switch (way) {
    case "token":
      return given.token === undefined ? "a token in TIELINE_TOKEN" : undefined;
    case "certificate":
      return given.certificate === undefined ? "a certificate with its key (--certificate-file)" : undefined;
    case "secret":
      return given.secret === undefined ? "the application's secret (--client-secret-file, or TIELINE_CLIENT_SECRET)" : undefined;
    case "workload":
      return given.federatedTokenFile === undefined ? "the file of a federated token (--federated-token-file)" : undefined;
    case "password":
    case "legacy":
      if (user === undefined) return "the name of the account (name@domain)";
      return given.password?.(user) === undefined && person.askSecret === undefined
        ? "the password (--password-file, or TIELINE_PASSWORD)"
        : undefined;
    case "browser":
    case "device-code":
      return undefined;
  }
}

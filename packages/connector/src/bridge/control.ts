/**
 * What the module and the bridge say to each other beside the sessions: lines of JSON on the control socket, one request
 * a connection. The first line asks, with the bridge's secret; then the bridge tells what happens until it is done.
 *
 *     request   answers
 *     open      pipe, then any of verbose, warning, show, ask (answered by a line), then opened or failed
 *     token     any of verbose, warning, show, ask, then token or failed
 *     list      sessions
 *     close     closed
 *     stop      stopping
 *
 * An attempt ends when its connection does.
 */
import { timingSafeEqual, createHash } from "node:crypto";
import { Fault } from "@tieline/fault";

/** How a session is to be opened, in the words of New-CsOnlineSession; what is not there is left to the connector. */
export interface OpenParameters {
  userName?: string;
  credential?: { userName: string; password: string };
  accessToken?: string;
  overrideAdminDomain?: string;
  overrideDiscoveryUri?: string;
  overridePowerShellUri?: string;
  overrideAccessTokenResourceUri?: string;
  teamsEnvironmentName?: string;
  authentication?: string;
  proxy?: string;
  connectTo?: readonly string[];
  caFile?: readonly string[];
  certificateFile?: string;
  keyFile?: string;
  /** An application of one's own; with a certificate it signs in without a person. */
  clientId?: string;
  tenant?: string;
  /** False: the session ends with its first shell. */
  reconnection?: boolean;
  /** A lab's folder; true for the default one. */
  lab?: string | boolean;
  openTimeoutSeconds?: number;
  /** Ask for a code to type elsewhere instead of opening a browser. */
  deviceCode?: boolean;
  /** Sign in the way of old: a password for a web ticket. */
  webTicket?: boolean;
  /** A token of a hosted migration service is wanted: of this address; true for the one that discovery finds. */
  hostedMigration?: string | boolean;
  /** Properties of the PSSessionOption, by name. */
  sessionOption?: Readonly<Record<string, unknown>>;
}

export type ControlRequest =
  | { request: "open"; name: string; parameters: OpenParameters; environment: Readonly<Record<string, string>> }
  | { request: "token"; parameters: OpenParameters; environment: Readonly<Record<string, string>> }
  | { request: "list" }
  | { request: "close"; id: string }
  | { request: "stop" };

/** A session as its owner sees it. */
export interface SessionFacts {
  id: string;
  name: string;
  /** The service's host. */
  computerName: string;
  uri: string;
  user?: string;
}

export type ControlEvent =
  | { event: "pipe"; path: string; secret: string }
  | { event: "verbose" | "warning" | "show"; text: string }
  | { event: "ask"; text: string; hidden: boolean }
  | { event: "opened"; session: SessionFacts }
  /** Without a token where the endpoint asks for none: then the credential goes to it as it is. */
  | { event: "token"; token?: string; targetUri: string; expiresAtMs?: number }
  | { event: "failed"; fault: FaultFacts }
  | { event: "sessions"; sessions: SessionFacts[] }
  | { event: "closed"; count: number }
  | { event: "stopping" };

export interface FaultFacts {
  code: string;
  /** The layer that refused. */
  layer: string;
  message: string;
  stage?: string;
  why?: string;
  cure?: string;
}

export function factsOf(fault: Fault, stage?: string): FaultFacts {
  const { code, layer, message, why, cure } = fault;
  return {
    code,
    layer,
    message,
    ...(stage === undefined ? {} : { stage }),
    ...(why === undefined ? {} : { why }),
    ...(cure === undefined ? {} : { cure }),
  };
}

type Kind = "text" | "flag" | "number" | "texts" | "credential" | "text-or-flag" | "bag";

/** Each parameter and what it is made of; any other is refused, so that a typing error never passes as a default. */
const PARAMETERS: { readonly [P in keyof Required<OpenParameters>]: Kind } = {
  userName: "text",
  credential: "credential",
  accessToken: "text",
  overrideAdminDomain: "text",
  overrideDiscoveryUri: "text",
  overridePowerShellUri: "text",
  overrideAccessTokenResourceUri: "text",
  teamsEnvironmentName: "text",
  authentication: "text",
  proxy: "text",
  connectTo: "texts",
  caFile: "texts",
  certificateFile: "text",
  keyFile: "text",
  clientId: "text",
  tenant: "text",
  reconnection: "flag",
  lab: "text-or-flag",
  openTimeoutSeconds: "number",
  deviceCode: "flag",
  webTicket: "flag",
  hostedMigration: "text-or-flag",
  sessionOption: "bag",
};

const isBag = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: isText,
  flag: (value) => typeof value === "boolean",
  number: (value) => Number.isInteger(value) && (value as number) > 0,
  texts: (value) => Array.isArray(value) && value.every(isText),
  credential: (value) => isBag(value) && isText(value["userName"]) && isText(value["password"]),
  "text-or-flag": (value) => isText(value) || typeof value === "boolean",
  bag: isBag,
};

/**
 * Reads the first line of a connection.
 *
 * @throws Fault `bridge-refused` for another secret, `bridge-request-malformed`
 */
export function readRequest(line: string, secret: string): ControlRequest {
  const given = parsed(line);
  if (!same(isText(given["secret"]) ? given["secret"] : "", secret)) throw new Fault("bridge-refused");
  switch (given["request"]) {
    case "list":
    case "stop":
      return { request: given["request"] };
    case "close":
      return { request: "close", id: text(given, "id") };
    case "token":
      return { request: "token", ...attempt(given) };
    case "open":
      return { request: "open", name: text(given, "name"), ...attempt(given) };
    default:
      throw malformed("an unknown request");
  }
}

/** Reads a line that answers `ask`. */
export function readAnswer(line: string): string {
  return text(parsed(line), "answer");
}

/** Compares secrets in a time that does not tell how much of them is right. */
export function same(one: string, other: string): boolean {
  const digest = (of: string): Buffer => createHash("sha256").update(of).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function attempt(given: Record<string, unknown>): { parameters: OpenParameters; environment: Record<string, string> } {
  const { parameters = {}, environment = {} } = given;
  if (!isBag(parameters) || !isBag(environment)) throw malformed("its parameters are no object");
  for (const [name, value] of Object.entries(parameters)) {
    const kind = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name as keyof OpenParameters] : undefined;
    if (kind === undefined) throw malformed(`a parameter "${name.slice(0, 40)}" is not known`);
    if (!IS[kind](value)) throw malformed(`its parameter ${name} is no ${kind}`);
  }
  if (!Object.values(environment).every(isText)) throw malformed("its environment holds something else than texts");
  return { parameters, environment: environment as Record<string, string> };
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line) as unknown;
    if (isBag(value)) return value;
  } catch {
    // The line may hold a password: nothing of it is told.
  }
  throw malformed("a line is no JSON object");
}

function text(given: Record<string, unknown>, name: string): string {
  const value = given[name];
  if (!isText(value)) throw malformed(`it has no ${name}`);
  return value;
}

function malformed(reason: string): Fault {
  return new Fault("bridge-request-malformed", { reason });
}

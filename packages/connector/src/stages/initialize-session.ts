import type { HttpScheme } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { connect, type ConnectOptions, type Endurance, type Host, type Session, type WsmanTransport } from "@tieline/remoting";
import type { Authentication, Credential, StageContext } from "../stage.ts";

/** What the connector tells the endpoint of itself, as the retired one did. */
const CLIENT_VERSION = "7.0.2374.2";
/** The name of the retired connector's sessions: scripts look for it. */
const SESSION_NAME = "SfBPowerShellSession";

/**
 * What the service is asked to wait before it takes a session for abandoned. A living client always has a poll waiting
 * there and is never idle; one that was killed gives its seat back after this time.
 */
const UNKEPT_IDLE_MS = 3 * 60_000;

/** A session that its user asked to keep may rest for as long as the service lets any session live. */
export const KEPT_IDLE_MS = 60 * 60_000;

const SCHEMES: Readonly<Record<Exclude<Authentication, "default">, HttpScheme>> = {
  basic: "Basic",
  negotiate: "Negotiate",
  ntlm: "NTLM",
  kerberos: "Kerberos",
  certificate: "Certificate",
};

/** The way to the endpoint that the stages have found. */
export function transportFor({ wish, progress, dialler }: Pick<StageContext, "wish" | "progress" | "dialler">): WsmanTransport {
  const uri = new URL(progress.targetUri as URL);
  // An endpoint that was named by hand may be a deployment's own, which has no tenants to choose from.
  const chosen = wish.overrideAdminDomain !== undefined || wish.targetUri === undefined;
  if (chosen && progress.adminDomain !== undefined) uri.searchParams.set("AdminDomain", progress.adminDomain);
  const option = wish.sessionOption;
  if (option?.noEncryption === true && uri.protocol === "http:") {
    throw new Fault("session-option-refused", {
      option: "NoEncryption",
      reason: `messages to ${uri.host} go over plain http and are sealed always`,
    });
  }
  const { tls } = option ?? {};
  return {
    kind: "wsman",
    uri: uri.href,
    dialler: tls === undefined || Object.keys(tls).length === 0 ? dialler : dialler.with({ tls: { ...dialler.tls, ...tls } }),
    credential: authCredential(progress.credential as Credential),
    name: SESSION_NAME,
    noMachineProfile: true,
    idleTimeoutMs: UNKEPT_IDLE_MS,
    ...schemeFor(wish.authentication, progress.tokenScheme),
    ...(wish.allowRedirection === true ? { allowRedirection: true } : {}),
    ...option?.transport,
  };
}

/** Without a word of the user's the endpoint's challenge decides, and for a token that was got by it has done so already. */
function schemeFor(authentication: Authentication, tokenScheme: "basic" | "bearer" | undefined): { authentication?: HttpScheme } {
  if (authentication !== "default") return { authentication: SCHEMES[authentication] };
  return tokenScheme === undefined ? {} : { authentication: tokenScheme === "basic" ? "Basic" : "Bearer" };
}

function authCredential(credential: Credential): WsmanTransport["credential"] {
  switch (credential.kind) {
    case "password":
      return { kind: "password", user: credential.user, password: credential.password };
    case "token":
      return { kind: "token", token: credential.token };
    case "certificate":
      return { kind: "certificate" };
    case "ambient":
      return { kind: "ticket" };
  }
}

export interface InitializeOptions {
  host?: Host;
  openTimeoutMs?: number;
  endurance?: Endurance;
  /** Beside, or instead of, what the connector tells of itself. */
  applicationArguments?: ConnectOptions["applicationArguments"];
  faithful?: boolean;
}

/** A poll that is answered each minute: a network that swallows everything is noticed soon enough to be sat out. */
const POLL_MS = 60_000;

/** Stage 4: the shell and the runspace pool. */
export async function initializeSession(context: StageContext, { endurance, ...options }: InitializeOptions): Promise<Session> {
  const { sessionOption } = context.wish;
  const session = await connect({
    transport: { ...(endurance === undefined ? {} : { endurance, operationTimeoutMs: POLL_MS }), ...transportFor(context) },
    ...options,
    applicationArguments: {
      "X-MS-Client-Version": CLIENT_VERSION,
      ...sessionOption?.applicationArguments,
      ...options.applicationArguments,
    },
    ...sessionOption?.connect,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  context.say("Success");
  return session;
}

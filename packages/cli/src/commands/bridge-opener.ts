/** How the bridge opens a session: with the options of a command, out of what the module asked for. */
import { openConnection, reachEndpoint, type Attempt, type FrontEnd, type OpenParameters, type Opener } from "@tieline/connector";
import { Fault } from "@tieline/fault";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { sourceFor, type Source } from "./session-source.ts";

export function bridgeOpener(around: Surroundings): Opener {
  return {
    async open(parameters, environment, front, attempt) {
      const { wish, surroundings } = sourceOf(parameters, environment, around, attempt);
      const { session, progress } = await openConnection(wish, { ...surroundings, ...facing(front) });
      const user = progress.credential?.kind === "password" ? progress.credential.user : wish.user;
      const uri = progress.targetUri?.href ?? "";
      return { session, facts: { computerName: progress.targetUri?.hostname ?? "", uri, ...(user === undefined ? {} : { user }) } };
    },
    async token(parameters, environment, attempt) {
      const { wish, surroundings } = sourceOf(parameters, environment, around, attempt);
      const { progress } = await reachEndpoint(wish, surroundings);
      if (progress.credential?.kind !== "token") throw new Fault("usage", NO_TOKEN);
      return { token: progress.credential.token, targetUri: progress.targetUri?.href ?? "" };
    },
  };
}

const NO_TOKEN = {
  what: "This way to sign in gives no token.",
  hint: "Sign in at a service with modern authentication, without a password of your own.",
};

/** The session's host is the PowerShell in front; what that one says of itself goes on to the service. */
function facing({ host, applicationArguments }: FrontEnd): Pick<Source["surroundings"], "host" | "passOn"> {
  return {
    host: { info: host, methods: {} },
    passOn: {
      faithful: true,
      applicationArguments: Object.fromEntries([...applicationArguments].map(([name, value]) => [String(name), value])),
    },
  };
}

function sourceOf(
  given: OpenParameters,
  environment: Readonly<Record<string, string>>,
  around: Surroundings,
  attempt: Attempt,
): Pick<Source, "wish" | "surroundings"> {
  const user = given.credential?.userName ?? given.userName;
  const source = sourceFor(optionsOf(given), user, {
    ...around,
    environment: { ...around.environment, ...environment },
    signal: attempt.signal,
  });
  const { credential, accessToken } = given;
  return {
    wish: {
      ...source.wish,
      ...(credential === undefined
        ? {}
        : { credential: async () => ({ kind: "password", user: credential.userName, password: credential.password }) }),
      ...(accessToken === undefined ? {} : { credential: async () => ({ kind: "token", token: accessToken }) }),
    },
    surroundings: { ...source.surroundings, signal: attempt.signal, say: attempt.say },
  };
}

function optionsOf(given: OpenParameters): ConnectionOptions {
  const {
    overrideAdminDomain,
    overrideDiscoveryUri,
    overridePowerShellUri: targetUri,
    authentication,
    proxy,
    certificateFile,
    keyFile,
    lab,
  } = given;
  const options = {
    overrideAdminDomain,
    overrideDiscoveryUri,
    targetUri,
    authentication: mechanism(authentication),
    proxy,
    certificateFile,
    keyFile,
    connectTo: given.connectTo === undefined ? undefined : [...given.connectTo],
    caFile: given.caFile === undefined ? undefined : [...given.caFile],
    openTimeout: given.openTimeoutSeconds,
    lab: lab === true || undefined,
    data: typeof lab === "string" ? lab : undefined,
    insecure: given.sessionOption?.["SkipCACheck"] === true || undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

const MECHANISMS = ["default", "basic", "negotiate", "ntlm", "kerberos", "certificate"] as const;

function mechanism(name: string | undefined): ConnectionOptions["authentication"] {
  if (name === undefined) return undefined;
  const found = MECHANISMS.find((each) => each === name.toLowerCase());
  if (found !== undefined) return found;
  throw new Fault("usage", { what: `"${name}" is no way to authenticate.`, hint: `Choose one of ${MECHANISMS.join(", ")}.` });
}

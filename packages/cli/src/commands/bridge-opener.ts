/** How the bridge opens a session: with the options of a command, out of what the module asked for. */
import {
  hostedMigrationToken,
  lastingBehind,
  openBrowser,
  openerFor,
  openLasting,
  reachEndpoint,
  type Attempt,
  type FrontEnd,
  type OpenParameters,
  type Opener,
  type Person,
  type Wish,
} from "@tieline/connector";
import { Fault, isFault } from "@tieline/fault";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { sourceFor, type Source } from "./session-source.ts";

type Environment = Readonly<Record<string, string>>;

export function bridgeOpener(around: Surroundings): Opener {
  return {
    async open(parameters, environment, front, attempt) {
      const { wish, surroundings, registry, reconnection } = sourceOf(parameters, environment, around, attempt);
      const first = untilOpened(attempt.signal);
      const connection = await openLasting(wish, { ...surroundings, ...facing(front), signal: first.signal }, { registry, reconnection });
      first.opened();
      const { progress, session } = connection;
      const user = progress.credential?.kind === "password" ? progress.credential.user : wish.user;
      return {
        session: lastingBehind(session, reconnection),
        facts: {
          computerName: progress.targetUri?.hostname ?? "",
          uri: progress.targetUri?.href ?? "",
          ...(user === undefined ? {} : { user }),
        },
      };
    },
    async token(parameters, environment, attempt) {
      const { hostedMigration } = parameters;
      if (hostedMigration !== undefined && hostedMigration !== false) {
        const { wish, surroundings } = sourceOf(parameters, onlineSide(environment), around, attempt);
        const url = hostedMigration === true ? undefined : hostedMigration;
        const got = await hostedMigrationToken({ ...wish, url }, surroundings);
        return { token: got.accessToken, targetUri: got.url, expiresAtMs: got.expiresAtMs };
      }
      const { wish, surroundings } = sourceOf(parameters, environment, around, attempt);
      const { progress, transport } = await reachEndpoint(wish, surroundings);
      const token = progress.credential?.kind === "token" ? { token: progress.credential.token } : {};
      return { ...token, targetUri: transport.uri };
    },
  };
}

/** Who left while the session opened ends the attempt; later he has the session, and shells behind it come and go without him. */
function untilOpened(attempt: AbortSignal): { signal: AbortSignal; opened: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(attempt.reason);
  attempt.addEventListener("abort", abort, { once: true });
  if (attempt.aborted) abort();
  return { signal: controller.signal, opened: () => attempt.removeEventListener("abort", abort) };
}

/** The session's host is the PowerShell in front; what that one says of itself goes on to the service. */
function facing({ host, applicationArguments }: FrontEnd): Pick<Source["surroundings"], "host" | "passOn"> {
  const passed = Object.fromEntries([...applicationArguments].map(([name, value]) => [String(name), value]));
  return { host: { info: host, methods: {} }, passOn: { faithful: true, applicationArguments: passed } };
}

/** What is named for the online side alone stands before what is the pool's too, as with the commands for moves. */
function onlineSide(environment: Environment): Environment {
  const { TIELINE_ONLINE_ACCOUNT: account = "", TIELINE_ONLINE_PASSWORD: password = "" } = environment;
  return {
    ...environment,
    ...(account === "" ? {} : { TIELINE_USER: account }),
    ...(password === "" ? {} : { TIELINE_PASSWORD: password }),
  };
}

function sourceOf(given: OpenParameters, sent: Environment, around: Surroundings, attempt: Attempt): Source {
  const environment = { ...around.environment, ...sent, ...proxyLogon(given) };
  const user = given.credential?.userName ?? given.userName;
  const source = sourceFor(optionsOf(given), user, { ...around, environment, signal: attempt.signal });
  return {
    ...source,
    wish: wishOf(source.wish, given, personAt(attempt, environment)),
    surroundings: { ...source.surroundings, signal: attempt.signal, say: attempt.say },
  };
}

/** What the module was given stands before what this machine knows; what is missing is asked of the person in front. */
function wishOf(wish: Wish, { credential, accessToken }: OpenParameters, person: Person): Wish {
  const { signIn } = wish;
  return {
    ...wish,
    credential: async (name) => {
      if (accessToken !== undefined) return { kind: "token", token: accessToken };
      if (credential !== undefined) return { kind: "password", user: credential.userName, password: credential.password };
      try {
        return await wish.credential(name);
      } catch (error) {
        if (!isFault(error) || error.code !== "password-missing" || name === undefined) throw error;
        return { kind: "password", user: name, password: (await person.askSecret?.(`Password of ${name}`)) ?? "" };
      }
    },
    ...(signIn === undefined
      ? {}
      : {
          signIn: {
            ...signIn,
            person,
            given: {
              ...signIn.given,
              ...(accessToken === undefined ? {} : { token: accessToken }),
              ...(credential === undefined ? {} : { password: () => credential.password }),
            },
          },
        }),
  };
}

/** Whoever sits at the PowerShell in front, while it waits for the session. */
function personAt(attempt: Attempt, environment: Surroundings["environment"]): Person {
  const opener = environment["TIELINE_NO_BROWSER"] === undefined ? openerFor(process.platform, environment) : undefined;
  return {
    get attends() {
      return !attempt.signal.aborted;
    },
    tell: attempt.show,
    ...(opener === undefined ? {} : { open: (address: URL) => openBrowser(opener, address) }),
    askSecret: (question: string) => attempt.ask(question, true),
  };
}

/** A proxy's password comes with the PSSessionOption; words of options never hold it. */
function proxyLogon({ sessionOption }: OpenParameters): Environment {
  const logon = sessionOption?.["ProxyCredential"] as { userName?: unknown; password?: unknown } | undefined;
  if (typeof logon?.userName !== "string" || typeof logon.password !== "string") return {};
  return { TIELINE_PROXY_USER: logon.userName, TIELINE_PROXY_PASSWORD: logon.password };
}

function optionsOf(given: OpenParameters): ConnectionOptions {
  const { connectTo, caFile, openTimeoutSeconds, lab, sessionOption } = given;
  const options = {
    overrideAdminDomain: given.overrideAdminDomain,
    overrideDiscoveryUri: given.overrideDiscoveryUri,
    overrideAccessTokenResourceUri: given.overrideAccessTokenResourceUri,
    targetUri: given.overridePowerShellUri,
    teamsEnvironmentName: given.teamsEnvironmentName,
    authentication: mechanism(given.authentication),
    proxy: given.proxy,
    certificateFile: given.certificateFile,
    keyFile: given.keyFile,
    clientId: given.clientId,
    tenant: given.tenant,
    signIn: given.webTicket === true ? ("legacy" as const) : given.deviceCode === true ? ("device-code" as const) : undefined,
    reconnection: given.reconnection,
    connectTo: connectTo === undefined ? undefined : [...connectTo],
    caFile: caFile === undefined ? undefined : [...caFile],
    openTimeout: openTimeoutSeconds,
    lab: lab === true || undefined,
    data: typeof lab === "string" ? lab : undefined,
    sessionOption: sessionOption === undefined ? undefined : settingsOf(sessionOption),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function settingsOf(option: NonNullable<OpenParameters["sessionOption"]>): string[] {
  return Object.entries(option).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [`${name}=${value}`] : [],
  );
}

const MECHANISMS = ["default", "basic", "negotiate", "ntlm", "kerberos", "certificate"] as const;

function mechanism(name: string | undefined): ConnectionOptions["authentication"] {
  if (name === undefined) return undefined;
  const found = MECHANISMS.find((each) => each === name.toLowerCase());
  if (found !== undefined) return found;
  throw new Fault("usage", { what: `"${name}" is no way to authenticate.`, hint: `Choose one of ${MECHANISMS.join(", ")}.` });
}

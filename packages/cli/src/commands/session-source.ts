/** From the options of a command to a session: dialler, trust, names, credential, host, stages on stderr. */
import { homedir } from "node:os";
import { join } from "node:path";
import {
  checkSessionOption,
  chooseWay,
  diallerFor,
  discoveryUriOf,
  KeptSessions,
  openLasting,
  parseSessionOption,
  reachEndpoint,
  type ClientCertificateFiles,
  type Connection,
  type LastingConnection,
  ShellRegistry,
  type Surroundings as ConnectorSurroundings,
  type Wish,
} from "@tieline/connector";
import { Fault } from "@tieline/fault";
import { defaultDataFolder, LabSecrets, readLab } from "@tieline/server";
import { credentialFor, knownPassword, proxyLogonOf, type CredentialSources } from "../credentials.ts";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { defaultAccount, signInFor } from "../sign-in.ts";
import { styleFor } from "../style.ts";
import { TerminalHost } from "../terminal-host.ts";

export interface Source {
  wish: Wish;
  /** What the session asks and shows; whoever prints beside it clears its progress first. */
  terminal: TerminalHost;
  surroundings: ConnectorSurroundings;
  registry: ShellRegistry;
  /** Enable-CsOnlineSessionForReconnection. */
  reconnection: boolean;
  warn: (words: string) => void;
}

/** @throws Fault `lab-missing`, `usage`, `file-unreadable` */
export function sourceFor(options: ConnectionOptions, user: string | undefined, surroundings: Surroundings): Source {
  const { environment, stderr } = surroundings;
  const style = styleFor(stderr, environment);
  const labFolder = options.data ?? (options.lab ? defaultDataFolder(environment) : undefined);
  const lab = labFolder === undefined ? undefined : readLab(labFolder);
  if (labFolder !== undefined && lab === undefined) throw new Fault("lab-missing", { folder: labFolder });
  if (options.insecure === true)
    stderr.write(`${style.warning("warning")} certificates are not checked: whoever answers may not be who you mean.\n`);
  const certificate = certificateOf(options, environment);
  const clientId = options.clientId ?? nonEmpty(environment["TIELINE_CLIENT_ID"]);
  // With an application named it signs that application's requests; without, TLS shows it.
  const ofApplication = certificate !== undefined && clientId !== undefined && options.authentication !== "certificate";
  const clientCertificate = ofApplication ? undefined : certificate;
  const sessionOption = parseSessionOption(options.sessionOption ?? []);
  const namedProxy = options.proxy ?? nonEmpty(environment["TIELINE_PROXY"]);
  checkSessionOption(sessionOption, options.proxy !== undefined);
  const openTimeoutMs = sessionOption.connect.openTimeoutMs ?? (options.openTimeout === undefined ? undefined : options.openTimeout * 1000);
  const dialler = diallerFor({
    connectTo: [...(options.connectTo ?? []), ...(lab?.names ?? [])],
    dnsServers: options.dnsServer ?? [],
    labDns: lab?.ports["lab-dns"] === undefined ? undefined : `127.0.0.1:${lab.ports["lab-dns"]}`,
    caFiles: [...(options.caFile ?? []), ...(lab === undefined || labFolder === undefined ? [] : [join(labFolder, lab.authority)])],
    insecure: options.insecure === true,
    proxy: sessionOption.proxy ?? namedProxy,
    proxyLogon: {
      ...(sessionOption.proxyScheme === undefined ? {} : { scheme: sessionOption.proxyScheme }),
      ...proxyLogonOf(options, environment),
      warn: (words) => void stderr.write(`${style.warning("warning")} ${words}\n`),
    },
    environment,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(openTimeoutMs === undefined ? {} : { connectTimeoutMs: openTimeoutMs }),
  });
  if (hasPassword(namedProxy)) {
    stderr.write(`${style.warning("warning")} a password in the proxy's address is seen by others; give it with --proxy-password-file.\n`);
  }
  const who =
    user ??
    options.user ??
    environment["TIELINE_USER"] ??
    (isApplication(clientId, options.signIn) ? undefined : defaultAccount(options, environment)?.user);
  const host = new TerminalHost(surroundings);
  // Beside another mechanism it is for TLS alone.
  const byCertificate = clientCertificate !== undefined && ["default", "certificate"].includes(options.authentication ?? "default");
  const credentials: CredentialSources = {
    environment,
    certificate: byCertificate,
    ...(options.passwordFile === undefined ? {} : { passwordFile: options.passwordFile }),
    ...(labFolder !== undefined && LabSecrets.exists(labFolder) ? { lab: (account) => LabSecrets.open(labFolder).password(account) } : {}),
    ...(surroundings.stdin.isTTY && stderr.isTTY ? { ask: (question) => host.askSecret(question) } : {}),
  };
  const signIn = signInFor(options, surroundings, {
    certificate: ofApplication ? certificate : undefined,
    password: (account) => knownPassword(account, credentials),
    terminal: host,
  });
  // What a way lacks is said before anything is asked of anybody.
  if (signIn.way !== undefined) chooseWay(signIn, who);
  const { teamsEnvironmentName: cloud } = options;
  const discoveryUri = options.overrideDiscoveryUri ?? (cloud === undefined ? undefined : discoveryUriOf(cloud));
  const wish: Wish = {
    ...(who === undefined ? {} : { user: who }),
    ...(options.overrideAdminDomain === undefined ? {} : { overrideAdminDomain: options.overrideAdminDomain }),
    ...(discoveryUri === undefined ? {} : { overrideDiscoveryUri: discoveryUri }),
    ...(options.targetUri === undefined ? {} : { targetUri: options.targetUri }),
    authentication: options.authentication ?? "default",
    ...((options.sessionOption ?? []).length === 0 ? {} : { sessionOption }),
    ...(options.allowRedirection === true ? { allowRedirection: true } : {}),
    credential: (name) => credentialFor(name, credentials),
    ...(byCertificate ? {} : { signIn }),
  };
  return {
    wish,
    terminal: host,
    registry: shellRegistry(environment),
    reconnection: options.reconnection !== false,
    warn: (words) => void stderr.write(`${style.warning("warning")} ${words}.\n`),
    surroundings: {
      dialler,
      host: host.host,
      signal: surroundings.signal,
      ...(options.openTimeout === undefined ? {} : { openTimeoutMs: options.openTimeout * 1000 }),
      ...(options.verbose === true ? { say: (words) => void stderr.write(`${style.dim("VERBOSE:")} ${words}\n`) } : {}),
    },
  };
}

function hasPassword(proxy: string | undefined): boolean {
  return /^(?:[a-z0-9]+:\/\/)?[^/@:]+:[^/@]+@/i.test(proxy ?? "");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** An application acts for itself, not for whoever is signed in here. */
function isApplication(clientId: string | undefined, signIn: ConnectionOptions["signIn"]): boolean {
  return clientId !== undefined && (signIn === undefined || ["certificate", "secret", "workload"].includes(signIn));
}

function certificateOf(
  { certificateFile, keyFile, authentication }: ConnectionOptions,
  environment: Surroundings["environment"],
): ClientCertificateFiles | undefined {
  const hint = "Add --certificate-file FILE, and --key-file FILE where the private key is not in it.";
  if (certificateFile === undefined) {
    if (authentication === "certificate") throw new Fault("usage", { what: "Which client certificate to show was not said.", hint });
    if (keyFile !== undefined) throw new Fault("usage", { what: "A private key was named, but no certificate.", hint });
    return undefined;
  }
  const passphrase = environment["TIELINE_PASSPHRASE"];
  return { certificateFile, ...(keyFile === undefined ? {} : { keyFile }), ...(passphrase === undefined ? {} : { passphrase }) };
}

/** A session that outlives its shells. */
export function open({ wish, surroundings, registry, reconnection, warn }: Source): Promise<LastingConnection> {
  return openLasting(wish, surroundings, { registry, reconnection, warn });
}

export function reach(source: Source): Promise<Omit<Connection, "session">> {
  return reachEndpoint(source.wish, source.surroundings);
}

/** XDG's state folder; on Windows and macOS the same below the home folder. */
export function stateFolder(environment: Surroundings["environment"]): string {
  return join(environment["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "tieline");
}

export function keptSessions(environment: Surroundings["environment"]): KeptSessions {
  return new KeptSessions(stateFolder(environment));
}

export function shellRegistry(environment: Surroundings["environment"]): ShellRegistry {
  return new ShellRegistry(stateFolder(environment));
}

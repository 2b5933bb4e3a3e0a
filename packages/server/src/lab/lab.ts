/**
 * A lab: the service with two tenants and an on-premises pool in one process, on loopback ports, below one data folder.
 * The two sites share nothing but the process: each has its database, its certificate, its listeners; they would meet on
 * the wire.
 */
import { join, relative } from "node:path";
import { answer } from "@tieline/discovery";
import type { Dialler } from "@tieline/net";
import { hostKeyFingerprint, type ListenerTls } from "@tieline/remoting";
import type { EndpointLimits } from "../admin/index.ts";
import { FileOutbox, providerRequests, type IdentitySettings } from "../identity/index.ts";
import type { HybridSettings } from "../hybrid.ts";
import { serveSite, type ServedSite } from "../listeners.ts";
import { openLog, type ServiceLog } from "../log.ts";
import { openSite, type Site, type SiteKind, type SiteOptions } from "../site.ts";
import { LabAuthority } from "./authority.ts";
import { labServices, poolServices } from "./discovery.ts";
import { applyBreaks, type LabPlan } from "./breaks.ts";
import { labZones } from "./dns-records.ts";
import { serveDns } from "./dns-server.ts";
import { prepareFolder } from "./data-folder.ts";
import { openLabHybrid } from "./hybrid.ts";
import { readLab, writeLab, type LabDescription } from "./lab-file.ts";
import { ADMIN_HOST, certificateNames, LISTENERS_OF, LOGIN_ALIAS, LOGIN_HOST, nameEntries, POOL_HOST, type Ports } from "./places.ts";
import { sshHostKey } from "./ssh-host-key.ts";
import { choosePorts } from "./ports.ts";
import { provision, provisionApplications, type LabLogin } from "./provision.ts";
import { LabSecrets } from "./secrets.ts";
import { provisionUserData } from "./user-data.ts";

export interface StartLabOptions {
  folder: string;
  /** One site of the two; the other has a process of its own, on the same folder. Left out: both. */
  only?: SiteKind;
  /** People of the first tenant when the lab is new. */
  users: number;
  /** In the list of each of them; left out: as chance has it. */
  contacts?: number | undefined;
  /** Ports that must be these. */
  ports?: Partial<Ports>;
  databaseUrl?: string | undefined;
  databasePassword?: string | undefined;
  limits?: Partial<EndpointLimits>;
  /** Keys of HTTP/pool01.contoso.local, for Kerberos at the pool. */
  keytab?: string | undefined;
  onProgress?: (text: string) => void;
  /** By which the authorization server asks other identity providers; default: as this machine reaches them. */
  dialler?: Dialler;
  /** Of the way from the pool to the service, what is otherwise than in a lab. */
  hybrid?: Partial<HybridSettings>;
  /** Switches of `BREAKS`: what is broken on purpose, until the next start. */
  breaks?: readonly string[];
  /** Told before and after each step of a move: for tests that kill. */
  reached?: SiteOptions["reached"];
}

export interface RunningLab extends AsyncDisposable {
  readonly folder: string;
  readonly description: LabDescription;
  readonly logins: readonly LabLogin[];
  readonly logPath: string;
  /** What a lab switches on that a deployment should not. */
  readonly warnings: readonly string[];
  /** The sites of this process. */
  readonly sites: Readonly<Partial<Record<SiteKind, Site>>>;
  /** Sessions that are open now, on both sites. */
  sessionCount(): number;
}

/** The account that has a client certificate, in the authority's folder. */
const CERTIFIED = "admin@contoso.com";

const WARNINGS = [
  "Basic with passwords (the service) and NTLM (the pool) are switched on: the lab is for loopback, not for a network.",
  "the certificate authority's key lies beside it: do not trust it outside this machine.",
];

/** @throws Fault `folder-unwritable`, `store-in-use`, `store-damaged`, `port-taken`, ... */
export async function startLab(options: StartLabOptions): Promise<RunningLab> {
  const { folder, only } = options;
  const say = options.onProgress ?? (() => undefined);
  prepareFolder(folder);
  await using opened = new AsyncDisposableStack();
  const log = opened.use(openLog(folder, only ?? "service"));
  const secrets = LabSecrets.open(folder);
  const open = async (kind: SiteKind): Promise<Site | undefined> =>
    only === undefined || only === kind ? opened.use(await site(kind, options, secrets, log)) : undefined;
  // The stores come first: they hold the folder's lock, so that nothing of a running lab is touched.
  const online = await open("online");
  const pool = await open("pool");
  const last = readLab(folder);
  const ports = await choosePorts({
    last: last?.ports ?? {},
    ...(options.ports === undefined ? {} : { fixed: options.ports }),
    ...(only === undefined ? {} : { mine: LISTENERS_OF[only] }),
  });
  const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
  say("Preparing the directory ...");
  const logins: LabLogin[] = [];
  for (const each of [online, pool]) {
    if (each === undefined) continue;
    logins.push(...(await provision(each, secrets, options.users)));
    await provisionUserData(each, Date.now(), options.contacts);
  }
  const hostKey = await sshHostKey(join(folder, "keys", "ssh_host_ed25519"));
  const place = { opened, ports, authority, hostKey };
  const service = online === undefined ? undefined : await openService(online, options, place);
  const served = service === undefined ? [] : [service.served];
  if (pool !== undefined) {
    opened.use(await openLabHybrid(pool, { ...place, folder, secrets, log, settings: options.hybrid }));
    served.push(opened.use(await servePool(pool, ports, await certificate(authority, "pool"), options.keytab)));
  }
  const sockets = served.flatMap((each) => each.sockets);
  const description: LabDescription = {
    ports,
    names: [...(service?.plan.names ?? last?.names ?? nameEntries(ports))],
    authority: relative(folder, authority.path),
    sockets: service === undefined ? (last?.sockets ?? []) : sockets,
    sshFingerprint: await hostKeyFingerprint(hostKey),
  };
  writeLab(folder, description);
  log.logger.info({ ports }, "lab started");
  const resources = opened.move();
  return {
    folder,
    description,
    logins,
    logPath: log.path ?? "",
    warnings: service?.plan.warnings ?? WARNINGS,
    sites: { ...(online === undefined ? {} : { online }), ...(pool === undefined ? {} : { pool }) },
    sessionCount: () => served.reduce((sum, each) => sum + each.sessionCount(), 0),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What both sites of a lab are served with. */
interface LabPlace {
  opened: AsyncDisposableStack;
  ports: Ports;
  authority: LabAuthority;
  hostKey: string;
}

/** The service with its applications, and the lab's name server. */
async function openService(
  online: Site,
  { folder, breaks = [] }: StartLabOptions,
  { opened, ports, authority, hostKey }: LabPlace,
): Promise<{ plan: LabPlan; served: ServedSite }> {
  await provisionApplications(online, ({ file }) => authority.client(file, Date.now()));
  const plan: LabPlan = {
    authority,
    online,
    tls: await onlineCertificate(authority),
    mechanisms: { basic: true, ntlm: false },
    services: await labServices(online),
    zones: labZones(),
    names: nameEntries(ports),
    fronts: [],
    warnings: [...WARNINGS],
    resources: opened,
  };
  await applyBreaks(breaks, plan);
  const served = opened.use(await serveOnline(plan, ports, hostKey, folder));
  opened.use(await serveDns({ port: ports["lab-dns"], zones: plan.zones }));
  return { plan, served };
}

function site(kind: SiteKind, options: StartLabOptions, secrets: LabSecrets, log: ServiceLog): Promise<Site> {
  return openSite({
    kind,
    folder: options.folder,
    databaseUrl: options.databaseUrl,
    databasePassword: options.databasePassword,
    ...(kind === "pool"
      ? { vaultKey: secrets.vaultKey }
      : { identity: labIdentity(secrets, options.dialler), transport: new FileOutbox(join(options.folder, "outbox"), Date.now) }),
    computer: kind === "online" ? ADMIN_HOST : POOL_HOST,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    log: log.logger.child({ site: kind }),
    reached: options.reached,
  });
}

function labIdentity(secrets: LabSecrets, dialler: Dialler | undefined): IdentitySettings {
  return {
    host: LOGIN_HOST,
    aliases: [LOGIN_ALIAS],
    endpointHosts: [ADMIN_HOST, "localhost", "127.0.0.1"],
    siteKey: secrets.identityKey,
    ...(dialler === undefined ? {} : { providers: providerRequests({ dialler }) }),
  };
}

async function certificate(authority: LabAuthority, kind: SiteKind): Promise<ListenerTls> {
  return authority.server(kind, certificateNames(kind), Date.now());
}

/** The service lets in by client certificate, too; one is made for whoever wants to try that. */
async function onlineCertificate(authority: LabAuthority): Promise<ListenerTls> {
  await authority.client(CERTIFIED, Date.now());
  return { ...(await certificate(authority, "online")), clientAuthorities: [authority.certificate] };
}

function serveOnline(plan: LabPlan, ports: Ports, hostKey: string, folder: string): Promise<ServedSite> {
  const { online, tls, mechanisms, services, fronts } = plan;
  return serveSite(online, {
    mechanisms,
    ...(fronts.length === 0 ? {} : { front: (request, response) => fronts.some((front) => front(request, response)) }),
    ntlmNames: {},
    https: { port: ports["online-https"], tls },
    http: { port: ports["online-http"], endpoint: false },
    ssh: { port: ports["online-ssh"], hostKey },
    sockets: ["contoso.com", "fabrikam.com"].map((domain) => ({ path: join(folder, "run", `${domain}.sock`), user: `admin@${domain}` })),
    answer: (request) => answer(request, services),
  });
}

function servePool(pool: Site, ports: Ports, tls: ListenerTls, keytab: string | undefined): Promise<ServedSite> {
  return serveSite(pool, {
    mechanisms: { basic: false, ntlm: true },
    keytab,
    ntlmNames: { netbiosDomain: "CONTOSO", netbiosComputer: "POOL01", dnsDomain: "contoso.local", dnsComputer: POOL_HOST },
    https: { port: ports["pool-https"], tls },
    http: { port: ports["pool-http"], endpoint: true },
    answer: (request) => answer(request, poolServices),
  });
}

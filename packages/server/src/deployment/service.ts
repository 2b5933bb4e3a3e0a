/**
 * A service that others can reach, as its configuration says. It opens in this order, and what was opened is closed again
 * when a later step fails: configuration, certificate, store, listeners, monitor.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { limitPasswordHashes, type NtlmServerNames } from "@tieline/auth";
import { answer } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import type { ListenerTls } from "@tieline/remoting";
import { sql } from "kysely";
import type { Tenant } from "../directory/index.ts";
import { LabAuthority } from "../lab/authority.ts";
import { sshHostKey } from "../lab/ssh-host-key.ts";
import { prepareFolder } from "../lab/data-folder.ts";
import { serveSite } from "../listeners.ts";
import { openLog } from "../log.ts";
import { readTextFile } from "../text-file.ts";
import { openSite, type Site } from "../site.ts";
import { onlineServices } from "../online-services.ts";
import { CertificateWatch, daysLeft } from "./certificates.ts";
import type { Configuration } from "./configuration.ts";
import { AUTHORITY_NAME, OWN_AUTHORITY } from "./init.ts";
import { Metrics } from "./metrics.ts";
import { openMonitor, type Check } from "./monitor.ts";
import { forestCheck } from "./pool-forest.ts";
import { openPoolHybrid } from "./pool-hybrid.ts";
import { poolServices } from "./pool-services.ts";
import { servedDomains } from "./served-domains.ts";
import { siteOptions } from "./site-options.ts";
import { openSiteKey } from "./site-key.ts";

export interface StartServiceOptions {
  configuration: Configuration;
  environment: Readonly<Record<string, string | undefined>>;
  nowMs: () => number;
  /** Told what a person at the terminal should read. */
  say?: (text: string) => void;
}

export interface RunningService extends AsyncDisposable {
  readonly configuration: Configuration;
  readonly logPath: string | undefined;
  /** What is legacy or local, in words. */
  readonly warnings: readonly string[];
  readonly monitorPort: number | undefined;
  sessionCount(): number;
  /** Reads the certificate's files again: for SIGHUP. */
  reload(): void;
}

const LOOK_MS = 30_000;

/** @throws Fault `site-key-unusable`, `certificate-unusable`, `tenant-missing`, `port-taken`, those of the store's layer */
export async function startService(options: StartServiceOptions): Promise<RunningService> {
  const { configuration, nowMs } = options;
  const { kind, data: folder, hosts, listen, limits } = configuration;
  prepareFolder(folder);
  limitPasswordHashes({ atOnce: limits.hashesAtOnce, waiting: limits.hashesWaiting });
  await using opened = new AsyncDisposableStack();
  const log = opened.use(openLog(folder, "service", configuration.log));
  const siteKey = openSiteKey(folder);
  await renewOwn(configuration, nowMs());
  let served: Awaited<ReturnType<typeof serveSite>> | undefined;
  const certificate = new CertificateWatch({
    files: configuration.tls,
    names: namesToServe(configuration),
    warnDays: configuration.tls.warnDays,
    nowMs,
    every: (work) => {
      const timer = setInterval(() => void renewOwn(configuration, nowMs()).then(work, work), LOOK_MS).unref();
      return () => clearInterval(timer);
    },
    renewed: (pair) => served?.renew(pair),
    say: (level, text, facts) => {
      log.logger[level](facts, text);
      if (level !== "info") options.say?.(text);
    },
  });
  opened.defer(() => certificate.stop());
  const metrics = new Metrics({ sessions: () => served?.sessionCount() ?? 0, certificateEndsMs: () => certificate.pair.notAfterMs });
  const site = opened.use(
    await openSite({
      ...siteOptions(configuration, siteKey, options.environment),
      log: log.logger.child({ site: kind }),
      observe: (event) => metrics.observe(event),
    }),
  );
  const [tenant] = await site.directory.tenants.list();
  if (tenant === undefined) throw new Fault("tenant-missing", { folder });
  const domains = opened.use(await servedDomains(() => SERVICES[kind](site, hosts), LOOK_MS));
  if (kind === "pool")
    opened.use(
      await openPoolHybrid(site, configuration, { siteKey, environment: options.environment, log: log.logger.child({ site: kind }) }),
    );
  served = opened.use(
    await serveSite(site, {
      address: listen.address,
      mechanisms: configuration.legacy,
      ntlmNames: ntlmNames(tenant, hosts.powershell),
      keytab: configuration.kerberos?.keytab,
      https: { port: listen.https, tls: listenerTls(configuration, certificate) },
      ...(listen.http === null ? {} : { http: { port: listen.http, endpoint: kind === "pool" } }),
      ...(listen.ssh === null ? {} : { ssh: { port: listen.ssh, hostKey: await sshHostKey(join(folder, "keys", "ssh_host_ed25519")) } }),
      answer: (request) => answer(request, (domain) => domains.find(domain)),
    }),
  );
  const monitor =
    configuration.monitor === null
      ? undefined
      : opened.use(await openMonitor({ ...configuration.monitor, checks: checksOf(site, certificate, nowMs), metrics }));
  log.logger.info({ listen, hosts }, "service started");
  opened.defer(() => log.logger.info({}, "service stops"));
  const resources = opened.move();
  return {
    configuration,
    logPath: log.path,
    warnings: warningsOf(configuration),
    monitorPort: monitor?.port,
    sessionCount: () => served.sessionCount(),
    reload: () => certificate.look(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const SERVICES = { online: onlineServices, pool: poolServices } as const;

/** As the domain and this machine are called among Windows machines. */
function ntlmNames({ kind, name, netbiosName }: Tenant, host: string): NtlmServerNames {
  if (kind === "online") return {};
  return {
    ...(netbiosName === null ? {} : { netbiosDomain: netbiosName }),
    netbiosComputer: (host.split(".")[0] as string).slice(0, 15).toUpperCase(),
    dnsDomain: name,
    dnsComputer: host,
  };
}

/** Nobody signs in at a pool in a browser. */
function namesToServe({ kind, hosts }: Configuration): string[] {
  return kind === "online" ? Object.values(hosts) : [hosts.powershell, hosts.discovery];
}

/** A certificate of the folder's own authority is made anew before it lapses. */
async function renewOwn(configuration: Configuration, nowMs: number): Promise<void> {
  const { kind, data, tls } = configuration;
  const own = join(data, OWN_AUTHORITY);
  if (dirname(tls.certificate) !== own) return;
  const authority = await LabAuthority.open(own, nowMs, AUTHORITY_NAME);
  await authority.server(kind, [...new Set([...namesOf(tls.certificate), ...namesToServe(configuration)])], nowMs);
}

/** The names that a certificate is made out to; none where it cannot be read. */
function namesOf(path: string): string[] {
  try {
    const names = new X509Certificate(readFileSync(path)).subjectAltName ?? "";
    return [...names.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map((match) => match[1] as string);
  } catch {
    return [];
  }
}

function listenerTls({ tls }: Configuration, { pair }: CertificateWatch): ListenerTls {
  const authorities = tls.clientAuthorities.map(readTextFile);
  return {
    cert: pair.cert,
    key: pair.key,
    maxVersion: tls.maxVersion,
    ...(authorities.length === 0 ? {} : { clientAuthorities: authorities }),
  };
}

function checksOf(site: Site, certificate: CertificateWatch, nowMs: () => number): Check[] {
  return [
    {
      name: "database",
      run: async () => {
        await sql`select 1`.execute(site.store.db);
        return `${site.store.engine} answers`;
      },
    },
    {
      name: "certificate",
      run: async () => {
        const days = daysLeft(certificate.pair, nowMs());
        if (days < 0) throw new Error("it has lapsed");
        return `${days} days left`;
      },
    },
    ...(site.migration?.forest === undefined ? [] : [forestCheck(site.migration.forest, nowMs)]),
  ];
}

function warningsOf({ legacy, tls, data, monitor }: Configuration): string[] {
  const isLocal = monitor === null || ["127.0.0.1", "::1", "localhost"].includes(monitor.address);
  return [
    ...(legacy.basic ? ["Basic with passwords is switched on: whoever guesses a password is in, without a second factor."] : []),
    ...(legacy.ntlm ? ["NTLM is switched on: give kerberos.keytab, and switch it off."] : []),
    ...(dirname(tls.certificate) === join(data, OWN_AUTHORITY)
      ? [`the certificate is of our own making: clients must trust ${join(data, OWN_AUTHORITY, "lab-ca.crt")}.`]
      : []),
    ...(isLocal ? [] : [`health and metrics can be read by whoever reaches ${monitor?.address}.`]),
  ];
}

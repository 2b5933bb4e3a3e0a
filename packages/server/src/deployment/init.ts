/**
 * The first tenant, or the deployment of a pool, and its administrator, in an empty data folder: what `tieline init` does. There is no default password
 * and no default account; everything that is made is made in one transaction, and a second run changes nothing.
 */
import { randomUUID } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { hashPassword, ntHash, sealNtHash, SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { Directory, type AccountId } from "../directory/index.ts";
import { vaultKeyOf } from "../derived-keys.ts";
import { checkPassword } from "../identity/index.ts";
import { LabAuthority } from "../lab/authority.ts";
import { prepareFolder } from "../lab/data-folder.ts";
import { databasePassword, openStore } from "../store/index.ts";
import { readCertificate } from "./certificates.ts";
import { configurationSchema, parseConfiguration, type ConfigurationText } from "./configuration.ts";
import { firstDeployment, firstTenant, found, type PoolWish } from "./first-tenant.ts";
import { makeSiteKey } from "./site-key.ts";
import type { SiteKind } from "../site.ts";

export const CONFIGURATION_FILE = "tieline.json";

export interface InitOptions {
  /** Holds the configuration and everything else. */
  folder: string;
  /** The tenant's domain, contoso.com; of a pool the SIP domain of its people. */
  domain: string;
  displayName?: string | undefined;
  /** name@domain; of a pool in its own domain. */
  administrator: string;
  /** An on-premises deployment instead of the service. */
  pool?: (PoolWish & { ntlm?: boolean | undefined; keytab?: string | undefined }) | undefined;
  password: string;
  /** The name under which the service is reached. */
  host: string;
  address?: string | undefined;
  httpsPort?: number | undefined;
  httpPort?: number | null | undefined;
  /** PEM files; without them an authority of the folder's own issues one. */
  certificate?: { certificate: string; key: string } | undefined;
  database?: { url: string; passwordFile?: string | undefined } | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  nowMs: number;
}

export interface InitSummary {
  configuration: string;
  kind: SiteKind;
  tenantId: string;
  domain: string;
  administrator: string;
  /** The authority that clients must trust, where the certificate is of our own making. */
  authority: string | undefined;
}

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/** As Windows lets a domain be called. */
const NETBIOS = /^[a-z0-9][a-z0-9-]{0,14}$/i;

/**
 * @throws Fault `domain-malformed`, `netbios-malformed`, `administrator-malformed`, `password-weak`, `init-done`, `configuration-invalid`,
 *   `certificate-unusable`, `folder-unwritable` and those of the store's layer
 */
export async function initialise(options: InitOptions): Promise<InitSummary> {
  const { domain, administrator, pool, nowMs } = options;
  const folder = resolve(options.folder);
  const home = pool?.domain ?? domain;
  for (const each of [domain, home]) if (!DOMAIN.test(each)) throw new Fault("domain-malformed", { domain: each });
  if (pool !== undefined && !NETBIOS.test(pool.netbiosName)) throw new Fault("netbios-malformed", { name: pool.netbiosName });
  const [name = "", ...rest] = administrator.split("@");
  if (name === "" || rest.join("@").toLowerCase() !== home.toLowerCase())
    throw new Fault("administrator-malformed", { user: administrator, domain: home });
  checkPassword(options.password, [name, home]);
  prepareFolder(folder);
  const path = join(folder, CONFIGURATION_FILE);
  if (existsSync(path)) throw new Fault("init-done", { path });
  const authority =
    options.certificate === undefined
      ? await ownAuthority(folder, pool === undefined ? "online" : "pool", namesFor(options), nowMs)
      : undefined;
  const written = configurationOf(folder, options);
  const text = `${JSON.stringify(written, null, 2)}\n`;
  const configuration = parseConfiguration(text, path);
  readCertificate(configuration.tls, Object.values(configuration.hosts), nowMs);
  const siteKey = makeSiteKey(folder);
  const wished = { ...options, host: configuration.hosts.powershell };
  const first = pool === undefined ? firstTenant(wished) : firstDeployment(wished, pool);
  const { kind, tenantId } = first.tenant;
  const accountId = randomUUID() as AccountId;
  const passwordHash = await hashPassword(options.password);
  // NTLM needs a hash of its own; where it is off nothing is kept that is weaker than it must be.
  const isForNtlm = configuration.legacy.ntlm;
  const ntHashSealed = isForNtlm ? sealNtHash(vaultKeyOf(siteKey), accountId, ntHash(options.password), SYSTEM_SOURCES) : null;
  {
    await using store = await openStore({
      folder,
      name: kind,
      databaseUrl: options.database?.url,
      databasePassword: databasePassword(options.database?.passwordFile, options.environment),
      nowMs,
    });
    await Directory.of(store).transaction(async (directory) => {
      if ((await directory.tenants.list()).length > 0) throw new Fault("init-done", { path: folder });
      await found(directory, first, { accountId, name, domain: home, passwordHash, ntHashSealed }, nowMs);
    });
  }
  // The configuration comes last: where it is, everything that it speaks of is there.
  writeFileSync(join(folder, "tieline.schema.json"), `${JSON.stringify(configurationSchema(), null, 2)}\n`);
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return { configuration: path, kind, tenantId, domain: domain.toLowerCase(), administrator, authority };
}

/** People inside ask a pool under a name of its own. */
function namesFor({ host, domain, pool }: InitOptions): string[] {
  const discovery = ["lyncdiscover", ...(pool === undefined ? [] : ["lyncdiscoverinternal"])];
  return [host, ...discovery.map((name) => `${name}.${domain.toLowerCase()}`)];
}

/** @returns the path of the authority's certificate */
async function ownAuthority(folder: string, kind: SiteKind, names: readonly string[], nowMs: number): Promise<string> {
  const authority = await LabAuthority.open(join(folder, OWN_AUTHORITY), nowMs, AUTHORITY_NAME);
  await authority.server(kind, [...names, "localhost", "127.0.0.1"], nowMs);
  return authority.path;
}

/** The folder of an authority of our own, below the data folder. */
export const OWN_AUTHORITY = "authority";
/** As clients show it that are asked whether they trust it. */
export const AUTHORITY_NAME = "CN=Tieline authority, O=Tieline";

function configurationOf(folder: string, options: InitOptions): ConfigurationText {
  const { pool } = options;
  const kind = pool === undefined ? "online" : "pool";
  const tls =
    options.certificate === undefined
      ? { certificate: `${OWN_AUTHORITY}/${kind}.crt`, key: `${OWN_AUTHORITY}/${kind}.key` }
      : { certificate: fromHere(folder, options.certificate.certificate), key: fromHere(folder, options.certificate.key) };
  return {
    $schema: "./tieline.schema.json",
    ...(pool === undefined ? {} : { kind }),
    host: options.host,
    listen: {
      address: options.address ?? "127.0.0.1",
      https: options.httpsPort ?? 443,
      http: options.httpPort === undefined ? 80 : options.httpPort,
    },
    tls,
    ...(pool?.keytab === undefined ? {} : { kerberos: { keytab: fromHere(folder, pool.keytab) } }),
    ...(pool?.ntlm === true ? { legacy: { ntlm: true } } : {}),
    ...(options.database === undefined
      ? {}
      : {
          database: {
            url: options.database.url,
            ...(options.database.passwordFile === undefined ? {} : { passwordFile: fromHere(folder, options.database.passwordFile) }),
          },
        }),
  };
}

/** Below the folder as it stands there, elsewhere whole. */
function fromHere(folder: string, path: string): string {
  const whole = resolve(path);
  const inside = relative(folder, whole);
  return inside.startsWith("..") ? whole : inside;
}

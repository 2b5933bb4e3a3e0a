/**
 * The first tenant and its administrator, in an empty data folder: what `tieline init` does. There is no default password
 * and no default account; everything that is made is made in one transaction, and a second run changes nothing.
 */
import { randomUUID } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { hashPassword } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { Directory, type AccountId, type TenantId } from "../directory/index.ts";
import { checkPassword } from "../identity/index.ts";
import { LabAuthority } from "../lab/authority.ts";
import { prepareFolder } from "../lab/data-folder.ts";
import { databasePassword, openStore } from "../store/index.ts";
import { readCertificate } from "./certificates.ts";
import { configurationSchema, parseConfiguration, type ConfigurationText } from "./configuration.ts";
import { makeSiteKey } from "./site-key.ts";

export const CONFIGURATION_FILE = "tieline.json";

export interface InitOptions {
  /** Holds the configuration and everything else. */
  folder: string;
  /** The tenant's domain, contoso.com. */
  domain: string;
  displayName?: string | undefined;
  /** name@domain. */
  administrator: string;
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
  tenantId: string;
  domain: string;
  administrator: string;
  /** The authority that clients must trust, where the certificate is of our own making. */
  authority: string | undefined;
}

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/**
 * @throws Fault `domain-malformed`, `administrator-malformed`, `password-weak`, `init-done`, `configuration-invalid`,
 *   `certificate-unusable`, `folder-unwritable` and those of the store's layer
 */
export async function initialise(options: InitOptions): Promise<InitSummary> {
  const { domain, administrator, nowMs } = options;
  const folder = resolve(options.folder);
  if (!DOMAIN.test(domain)) throw new Fault("domain-malformed", { domain });
  const [name = "", ...rest] = administrator.split("@");
  if (name === "" || rest.join("@").toLowerCase() !== domain.toLowerCase())
    throw new Fault("administrator-malformed", { user: administrator, domain });
  checkPassword(options.password, [name, domain]);
  prepareFolder(folder);
  const path = join(folder, CONFIGURATION_FILE);
  if (existsSync(path)) throw new Fault("init-done", { path });
  const authority =
    options.certificate === undefined
      ? await ownAuthority(folder, [options.host, `lyncdiscover.${domain.toLowerCase()}`], nowMs)
      : undefined;
  const written = configurationOf(folder, options);
  const text = `${JSON.stringify(written, null, 2)}\n`;
  const configuration = parseConfiguration(text, path);
  readCertificate(configuration.tls, Object.values(configuration.hosts), nowMs);
  makeSiteKey(folder);
  const tenantId = randomUUID() as TenantId;
  const passwordHash = await hashPassword(options.password);
  {
    await using store = await openStore({
      folder,
      name: "online",
      databaseUrl: options.database?.url,
      databasePassword: databasePassword(options.database?.passwordFile, options.environment),
      nowMs,
    });
    await Directory.of(store).transaction(async (directory) => {
      if ((await directory.tenants.list()).length > 0) throw new Fault("init-done", { path: folder });
      await directory.tenants.add({
        tenantId,
        kind: "online",
        name: domain.split(".")[0] as string,
        displayName: options.displayName ?? domain,
        initialDomain: domain.toLowerCase(),
        netbiosName: null,
        forest: "0a",
        registrarPool: configuration.hosts.powershell,
        remotePowerShell: true,
        properties: {},
        createdMs: nowMs,
        changedMs: nowMs,
      });
      const first = { name: domain.toLowerCase(), verified: true, isDefault: true, sip: true };
      await directory.tenants.addDomain({ tenantId, kind: "online" }, first, nowMs);
      const account = {
        accountId: randomUUID() as AccountId,
        userPrincipalName: `${name}@${domain.toLowerCase()}`,
        accountName: name,
        displayName: "Administrator",
        passwordHash,
        roles: ["Global Administrator"],
      };
      await directory.tenant(tenantId).accounts.add(account, nowMs);
    });
  }
  // The configuration comes last: where it is, everything that it speaks of is there.
  writeFileSync(join(folder, "tieline.schema.json"), `${JSON.stringify(configurationSchema(), null, 2)}\n`);
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return { configuration: path, tenantId, domain: domain.toLowerCase(), administrator, authority };
}

/** @returns the path of the authority's certificate */
async function ownAuthority(folder: string, names: readonly string[], nowMs: number): Promise<string> {
  const authority = await LabAuthority.open(join(folder, OWN_AUTHORITY), nowMs, AUTHORITY_NAME);
  await authority.server("online", [...names, "localhost", "127.0.0.1"], nowMs);
  return authority.path;
}

/** The folder of an authority of our own, below the data folder. */
export const OWN_AUTHORITY = "authority";
/** As clients show it that are asked whether they trust it. */
export const AUTHORITY_NAME = "CN=Tieline authority, O=Tieline";

function configurationOf(folder: string, options: InitOptions): ConfigurationText {
  const tls =
    options.certificate === undefined
      ? { certificate: `${OWN_AUTHORITY}/online.crt`, key: `${OWN_AUTHORITY}/online.key` }
      : { certificate: fromHere(folder, options.certificate.certificate), key: fromHere(folder, options.certificate.key) };
  return {
    $schema: "./tieline.schema.json",
    host: options.host,
    listen: {
      address: options.address ?? "127.0.0.1",
      https: options.httpsPort ?? 443,
      http: options.httpPort === undefined ? 80 : options.httpPort,
    },
    tls,
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

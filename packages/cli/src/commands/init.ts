/** `tieline init`: the first tenant, or the deployment of a pool, and its administrator. */
import { initialise, type InitOptions } from "@tieline/server";
import { Fault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { secretFrom } from "../passwords.ts";
import { printerFor } from "../printer-for.ts";
import { styleFor } from "../style.ts";

interface InitCommandOptions extends CommonOptions {
  tenant: string;
  admin: string;
  host: string;
  displayName?: string;
  passwordFile?: string;
  certificate?: string;
  key?: string;
  selfSigned?: boolean;
  address?: string;
  httpsPort?: number;
  pool?: boolean;
  /** Of Active Directory. */
  domain?: string;
  netbios?: string;
  ntlm?: boolean;
  keytab?: string;
  /** False for --no-http. */
  http?: boolean;
  httpPort?: number;
  databaseUrl?: string;
  databasePasswordFile?: string;
}

export async function init(options: InitCommandOptions, around: Surroundings, folder: string): Promise<number> {
  const certificate = certificateOf(options);
  const pool = poolOf(options);
  const password = await secretFrom(
    { file: options.passwordFile, variable: "TIELINE_PASSWORD", question: `Password of ${options.admin}`, isNew: true },
    around,
  );
  const wish: InitOptions = {
    folder,
    domain: options.tenant,
    displayName: options.displayName,
    administrator: options.admin,
    pool,
    password,
    host: options.host,
    address: options.address,
    httpsPort: options.httpsPort,
    httpPort: options.http === false ? null : options.httpPort,
    certificate,
    database: options.databaseUrl === undefined ? undefined : { url: options.databaseUrl, passwordFile: options.databasePasswordFile },
    environment: around.environment,
    nowMs: Date.now(),
  };
  const made = await initialise(wish);
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      Configuration: made.configuration,
      TenantId: made.tenantId,
      Domain: made.domain,
      Administrator: made.administrator,
      Authority: made.authority ?? null,
    }),
  );
  await printer.end();
  const style = styleFor(around.stderr, around.environment);
  around.stderr.write(
    [
      `${style.strong("Next")}\n`,
      `  tieline up --config ${made.configuration}\n`,
      ...(pool === undefined
        ? [`  a DNS record lyncdiscover.${made.domain} that leads to ${options.host}\n`]
        : [`  a DNS record ${options.host}, and the part hybrid of the configuration for moves (docs/pool.md)\n`]),
      ...(made.authority === undefined ? [] : [`  clients trust ${made.authority} (tieline --ca-file)\n`]),
      `  tieline connect ${made.administrator}${pool === undefined ? "" : ` --target-uri https://${options.host}/OcsPowershell`}\n`,
    ].join(""),
  );
  return EXIT.ok;
}

function certificateOf({ certificate, key, selfSigned }: InitCommandOptions): InitOptions["certificate"] {
  const hint = "Add --certificate FILE and --key FILE, or --self-signed for an authority of the service's own.";
  if (certificate !== undefined && key !== undefined && selfSigned !== true) return { certificate, key };
  if (certificate === undefined && key === undefined && selfSigned === true) return undefined;
  throw new Fault("usage", { what: "It was not said which certificate the service shows, or said twice.", hint });
}

function poolOf({ pool, domain, netbios, ntlm, keytab, tenant }: InitCommandOptions): InitOptions["pool"] {
  if (pool !== true) {
    if (domain === undefined && netbios === undefined && ntlm !== true && keytab === undefined) return undefined;
    throw new Fault("usage", { what: "--domain, --netbios, --ntlm and --keytab are for a pool.", hint: "Add --pool, or leave them out." });
  }
  if (ntlm !== true && keytab === undefined)
    throw new Fault("usage", {
      what: "It was not said how people sign in at the pool.",
      hint: "Add --keytab FILE with the keys of HTTP/<host> (Kerberos), or --ntlm where there is no domain controller.",
    });
  const home = domain ?? tenant;
  return { domain: home, netbiosName: netbios ?? (home.split(".")[0] as string).slice(0, 15), ntlm, keytab };
}

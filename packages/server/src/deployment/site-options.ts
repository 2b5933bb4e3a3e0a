/** From a deployment's configuration to what its site is opened with; a service and its workers open the same. */
import { Dialler, proxyFromEnvironment, readAuthorities } from "@tieline/net";
import { identityKeyOf, vaultKeyOf } from "../derived-keys.ts";
import { providerRequests, type ProviderRequests } from "../identity/index.ts";
import type { SiteOptions } from "../site.ts";
import { databasePassword } from "../store/index.ts";
import type { Configuration } from "./configuration.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Fault `file-unreadable` */
export function siteOptions(configuration: Configuration, siteKey: Uint8Array, environment: Environment): Omit<SiteOptions, "log"> {
  const { kind, data, hosts, limits, database, legacy } = configuration;
  return {
    kind,
    folder: data,
    databaseUrl: database?.url,
    databasePassword: databasePassword(database?.passwordFile, environment),
    ...(legacy.ntlm ? { vaultKey: vaultKeyOf(siteKey) } : {}),
    ...(kind === "online"
      ? {
          identity: {
            host: hosts.login,
            aliases: [],
            endpointHosts: [hosts.powershell],
            siteKey: identityKeyOf(siteKey),
            providers: providersOf(configuration, environment),
          },
        }
      : {}),
    computer: hosts.powershell,
    limits: {
      perUser: limits.shellsPerUser,
      perTenant: limits.shellsPerTenant,
      lifetimeMs: limits.lifetimeMinutes * 60_000,
      budget: limits.budget ?? "off",
    },
    knownSources: { knownDays: limits.knownSourceDays },
    guard: {
      accountThreshold: limits.guessesPerAccount,
      sourceThreshold: limits.guessesPerAddress,
      lockMs: limits.lockMinutes * 60_000,
      forgetMs: limits.lockMinutes * 60_000,
    },
  };
}

/** Through the environment's proxy, where it names one: providers are mostly outside. */
function providersOf({ federation }: Configuration, environment: Environment): ProviderRequests {
  const dialler = new Dialler({
    tls: { authorities: federation.authorities.map(readAuthorities) },
    proxy: proxyFromEnvironment(environment),
  });
  return providerRequests({ dialler, timeoutMs: federation.timeoutSeconds * 1000 });
}

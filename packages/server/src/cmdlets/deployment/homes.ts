/** Where users of a deployment may be homed: its registrar pools, and the service behind a hosting provider. */
import type { SiteSetting } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { mine, type SessionContext } from "../session.ts";

/** What a hosting provider must be for users of ours to be homed there. */
const SHARED = ["Enabled", "HostsOCSUsers", "EnabledSharedAddressSpace"] as const;

/** The pool's name as the deployment writes it; the command ends where it has no registrar of that name. */
export async function registrarPool(context: SessionContext, fqdn: string): Promise<string> {
  const wanted = fqdn.replace(/\.$/, "").toLowerCase();
  const pool = (await mine(context).pools.list()).find(({ identity }) => identity.toLowerCase() === wanted);
  if (pool === undefined) return context.fail(refuse("pool-not-found", { identity: fqdn }, fqdn));
  const isRegistrar = pool.services.some((service) => service.toLowerCase() === `registrar:${wanted}`);
  return isRegistrar ? pool.identity : context.fail(refuse("pool-no-registrar", { identity: pool.identity }, fqdn));
}

/** The provider with this proxy. */
async function providerOf(context: SessionContext, proxyFqdn: string): Promise<SiteSetting | undefined> {
  const wanted = proxyFqdn.replace(/\.$/, "").toLowerCase();
  const providers = await mine(context).settings.list("HostingProvider");
  return providers.find(({ settings }) => typeof settings["ProxyFqdn"] === "string" && settings["ProxyFqdn"].toLowerCase() === wanted);
}

/** The proxy's name in lower case, as users have it; the command ends where no users of ours can be homed behind it. */
export async function sharedProvider(context: SessionContext, proxyFqdn: string): Promise<string> {
  const provider = await providerOf(context, proxyFqdn);
  if (provider === undefined) return context.fail(refuse("provider-proxy-unknown", { proxy: proxyFqdn }, proxyFqdn));
  const missing = SHARED.filter((name) => provider.settings[name] !== true);
  if (missing.length > 0) {
    const fields = {
      name: provider.name,
      proxy: proxyFqdn,
      missing: missing.join(", "),
      cure: missing.map((name) => `-${name} $true`).join(" "),
    };
    return context.fail(refuse("provider-not-shared", fields, proxyFqdn));
  }
  return (provider.settings["ProxyFqdn"] as string).toLowerCase();
}

/** HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either letter case: one for each scheme, as curl reads them. */
import { exceptionsOf, isLoopback, splitExceptions } from "./exceptions.ts";
import { parseProxy, type Proxy, type ProxyChoice } from "./proxy.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment's choice, or undefined where it names no proxy. The small letters win. Loopback goes direct always.
 *
 * @throws Fault `usage` for an address that cannot be read
 */
export function environmentProxy(environment: Environment): ProxyChoice | undefined {
  const read = (name: string): string | undefined => environment[name] || environment[name.toUpperCase()] || undefined;
  const proxyFor = (scheme: string): Proxy | undefined => {
    const text = read(`${scheme}_proxy`) ?? read("all_proxy");
    return text === undefined ? undefined : parseProxy(text);
  };
  const proxies = { "http:": proxyFor("http"), "https:": proxyFor("https") };
  if (proxies["http:"] === undefined && proxies["https:"] === undefined) return undefined;
  const excepted = exceptionsOf(splitExceptions(read("no_proxy") ?? ""));
  return (to) => [isLoopback(to.host) || excepted(to) ? "direct" : (proxies[to.protocol] ?? "direct")];
}

/** The same, direct where the environment names none. */
export function proxyFromEnvironment(environment: Environment): ProxyChoice {
  return environmentProxy(environment) ?? (() => ["direct"]);
}

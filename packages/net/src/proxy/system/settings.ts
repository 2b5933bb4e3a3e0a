/** What a desktop says of proxies, in one form for all of them, and the choice that follows from it. */
import { exceptionsOf, isLoopback } from "../exceptions.ts";
import type { Proxy, ProxyChoice } from "../proxy.ts";

export interface ProxySettings {
  http?: Proxy;
  https?: Proxy;
  /** For whatever the two above say nothing of. */
  socks?: Proxy;
  /** As `exceptionsOf` reads them. */
  exceptions: readonly string[];
  /** A script; it is asked first. */
  script?: string;
  /** The desktop would look for a script by itself (WPAD). We do so only where the user asks for it. */
  discover?: boolean;
}

/** True where the desktop names anything that leads to a proxy. */
export function namesAProxy({ http, https, socks, script }: ProxySettings): boolean {
  return (http ?? https ?? socks ?? script) !== undefined;
}

/** The choice by the fixed proxies; `script` is its caller's business. */
export function chooseBySettings(settings: ProxySettings): ProxyChoice {
  const excepted = exceptionsOf(settings.exceptions);
  return (to) => {
    if (isLoopback(to.host) || excepted(to)) return ["direct"];
    return [(to.protocol === "https:" ? settings.https : settings.http) ?? settings.socks ?? "direct"];
  };
}

/** A proxy of the desktop's, whose host and port stand apart; undefined where there is none, or rubbish. */
export function proxyAt(kind: Proxy["kind"], host: string | undefined, port: number): Proxy | undefined {
  const name = (host ?? "")
    .trim()
    .replace(/^[a-z0-9]+:\/\//i, "")
    .replace(/\/+$/, "")
    .replace(/^\[|\]$/g, "");
  if (name === "" || /[\s/]/.test(name) || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { kind, host: name, port };
}

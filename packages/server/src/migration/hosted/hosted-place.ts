/** Where the hosted migration service of a tenant is: by its address, by the tenant's identity, or by discovery. */
import { resolve, type ResolveOptions } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import { readClaims } from "@tieline/auth";
import { get, type Dialler } from "@tieline/net";
import { SERVICE_PATH } from "./contract.ts";
import type { HostedAuthentication, HostedPlace } from "./hosted-session.ts";

/**
 * An address as administrators give one: whole, a host alone, or the tenant's identity, whose `DC=lyncXX001` names the
 * host `adminXX.online.lync.com`.
 *
 * @throws Fault `hosted-address-unfit`
 */
export function hostedUrl(text: string): URL {
  const given = text.trim();
  const forest = /\bDC=lync([0-9a-z]{2,3})001\b/i.exec(given)?.[1];
  if (forest !== undefined) return new URL(`https://admin${forest.toLowerCase()}.online.lync.com${SERVICE_PATH}`);
  const url = /^[a-z]+:/i.test(given) ? given : `https://${given}${given.includes("/") ? "" : SERVICE_PATH}`;
  if (!URL.canParse(url)) throw new Fault("hosted-address-unfit", { address: given.slice(0, 256), reason: "it is no address" });
  const parsed = new URL(url);
  if (parsed.protocol !== "https:") throw new Fault("hosted-address-unfit", { address: given.slice(0, 256), reason: "it is not https" });
  if (parsed.username !== "" || parsed.password !== "")
    throw new Fault("hosted-address-unfit", { address: parsed.host, reason: "a name or a password stands in it" });
  // The session's own host, as New-CsOnlineSession shows it, leads to the service beside it.
  if (!/hostedmigration/i.test(parsed.pathname)) parsed.pathname = SERVICE_PATH;
  parsed.pathname = parsed.pathname.replace(/\/+$/, "");
  parsed.search = "";
  parsed.hash = "";
  return parsed;
}

export interface PlaceSurroundings {
  dialler: Dialler;
  /** Milliseconds on a monotonous clock. */
  now: () => number;
}

/** Found once for a run, however many users it moves. @throws Fault `hosted-address-unfit`, `hosted-place-unknown`, of discovery */
export async function findHosted(
  { url, adminDomain }: HostedPlace,
  authentication: HostedAuthentication | undefined,
  surroundings: PlaceSurroundings,
): Promise<URL> {
  if (url !== undefined && url !== "") return hostedUrl(url);
  // A token says itself which service it opens.
  const audience = authentication?.kind === "token" ? readClaims(authentication.token)?.audience : undefined;
  if (audience !== undefined && /hostedmigration/i.test(audience)) return hostedUrl(audience);
  const user = authentication?.kind === "credential" ? authentication.user : undefined;
  const domain = adminDomain ?? (user?.includes("@") === true ? user.split("@")[1] : undefined);
  if (domain === undefined || domain === "") throw new Fault("hosted-place-unknown");
  const { targetUri } = await resolve(walk(domain, surroundings));
  return hostedUrl(new URL(targetUri).host);
}

function walk(domain: string, { dialler, now }: PlaceSurroundings): ResolveOptions {
  return {
    domain,
    now,
    fetch: (url, headers, { timeoutMs, maxBytes }) => get(dialler, url, { headers, timeoutMs, maxBodyBytes: maxBytes }),
  };
}

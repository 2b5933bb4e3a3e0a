/** The hosted migration service's address, in the forms in which administrators come by it: founding document 000 names three. */
import { Fault } from "@tieline/fault";

/** Where the service lives on its host. */
export const HOSTED_MIGRATION_PATH = "/HostedMigration/hostedmigrationservice.svc";

const LONGEST_SHOWN = 256;

/**
 * An address as it is given: whole; a host alone, as the session's ComputerName or the endpoint's Host show it; or the
 * tenant's identity, whose `DC=lyncXX001` names the host `adminXX.online.lync.com`.
 *
 * @throws Fault `hosted-address-unfit`
 * @example
 * ```ts
 * hostedMigrationUrl("OU=OCS Tenants,DC=lync0a001,DC=local").host; // "admin0a.online.lync.com"
 * ```
 */
export function hostedMigrationUrl(text: string): URL {
  const given = text.trim();
  const forest = /\bDC=lync([0-9a-z]{2,3})001\b/i.exec(given)?.[1];
  if (forest !== undefined) return new URL(`https://admin${forest.toLowerCase()}.online.lync.com${HOSTED_MIGRATION_PATH}`);
  const url = /^[a-z]+:/i.test(given) ? given : `https://${given}${given.includes("/") ? "" : HOSTED_MIGRATION_PATH}`;
  const unfit = (reason: string, address = given.slice(0, LONGEST_SHOWN)): Fault => new Fault("hosted-address-unfit", { address, reason });
  if (!URL.canParse(url)) throw unfit("it is no address");
  const parsed = new URL(url);
  if (parsed.protocol !== "https:") throw unfit("it is not https");
  if (parsed.username !== "" || parsed.password !== "") throw unfit("a name or a password stands in it", parsed.host);
  // The session's own host, as New-CsOnlineSession shows it, leads to the service beside it.
  if (!/hostedmigration/i.test(parsed.pathname)) parsed.pathname = HOSTED_MIGRATION_PATH;
  parsed.pathname = parsed.pathname.replace(/\/+$/, "");
  parsed.search = "";
  parsed.hash = "";
  return parsed;
}

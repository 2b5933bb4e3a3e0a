/** A SIP address as cmdlets take it, and its trace among a user's proxy addresses. */
import type { UserRecord } from "../directory/index.ts";
import { refuse } from "./refusals.ts";
import { mine, type SessionContext } from "./session.ts";

/** What the attribute msRTCSIP-PrimaryUserAddress takes, with its scheme. */
const LONGEST = 454 - "sip:".length;

/** With its scheme; the domain must be one of the site's that is enabled for SIP, otherwise the command ends. */
export async function sipAddress(context: SessionContext, value: string): Promise<string> {
  const address = value.trim().replace(/^sip:/i, "");
  const [, domain] = /^[^\s@<>"\0]+@([^\s@<>"\0]+)$/.exec(address) ?? [];
  if (address.length > LONGEST)
    return context.fail(
      refuse("sip-address", { address: `${address.slice(0, 60)}...`, reason: `it is longer than ${LONGEST} characters` }),
    );
  if (domain === undefined) return context.fail(refuse("sip-address", { address: value, reason: "it is no address" }, value));
  const domains = await mine(context).domains.list();
  if (!domains.some((each) => each.sip && each.verified && each.name.toLowerCase() === domain.toLowerCase())) {
    return context.fail(refuse("sip-address", { address: value, reason: `SIP is not enabled in ${domain}` }, value));
  }
  return `sip:${address}`;
}

/** The user's proxy addresses with this SIP address in place of any other; with none where it is null. */
export function proxyAddresses(user: UserRecord, sip: string | null): string[] {
  const kept = user.properties["ProxyAddresses"];
  const others = (Array.isArray(kept) ? kept.map(String) : []).filter((address) => !/^sip:/i.test(address));
  return sip === null ? others : [...others, sip];
}

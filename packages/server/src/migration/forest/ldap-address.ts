/** The address of a domain controller: what may stand in it, and how its connection is protected. */
import { Fault } from "@tieline/fault";
import { isLoopback } from "@tieline/net";

export interface LdapAddress {
  /** Without brackets. */
  host: string;
  port: number;
  /** TLS from the first octet, TLS asked for by StartTLS (RFC 4511 4.14), or none. */
  protection: "tls" | "start-tls" | "none";
  /** `ldaps://dc1.contoso.local`, with its port where that is not the usual one. */
  name: string;
}

/**
 * @param plain Without TLS; taken for a loopback address alone
 * @throws Fault `forest-address`, `forest-plain`
 */
export function parseLdapAddress(text: string, plain = false): LdapAddress {
  // Whatever stands before an @ may be a password.
  const shown = text.replace(/^(\w+:\/\/)?.*@/s, "$1...@").slice(0, 200);
  const refuse = (reason: string): never => {
    throw new Fault("forest-address", { address: shown, reason });
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse("it is no URL");
  }
  if (url.protocol !== "ldaps:" && url.protocol !== "ldap:") return refuse("it begins with neither ldaps:// nor ldap://");
  if (url.username !== "" || url.password !== "") return refuse("it holds a user or a password");
  if (url.hostname === "" || !["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "") {
    return refuse("it is to name a host, and a port at most");
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isTls = url.protocol === "ldaps:";
  if (isTls && plain) return refuse("ldaps:// is never without TLS");
  if (plain && !isLoopback(host)) throw new Fault("forest-plain", { server: url.host });
  const port = url.port === "" ? (isTls ? 636 : 389) : Number(url.port);
  return { host, port, protection: isTls ? "tls" : plain ? "none" : "start-tls", name: `${url.protocol}//${url.host}` };
}

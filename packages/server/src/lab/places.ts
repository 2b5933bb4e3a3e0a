/**
 * Where each name of the lab lives: every host of both sites on loopback ports of this machine. The table is the DNS
 * that a lab does not have; it is written into the data folder for our client and the pool.
 */

/** A listener of the lab: its port is chosen once and kept. */
export const LISTENERS = {
  "online-https": "the service: remote PowerShell and discovery over TLS",
  "online-http": "lyncdiscover over plain http, which only leads to https",
  "online-ssh": "remote PowerShell over SSH, subsystem powershell",
  "pool-https": "the pool's remote PowerShell over TLS, Negotiate; its discovery",
  "pool-http": "the pool's remote PowerShell over http, Negotiate with sealed messages",
  "lab-dns": "a name server for the names of the lab, over UDP and TCP",
} as const;

export type ListenerName = keyof typeof LISTENERS;

/** Whose listeners they are; the name server goes with the service. */
export const LISTENERS_OF: Readonly<Record<"online" | "pool", readonly ListenerName[]>> = {
  online: ["online-https", "online-http", "online-ssh", "lab-dns"],
  pool: ["pool-https", "pool-http"],
};
export type Ports = Readonly<Record<ListenerName, number>>;

export const ADMIN_HOST = "admin0a.online.lync.com";
export const DISCOVERY_HOST = "webdir.online.lync.com";
/** The authorization server; LOGIN_ALIAS is what clients ask that have the vendor's name built in. */
export const LOGIN_HOST = "login.online.lync.com";
export const LOGIN_ALIAS = "login.microsoftonline.com";
export const POOL_HOST = "pool01.contoso.local";
/** The pool's web services as the outside sees them. */
export const POOL_WEB_HOST = "webext.contoso.com";

/** Where the lyncdiscover names of a SIP domain lead, and whether the pool knows the way from there to the service. */
export interface LabDomain {
  name: string;
  lyncdiscover: "online" | "pool";
  /** Served by the pool too: lyncdiscoverinternal leads there. */
  onPremises: boolean;
  hybridLink: boolean;
}

/**
 * The three ways in which an administrator meets hybrid DNS: contoso.com points online; hybrid.contoso.com points to the
 * pool, which has a Hybrid link; onpremises.contoso.com points to the pool, which has none.
 */
export const DOMAINS: readonly LabDomain[] = [
  { name: "contoso.com", lyncdiscover: "online", onPremises: true, hybridLink: true },
  { name: "contoso.onmicrosoft.com", lyncdiscover: "online", onPremises: false, hybridLink: false },
  { name: "hybrid.contoso.com", lyncdiscover: "pool", onPremises: true, hybridLink: true },
  { name: "onpremises.contoso.com", lyncdiscover: "pool", onPremises: true, hybridLink: false },
  { name: "fabrikam.com", lyncdiscover: "online", onPremises: false, hybridLink: false },
  { name: "fabrikam.onmicrosoft.com", lyncdiscover: "online", onPremises: false, hybridLink: false },
];

interface Place {
  host: string;
  port: number;
  listener: ListenerName;
}

const PLACES: readonly Place[] = [
  ...DOMAINS.flatMap(({ name, lyncdiscover, onPremises }) => [
    ...web(`lyncdiscover.${name}`, lyncdiscover),
    ...(onPremises ? web(`lyncdiscoverinternal.${name}`, "pool") : []),
  ]),
  { host: DISCOVERY_HOST, port: 443, listener: "online-https" },
  { host: LOGIN_HOST, port: 443, listener: "online-https" },
  { host: LOGIN_ALIAS, port: 443, listener: "online-https" },
  { host: ADMIN_HOST, port: 443, listener: "online-https" },
  { host: ADMIN_HOST, port: 5986, listener: "online-https" },
  { host: ADMIN_HOST, port: 22, listener: "online-ssh" },
  { host: POOL_WEB_HOST, port: 443, listener: "pool-https" },
  { host: POOL_HOST, port: 443, listener: "pool-https" },
  { host: POOL_HOST, port: 5986, listener: "pool-https" },
  { host: POOL_HOST, port: 80, listener: "pool-http" },
  { host: POOL_HOST, port: 5985, listener: "pool-http" },
];

function web(host: string, site: "online" | "pool"): Place[] {
  return [
    { host, port: 80, listener: `${site}-http` },
    { host, port: 443, listener: `${site}-https` },
  ];
}

/** Every host of the lab. */
export function hosts(): string[] {
  return [...new Set(PLACES.map(({ host }) => host))];
}

/** The entries of the name map, in the form of `--connect-to`. */
export function nameEntries(ports: Ports, address = "127.0.0.1"): string[] {
  return PLACES.map((place) => `${place.host}:${place.port}:${address}:${ports[place.listener]}`);
}

/** The names that a site's certificate is made out to; loopback too, for clients that have no name map. */
export function certificateNames(site: "online" | "pool"): string[] {
  const hosts = PLACES.filter((place) => place.listener === `${site}-https`).map((place) => place.host);
  const first = site === "online" ? ADMIN_HOST : POOL_HOST;
  return [...new Set([first, ...hosts]), "localhost", "127.0.0.1"];
}

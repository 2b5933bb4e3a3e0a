/** The lab's zones: every host of its places on loopback, and the records by which clients find a domain's services. */
import { DISCOVERY_HOST, DOMAINS, hosts, POOL_HOST, POOL_WEB_HOST } from "./places.ts";
import type { Zone, ZoneRecord } from "./dns-zone.ts";

const SIP_ONLINE = "sipdir.online.lync.com";
const FEDERATION_ONLINE = "sipfed.online.lync.com";
const EDGE = "edge01.contoso.local";

/** What this server answers for; hybrid.contoso.com and its like lie in contoso.com. */
const ZONES = [
  "contoso.com",
  "contoso.onmicrosoft.com",
  "contoso.local",
  "fabrikam.com",
  "fabrikam.onmicrosoft.com",
  "online.lync.com",
  "login.microsoftonline.com",
];

export function labZones(address = "127.0.0.1"): Zone[] {
  const aliases = DOMAINS.flatMap(({ name, lyncdiscover, onPremises }): ZoneRecord[] => [
    { name: `lyncdiscover.${name}`, type: "CNAME", data: lyncdiscover === "online" ? DISCOVERY_HOST : POOL_WEB_HOST },
    ...(onPremises ? ([{ name: `lyncdiscoverinternal.${name}`, type: "CNAME", data: POOL_HOST }] as const) : []),
    { name: `sip.${name}`, type: "CNAME", data: lyncdiscover === "online" ? SIP_ONLINE : EDGE },
    service(`_sip._tls.${name}`, lyncdiscover === "online" ? SIP_ONLINE : EDGE, 443),
    service(`_sipfederationtls._tcp.${name}`, lyncdiscover === "online" ? FEDERATION_ONLINE : EDGE, 5061),
    ...(onPremises ? [service(`_sipinternaltls._tcp.${name}`, POOL_HOST, 5061)] : []),
  ]);
  const aliased = new Set(aliases.filter(({ type }) => type === "CNAME").map(({ name }) => name));
  const addressed = [...new Set([...hosts(), SIP_ONLINE, FEDERATION_ONLINE, EDGE])].filter((host) => !aliased.has(host));
  const records = [...aliases, ...addressed.map((name): ZoneRecord => ({ name, type: "A", data: address }))];
  return ZONES.map((zone) => ({
    name: zone,
    records: [...apex(zone, address), ...records.filter(({ name }) => name === zone || name.endsWith(`.${zone}`))],
  }));
}

function apex(zone: string, address: string): ZoneRecord[] {
  const server = `ns.${zone}`;
  const soa = { mname: server, rname: `hostmaster.${zone}`, serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: 60 };
  return [
    { name: zone, type: "SOA", data: soa },
    { name: zone, type: "NS", data: server },
    { name: server, type: "A", data: address },
  ];
}

function service(name: string, target: string, port: number): ZoneRecord {
  return { name, type: "SRV", data: { target, port, priority: 0, weight: 0 } };
}

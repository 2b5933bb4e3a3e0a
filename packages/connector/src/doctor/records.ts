/**
 * The DNS records by which clients find the services of a SIP domain, and what they should be: all online for a domain
 * whose lyncdiscover name leads to the service, all on premises for a hybrid one.
 */
import type { Service } from "@tieline/net";
import type { Remark } from "./finding.ts";

/** What was found; undefined where there is no such record. */
export interface DomainRecords {
  lyncdiscover: Alias | undefined;
  lyncdiscoverinternal: Alias | undefined;
  sip: Alias | undefined;
  /** `_sip._tls`, for clients. */
  clients: readonly Service[];
  /** `_sipfederationtls._tcp`, for other companies. */
  federation: readonly Service[];
}

export interface Alias {
  /** Undefined where the name has addresses of its own. */
  target: string | undefined;
  /** Empty where the alias leads nowhere. */
  addresses: readonly string[];
}

export const ONLINE = {
  lyncdiscover: "webdir.online.lync.com",
  sip: "sipdir.online.lync.com",
  clients: { target: "sipdir.online.lync.com", port: 443 },
  federation: { target: "sipfed.online.lync.com", port: 5061 },
} as const;

export function judgeRecords(domain: string, records: DomainRecords): Remark[] {
  const { lyncdiscover } = records;
  const name = `lyncdiscover.${domain}`;
  if (lyncdiscover === undefined) return [missing(domain, records)];
  if (lyncdiscover.addresses.length === 0) {
    return [
      record("error", name, `${name} is an alias of ${lyncdiscover.target}, which has no address.`, {
        evidence: [lineOf(name, lyncdiscover)],
        cause: "The record's target is misspelt, or was given up.",
        cure: shouldBe(domain),
      }),
    ];
  }
  const remarks = isOnline(lyncdiscover.target) ? judgeOnline(domain, records) : judgeElsewhere(domain, records);
  if (remarks.some(({ verdict }) => verdict === "warning" || verdict === "error")) return remarks;
  return [record("ok", undefined, `The records of ${domain} fit together.`, { evidence: linesOf(domain, records) }), ...remarks];
}

function judgeOnline(domain: string, records: DomainRecords): Remark[] {
  const found: Remark[] = [];
  const { sip, clients, federation } = records;
  if (!isOnline(sip?.target))
    found.push(mixed(`sip.${domain}`, sip === undefined ? "is missing" : `leads to ${targetOf(sip)}`, `a CNAME to ${ONLINE.sip}`));
  for (const [name, services, wanted] of [
    [`_sip._tls.${domain}`, clients, ONLINE.clients],
    [`_sipfederationtls._tcp.${domain}`, federation, ONLINE.federation],
  ] as const) {
    const [first] = services;
    const should = `an SRV record to ${wanted.target}, port ${wanted.port}`;
    if (first === undefined) found.push(mixed(name, "is missing", should));
    else if (!isOnline(first.target)) found.push(mixed(name, `leads to ${first.target}`, should));
    else if (first.port !== wanted.port) found.push(mixed(name, `names port ${first.port}`, should));
  }
  return found;
}

/** The lyncdiscover name leads to an on-premises deployment, or to something that is none: discovery tells which. */
function judgeElsewhere(domain: string, records: DomainRecords): Remark[] {
  const online = [records.clients[0]?.target, records.federation[0]?.target, records.sip?.target].filter(isOnline);
  const evidence = linesOf(domain, records);
  if (online.length > 0) {
    return [
      record(
        "warning",
        `lyncdiscover.${domain}`,
        `The records of ${domain} point to two places: lyncdiscover to ${targetOf(records.lyncdiscover)}, others online.`,
        {
          evidence,
          cause: "The domain was moved in part: while people are homed on premises all records point there, afterwards all point online.",
          cure: shouldBe(domain),
        },
      ),
    ];
  }
  return [
    record(
      "info",
      `lyncdiscover.${domain}`,
      `${domain} points on premises (${targetOf(records.lyncdiscover)}): it is hybrid, or not online at all.`,
      {
        evidence,
        cure: "Where discovery does not follow the deployment's Hybrid link, name the tenant's onmicrosoft.com domain with --override-admin-domain.",
      },
    ),
  ];
}

function missing(domain: string, records: DomainRecords): Remark {
  const internal = records.lyncdiscoverinternal;
  return record("error", `lyncdiscover.${domain}`, `${domain} has no lyncdiscover record.`, {
    evidence: internal === undefined ? [] : [lineOf(`lyncdiscoverinternal.${domain}`, internal)],
    cause:
      internal === undefined
        ? "The domain is misspelt, or was never set up."
        : "Only the internal name is there: from outside nobody finds the domain's services.",
    cure: shouldBe(domain),
  });
}

function mixed(name: string, is: string, should: string): Remark {
  return record("warning", name, `${name} ${is}.`, {
    evidence: [],
    cause: "The record was forgotten when the domain moved online; clients and other companies look for it.",
    cure: `It should be ${should}.`,
  });
}

function shouldBe(domain: string): string {
  return `For a domain that is online, lyncdiscover.${domain} should be a CNAME to ${ONLINE.lyncdiscover}, for one of a service of your own to that service's host. Meanwhile, name the tenant's onmicrosoft.com domain with --override-admin-domain, or the endpoint with --target-uri.`;
}

function record(
  verdict: Remark["verdict"],
  subject: string | undefined,
  text: string,
  more: Pick<Remark, "evidence" | "cause" | "cure">,
): Remark {
  return { verdict, layer: "name", text, ...more, ...(subject === undefined ? {} : { subject }) };
}

function isOnline(target: string | undefined): boolean {
  return target !== undefined && /(^|\.)online\.lync\.com\.?$/i.test(target);
}

function targetOf(alias: Alias | undefined): string {
  return alias === undefined ? "nowhere" : (alias.target ?? alias.addresses.join(", "));
}

function linesOf(domain: string, { lyncdiscover, lyncdiscoverinternal, sip, clients, federation }: DomainRecords): string[] {
  const aliases = [
    [`lyncdiscover.${domain}`, lyncdiscover],
    [`lyncdiscoverinternal.${domain}`, lyncdiscoverinternal],
    [`sip.${domain}`, sip],
  ] as const;
  const services = [
    [`_sip._tls.${domain}`, clients],
    [`_sipfederationtls._tcp.${domain}`, federation],
  ] as const;
  return [
    ...aliases.flatMap(([name, alias]) => (alias === undefined ? [] : [lineOf(name, alias)])),
    ...services.flatMap(([name, found]) => found.map(({ target, port }) => `${name} SRV ${target}:${port}`)),
  ];
}

function lineOf(name: string, { target, addresses }: Alias): string {
  return target === undefined ? `${name} A ${addresses.join(", ")}` : `${name} CNAME ${target} (${addresses.join(", ") || "no address"})`;
}

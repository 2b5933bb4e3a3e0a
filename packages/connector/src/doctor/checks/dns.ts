/** The DNS records of the domain, and what they should be. */
import { isFault } from "@tieline/fault";
import type { NameServer } from "@tieline/net";
import type { Check } from "../examination.ts";
import { failed, skipped } from "../finding.ts";
import { judgeRecords, type Alias } from "../records.ts";

export const dns: Check = {
  name: "dns",
  title: "DNS records",
  after: [],
  async run({ subject, wish, nameServer }) {
    const domain = wish.overrideAdminDomain ?? subject.domain;
    if (subject.targetUri !== undefined) return [skipped("name", "The address of the endpoint was given: no record leads to it.")];
    if (domain === undefined) return [skipped("name", "No domain was named.")];
    try {
      const [lyncdiscover, lyncdiscoverinternal, sip, clients, federation] = await Promise.all([
        aliasOf(nameServer, `lyncdiscover.${domain}`),
        aliasOf(nameServer, `lyncdiscoverinternal.${domain}`),
        aliasOf(nameServer, `sip.${domain}`),
        nameServer.services(`_sip._tls.${domain}`),
        nameServer.services(`_sipfederationtls._tcp.${domain}`),
      ]);
      return judgeRecords(domain, { lyncdiscover, lyncdiscoverinternal, sip, clients, federation });
    } catch (error) {
      return [failed(error, [`name server ${nameServer.label}`])];
    }
  },
};

async function aliasOf(server: NameServer, name: string): Promise<Alias | undefined> {
  const target = await server.alias(name);
  const addresses = await addressesOf(server, name);
  return target === undefined && addresses.length === 0 ? undefined : { target, addresses };
}

async function addressesOf(server: NameServer, name: string): Promise<string[]> {
  try {
    return (await server.addresses(name)).map(({ address }) => address);
  } catch (error) {
    if (isFault(error) && error.is("name-unknown")) return [];
    throw error;
  }
}

/** New-CsEdgeAllowAllKnownDomains, -AllowList, -DomainPattern: values for Set-CsTenantFederationConfiguration; nothing is kept. */
import type { Cmdlet } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { cmdlet } from "../session.ts";
import {
  ALLOW_ALL,
  ALLOW_LIST,
  allowAllKnownDomains,
  allowList,
  DOMAIN_PATTERN,
  domainOf,
  domainPattern,
  domainsOf,
  listType,
} from "./domain-lists.ts";

const SET = "Set-CsTenantFederationConfiguration";

export const newCsEdgeAllowAllKnownDomains: Cmdlet = cmdlet({
  name: "New-CsEdgeAllowAllKnownDomains",
  synopsis: "Makes the value that allows all domains but those that are blocked.",
  description: "The value is for -AllowedDomains of the tenant's federation settings.",
  examples: [
    { code: "$all = New-CsEdgeAllowAllKnownDomains", remarks: "Makes it." },
    { code: `${SET} -AllowedDomains $all`, remarks: "Lets the tenant's users communicate with everybody who is not blocked." },
  ],
  related: ["New-CsEdgeAllowList", SET],
  roles: rolesFor("New-CsEdgeAllowAllKnownDomains", "online"),
  output: [{ typeName: ALLOW_ALL }],
  parameters: {},
  process: (_args, context) => context.write(allowAllKnownDomains()),
});

export const newCsEdgeAllowList: Cmdlet = cmdlet({
  name: "New-CsEdgeAllowList",
  synopsis: "Makes the value that allows these domains and no others.",
  description: "The value is for -AllowedDomains of the tenant's federation settings. Without domains nobody is allowed.",
  examples: [
    { code: "$list = New-CsEdgeAllowList -AllowedDomain fabrikam.com, contoso.com", remarks: "Makes a list of two domains." },
    { code: `${SET} -AllowedDomains $list`, remarks: "Lets the tenant's users communicate with these domains alone." },
  ],
  related: ["New-CsEdgeDomainPattern", "New-CsEdgeAllowAllKnownDomains", SET],
  roles: rolesFor("New-CsEdgeAllowList", "online"),
  output: [{ typeName: ALLOW_LIST }],
  parameters: {
    AllowedDomain: {
      type: listType(`System.Collections.Generic.List\`1[${DOMAIN_PATTERN}]`),
      allowNull: true,
      allowEmptyCollection: true,
      help: "The domains, as text or as New-CsEdgeDomainPattern makes them.",
    },
  },
  process: (args, context) => context.write(allowList(domainsOf(args.AllowedDomain ?? null))),
});

export const newCsEdgeDomainPattern: Cmdlet = cmdlet({
  name: "New-CsEdgeDomainPattern",
  synopsis: "Makes a domain for the lists of the tenant's federation settings.",
  description: "The value is for -AllowedDomain of New-CsEdgeAllowList and for -BlockedDomains of the settings.",
  examples: [
    { code: "$domain = New-CsEdgeDomainPattern -Domain fabrikam.com", remarks: "Makes it." },
    { code: `${SET} -BlockedDomains @{Add=$domain}`, remarks: "Blocks it." },
  ],
  related: ["New-CsEdgeAllowList", SET],
  roles: rolesFor("New-CsEdgeDomainPattern", "online"),
  output: [{ typeName: DOMAIN_PATTERN }],
  parameters: {
    Domain: {
      type: "string",
      mandatory: true,
      validate: { check: (value) => isDomain(String(value)) },
      help: "The domain.",
    },
  },
  process: (args, context) => context.write(domainPattern(domainOf(args.Domain))),
});

function isDomain(text: string): string | undefined {
  try {
    domainOf(text);
    return undefined;
  } catch {
    return "It is no domain.";
  }
}

import type { FaultEntry } from "../entry.ts";

/** The walk over Lyncdiscover. */
export const DISCOVERY = {
  "discovery-failed": {
    blame: "environment",
    layer: "discovery",
    text: "No Lyncdiscover service answered for the domain {domain} (tried {tried}).",
    also: ["Unable to query AutoDiscover URL at: {tried}?Domain={domain}"],
    why: "The domain has no lyncdiscover record, or its host cannot be reached from here.",
    cure: "Check the spelling of the domain; name another with --override-admin-domain, or name the endpoint itself with --target-uri.",
    causes: [
      { cause: "The domain has no lyncdiscover record, or is misspelt.", confirm: "tieline doctor DOMAIN, check `dns`" },
      {
        cause: "The domain is hybrid: its lyncdiscover name leads to an on-premises deployment that is not reachable from here.",
        confirm: "the name leads to an address of your own network",
      },
      { cause: "A proxy or firewall keeps this machine from that host.", confirm: "tieline doctor DOMAIN, checks `tcp` and `proxy`" },
    ],
    commands: ["tieline doctor DOMAIN", "tieline connect ADMIN@DOMAIN --override-admin-domain TENANT.onmicrosoft.com"],
    source: "Public threads of administrators; founding document 000",
  },
  "discovery-http": {
    blame: "peer",
    layer: "discovery",
    text: "Discovery at {url} was answered with HTTP status {status}.",
    cure: "Check where the lyncdiscover name of the domain points to.",
  },
  "discovery-no-endpoint": {
    blame: "environment",
    layer: "discovery",
    text: "Discovery of {domain} ended at {url}, which names no remote PowerShell endpoint.",
    why: "An on-premises deployment answers for it, and has no Hybrid link to the online one.",
    cure: "Name the online domain with --override-admin-domain, e.g. contoso.onmicrosoft.com (a tenant's first domain always points online), or the endpoint with --target-uri.",
    commands: ["tieline connect ADMIN@DOMAIN --override-admin-domain TENANT.onmicrosoft.com"],
    source: "Founding document 000, Avoiding Connection Issues with Skype for Business Online PowerShell",
  },
  "discovery-loop": {
    blame: "peer",
    layer: "discovery",
    text: "Discovery goes in a circle or on without an end at {url} (after {count} hops).",
    cure: "Check the redirects of the lyncdiscover service; name the endpoint with --target-uri.",
  },
  "discovery-downgrade": {
    blame: "peer",
    layer: "discovery",
    text: "Discovery at {url} points to {to}, which is not protected by TLS.",
    cure: "The lyncdiscover service must name https addresses; name the endpoint with --target-uri.",
  },
  "discovery-unreadable": {
    blame: "peer",
    layer: "discovery",
    text: "The discovery document at {url} cannot be understood: {reason}.",
    cure: "Something else than Lyncdiscover answers there; check where the lyncdiscover name of the domain points to, or name the endpoint with --target-uri.",
  },
  "discovery-web-page": {
    blame: "environment",
    layer: "discovery",
    text: "Discovery at {url} was answered with {page}.",
    why: "A web server that takes any name, or a network's sign-in page, answers where Lyncdiscover should.",
    cure: "Sign in to the network if it wants that; check where the lyncdiscover name of the domain points to, or name the endpoint with --target-uri.",
  },
  "discovery-timeout": {
    blame: "environment",
    layer: "discovery",
    text: "Discovery of {domain} did not end within {seconds} s.",
    why: "Each of its hosts answers slowly, or not at all.",
    cure: "See with `tieline discover {domain}` which one; name the endpoint with --target-uri.",
  },
} as const satisfies Record<string, FaultEntry>;

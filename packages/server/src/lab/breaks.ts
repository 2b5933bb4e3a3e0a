/**
 * Switches that break a lab on purpose, a row each: what a client meets then, and what is done for it. They are for tests
 * of the diagnosis and for whoever wants to see what it says. The next start is whole: nothing of them is stored, or it is
 * taken back when the lab ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DomainServices } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import type { ListenerTls } from "@tieline/remoting";
import type { MechanismPolicy } from "@tieline/auth";
import type { Front } from "../listeners.ts";
import type { Site } from "../site.ts";
import type { LabAuthority } from "./authority.ts";
import type { LookUp } from "./discovery.ts";
import type { Zone, ZoneRecord } from "./dns-zone.ts";
import { ADMIN_HOST, certificateNames, DISCOVERY_HOST } from "./places.ts";

/** What a lab is about to serve; a switch changes it. */
export interface LabPlan {
  readonly authority: LabAuthority;
  /** The service, opened and not served yet. */
  readonly online: Site;
  tls: ListenerTls;
  mechanisms: Partial<MechanismPolicy>;
  services: LookUp;
  zones: readonly Zone[];
  /** Entries of the name map. */
  names: readonly string[];
  /** Tried in this order before any request is served. */
  readonly fronts: Front[];
  /** What is said when the lab is up. */
  readonly warnings: string[];
  /** Closed with the lab. */
  readonly resources: AsyncDisposableStack;
}

interface Switch {
  /** What a client meets. */
  readonly does: string;
  apply(plan: LabPlan): void | Promise<void>;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Nothing listens on the first port. */
const CLOSED_PORT = 1;
const HUGE = 10 * 1024 * 1024;

export const BREAKS = {
  "dns-missing": {
    does: "contoso.com has no lyncdiscover records",
    apply: (plan) => {
      plan.zones = records(plan.zones, (each) => (isLyncdiscover(each.name) ? [] : [each]));
      plan.names = plan.names.filter((entry) => !isLyncdiscover(entry.split(":")[0] ?? ""));
    },
  },
  "dns-wrong-target": {
    does: "lyncdiscover.contoso.com is an alias of a name that does not exist",
    apply: (plan) => {
      plan.zones = records(plan.zones, (each) =>
        each.name === "lyncdiscover.contoso.com" ? [{ name: each.name, type: "CNAME", data: "parked.contoso.local" }] : [each],
      );
      plan.names = plan.names.filter((entry) => !isLyncdiscover(entry.split(":")[0] ?? ""));
    },
  },
  "dns-mixed": {
    does: "the SIP records of contoso.com still point on premises",
    apply: (plan) => {
      plan.zones = records(plan.zones, (each) =>
        each.type === "SRV" && each.name.endsWith(".contoso.com")
          ? [{ ...each, data: { ...each.data, target: "edge01.contoso.local" } }]
          : [each],
      );
    },
  },
  "tls-expired": {
    does: "the service's certificate lapsed a day ago",
    apply: (plan) => unfit(plan, { notBeforeMs: Date.now() - 30 * DAY_MS, notAfterMs: Date.now() - DAY_MS, issuer: "root" }),
  },
  "tls-not-yet-valid": {
    does: "the service's certificate is valid from tomorrow on",
    apply: (plan) => unfit(plan, { notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 30 * DAY_MS, issuer: "root" }),
  },
  "tls-name": {
    does: "the service's certificate was made out to another name",
    apply: (plan) => unfit(plan, { ...soon(), issuer: "root" }, ["www.contoso.com"]),
  },
  "tls-missing-intermediate": {
    does: "the service sends its certificate without that of the intermediate authority",
    apply: (plan) => unfit(plan, { ...soon(), issuer: "intermediate" }),
  },
  "tls-untrusted": {
    does: "the service's certificate is its own issuer",
    apply: (plan) => unfit(plan, { ...soon(), issuer: "itself" }),
  },
  "discovery-loop": {
    does: "discovery is redirected in a circle",
    apply: (plan) =>
      void plan.fronts.push(
        discovery((request, response) => answer(response, 302, "", { location: `https://${DISCOVERY_HOST}${request.url ?? "/"}` })),
      ),
  },
  "discovery-html": {
    does: "a web page answers in the place of discovery",
    apply: (plan) =>
      void plan.fronts.push(
        discovery((_, response) =>
          answer(response, 200, "<!doctype html><html><head><title>Welcome</title></head></html>", { "content-type": "text/html" }),
        ),
      ),
  },
  "discovery-huge": {
    does: "discovery answers with ten mebibytes",
    apply: (plan) =>
      void plan.fronts.push(
        discovery((_, response) =>
          answer(response, 200, `<AutodiscoverResponse>${" ".repeat(HUGE)}</AutodiscoverResponse>`, { "content-type": "application/xml" }),
        ),
      ),
  },
  "discovery-on-premises": {
    does: "discovery knows neither a remote PowerShell endpoint nor a Hybrid link, as an on-premises deployment does",
    apply: (plan) => {
      const { services } = plan;
      plan.services = (domain) => withoutEndpoint(services(domain));
    },
  },
  "port-closed": {
    does: "nothing listens where the endpoint should be",
    apply: (plan) => {
      plan.names = plan.names.map((entry) => (entry.startsWith(`${ADMIN_HOST}:443:`) ? entry.replace(/\d+$/, String(CLOSED_PORT)) : entry));
    },
  },
  "proxy-interactive": {
    does: "a proxy beside the lab (its address is told) sends everybody to a page to sign in on",
    apply: async (plan) => {
      const said = `HTTP/1.1 302 Found\r\nLocation: https://portal.contoso.com/sign-in\r\nContent-Length: 0\r\n\r\n`;
      const proxy = createServer().on("connect", (_, socket) => socket.end(said));
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      plan.resources.defer(() => (proxy.closeAllConnections(), void proxy.close()));
      plan.warnings.push(`a proxy that wants a person listens: --proxy http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    },
  },
  "wsman-503": { does: "the endpoint answers HTTP 503", apply: (plan) => void plan.fronts.push(endpoint(503)) },
  "wsman-404": { does: "the endpoint answers HTTP 404", apply: (plan) => void plan.fronts.push(endpoint(404)) },
  "wsman-403": { does: "the endpoint answers HTTP 403", apply: (plan) => void plan.fronts.push(endpoint(403)) },
  "basic-off": {
    does: "the endpoint does not offer Basic",
    apply: (plan) => {
      plan.mechanisms = { ...plan.mechanisms, basic: false, bearer: false, ntlm: true };
    },
  },
  "clock-ahead": { does: "the service's clock is ten minutes ahead", apply: (plan) => void plan.fronts.push(clock(10 * MINUTE_MS)) },
  "clock-behind": { does: "the service's clock is ten minutes behind", apply: (plan) => void plan.fronts.push(clock(-10 * MINUTE_MS)) },
  "authority-down": {
    does: "the authorization server answers HTTP 503",
    apply: (plan) => void plan.fronts.push(metadata((_, response) => answer(response, 503, ""))),
  },
  "authority-wrong-issuer": {
    does: "the authorization server says that it is somebody else",
    apply: (plan) =>
      void plan.fronts.push(
        metadata((_, response) =>
          answer(
            response,
            200,
            JSON.stringify({ issuer: "https://elsewhere.contoso.com/", jwks_uri: "https://elsewhere.contoso.com/keys" }),
            { "content-type": "application/json" },
          ),
        ),
      ),
  },
  "token-audience": {
    does: "the authorization server gives tokens that are made out to another resource",
    apply: (plan) =>
      void plan.fronts.push(
        at(/\/oauth2(\/v2\.0)?\/token$/i, (_, response) =>
          answer(
            response,
            200,
            JSON.stringify({ token_type: "Bearer", expires_in: 3600, access_token: unsigned("https://elsewhere.contoso.com/") }),
            { "content-type": "application/json" },
          ),
        ),
      ),
  },
  "modern-auth-off": {
    does: "modern sign-in is switched off for the tenants (ClientAdalAuthOverride Disallowed)",
    apply: async ({ online: { identity, directory }, resources }) => {
      for (const { tenantId } of identity === undefined ? [] : await directory.tenants.list()) {
        const settings = identity?.settings(tenantId);
        const { modernOverride } = (await settings?.get()) ?? {};
        await settings?.set({ modernOverride: "Disallowed" }, Date.now());
        resources.defer(async () => settings?.set({ modernOverride: modernOverride ?? "NoOverride" }, Date.now()));
      }
    },
  },
  "second-factor": {
    does: "every account must show a second factor",
    apply: ({ online: { identity } }) => identity?.use({ secondFactor: { demand: () => Promise.resolve("proof") } }),
  },
  "quota-user": {
    does: "the account holds all of its sessions",
    apply: ({ online }) => void Object.assign(online.endpoint.quota.limits, { perUser: 0 }),
  },
  "quota-tenant": {
    does: "the tenant holds all of its sessions",
    apply: ({ online }) => void Object.assign(online.endpoint.quota.limits, { perTenant: 0 }),
  },
  "role-missing": {
    does: "no account has a role",
    apply: ({ online: { directory } }) => {
      const get = directory.accounts.get.bind(directory.accounts);
      directory.accounts.get = async (id) => {
        const account = await get(id);
        return account === undefined ? undefined : { ...account, roles: [] };
      };
    },
  },
  "tenant-powershell-off": {
    does: "the tenants' policy allows no remote PowerShell",
    apply: ({ online: { directory } }) => {
      const byId = directory.tenants.byId.bind(directory.tenants);
      const off = <T extends object>(tenant: T | undefined): T | undefined =>
        tenant === undefined ? undefined : { ...tenant, remotePowerShell: false };
      directory.tenants.byId = async (id) => off(await byId(id));
    },
  },
} as const satisfies Record<string, Switch>;

export type BreakName = keyof typeof BREAKS;

/** @throws Fault `usage` where one has no such name */
export async function applyBreaks(names: readonly string[], plan: LabPlan): Promise<void> {
  for (const name of names) {
    const row = (BREAKS as Readonly<Record<string, Switch>>)[name];
    if (row === undefined)
      throw new Fault("usage", {
        what: `"${name}" is nothing that a lab can break.`,
        hint: `Known are ${Object.keys(BREAKS).join(", ")}.`,
      });
    await row.apply(plan);
  }
}

function soon(): { notBeforeMs: number; notAfterMs: number } {
  return { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + 90 * DAY_MS };
}

async function unfit(
  plan: LabPlan,
  how: Parameters<LabAuthority["unfit"]>[1],
  names = certificateNames("online").filter((name) => !/^[\d.]+$/.test(name)),
): Promise<void> {
  plan.tls = { ...plan.tls, ...(await plan.authority.unfit(names, how)) };
}

function isLyncdiscover(name: string): boolean {
  return /^lyncdiscover(internal)?\.contoso\.com$/.test(name);
}

function records(zones: readonly Zone[], change: (record: ZoneRecord) => readonly ZoneRecord[]): Zone[] {
  return zones.map((zone) => ({ ...zone, records: zone.records.flatMap(change) }));
}

function withoutEndpoint(services: DomainServices | undefined): DomainServices | undefined {
  if (services === undefined) return undefined;
  const { remotePowerShell: _, hybrid: __, ...rest } = services;
  return rest;
}

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): boolean {
  response.writeHead(status, { "content-type": "text/plain", ...headers, "content-length": Buffer.byteLength(body) }).end(body);
  return true;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => boolean;

/** For requests whose path fits; the body is read away first. */
function at(fits: RegExp, handle: Handle): Front {
  return (request, response) => {
    if (!fits.test((request.url ?? "/").split("?")[0] ?? "/")) return false;
    request.resume();
    return handle(request, response);
  };
}

const discovery = (handle: Handle): Front => at(/^\/(autodiscover\/.*)?$/i, handle);
const endpoint = (status: number): Front =>
  at(/^\/(ocspowershell\w*|powershell|wsman)\/?$/i, (_, response) => answer(response, status, ""));
const metadata = (handle: Handle): Front => at(/\/\.well-known\/openid-configuration$/i, handle);

/** A token that says something, and that nobody signed. */
function unsigned(audience: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = Math.floor(Date.now() / 1000);
  return `${part({ typ: "at+jwt", alg: "none" })}.${part({ aud: audience, nbf: seconds, exp: seconds + 3600 })}.`;
}

/** A Date header that is set already is left alone by Node. */
function clock(offMs: number): Front {
  return (_, response) => {
    response.setHeader("date", new Date(Date.now() + offMs).toUTCString());
    return false;
  };
}

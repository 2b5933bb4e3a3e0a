/** The note of a founding document on hybrid DNS, through real sockets: who points where, and what then helps. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hopsOf, resolve, type ResolveOptions } from "@tieline/discovery";
import { isFault } from "@tieline/fault";
import { Dialler, get, NameMap } from "@tieline/net";
import { startLab, type RunningLab } from "./lab.ts";

const ENDPOINT = "https://admin0a.online.lync.com/OcsPowershellLiveId";

let folder: string;
let lab: RunningLab;
let dialler: Dialler;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-discovery-"));
  lab = await startLab({ folder, users: 3 });
  dialler = new Dialler({
    names: NameMap.of(lab.description.names),
    tls: { authorities: [readFileSync(join(folder, lab.description.authority), "utf8")], onlyThese: true },
  });
}, 60_000);
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const find = (domain: string, more: Partial<ResolveOptions> = {}) =>
  resolve({
    domain,
    now: () => performance.now(),
    fetch: (url, headers, { timeoutMs, maxBytes }) => get(dialler, url, { headers, timeoutMs, maxBodyBytes: maxBytes }),
    ...more,
  });

async function troubleOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("no trouble");
}

test("a domain that points online leads straight to its endpoint, each hop with address and certificate", async () => {
  const { targetUri, hops } = await find("contoso.com");
  expect(targetUri).toBe(ENDPOINT);
  expect(hops.map((hop) => [new URL(hop.url).host, hop.status, hop.found.split(" ->")[0]])).toEqual([
    ["lyncdiscover.contoso.com", 200, "Root: Redirect"],
    ["webdir.online.lync.com", 200, "Root: Domain"],
    ["webdir.online.lync.com", 200, "Domain: External/RemotePowerShell"],
  ]);
  const { ports } = lab.description;
  expect(hops.map((hop) => hop.address)).toEqual([
    `127.0.0.1:${ports["online-http"]}`,
    `127.0.0.1:${ports["online-https"]}`,
    `127.0.0.1:${ports["online-https"]}`,
  ]);
  expect(hops[0]).not.toHaveProperty("certificate");
  expect(hops[1]?.certificate).toMatchObject({
    subject: "CN=admin0a.online.lync.com",
    issuer: expect.stringContaining("Tieline lab authority"),
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  });
  expect(Date.parse(hops[1]?.certificate?.validTo ?? "")).toBeGreaterThan(Date.parse(hops[1]?.certificate?.validFrom ?? ""));
});

test("a hybrid domain whose deployment has a Hybrid link is followed to the service", async () => {
  const { targetUri, hops } = await find("hybrid.contoso.com");
  expect(targetUri).toBe(ENDPOINT);
  expect(hops.map((hop) => [new URL(hop.url).host, hop.found.split(" ->")[0]])).toEqual([
    ["lyncdiscover.hybrid.contoso.com", "Root: Redirect"],
    ["webext.contoso.com", "Root: Domain"],
    ["webext.contoso.com", "Domain: Hybrid"],
    ["webdir.online.lync.com", "Root: Domain"],
    ["webdir.online.lync.com", "Domain: External/RemotePowerShell"],
  ]);
});

test("a domain whose deployment has none explains itself, with the hops that led there", async () => {
  const trouble = await troubleOf(find("onpremises.contoso.com"));
  expect(isFault(trouble) && trouble).toMatchObject({
    code: "discovery-no-endpoint",
    why: expect.stringContaining("An on-premises deployment answers for it"),
    cure: expect.stringContaining("--override-admin-domain, e.g. contoso.onmicrosoft.com"),
  });
  expect(hopsOf(trouble).map((hop) => [new URL(hop.url).host, hop.status, hop.fault])).toEqual([
    ["lyncdiscover.onpremises.contoso.com", 200, undefined],
    ["webext.contoso.com", 200, undefined],
    ["webext.contoso.com", 200, "discovery-no-endpoint"],
  ]);
});

test("the tenant's first domain always points online", async () => {
  expect((await find("contoso.onmicrosoft.com")).targetUri).toBe(ENDPOINT);
});

test("from inside, lyncdiscoverinternal leads to the pool by its internal name, and on over the Hybrid link", async () => {
  const inside = await find("contoso.com", { discoveryUri: "http://lyncdiscoverinternal.contoso.com" });
  expect(inside.targetUri).toBe(ENDPOINT);
  expect(inside.hops.map((hop) => new URL(hop.url).host)).toEqual([
    "lyncdiscoverinternal.contoso.com",
    "pool01.contoso.local",
    "pool01.contoso.local",
    "webdir.online.lync.com",
    "webdir.online.lync.com",
  ]);
});

test("the pool's documents say from which side they were asked", async () => {
  const ask = async (url: string) => Buffer.from((await get(dialler, new URL(url))).body).toString();
  const path = "/autodiscover/autodiscoverservice.svc/root?sipuri=sip:alice@contoso.com";
  expect(JSON.parse(await ask(`https://pool01.contoso.local${path}`))).toMatchObject({ accessLocation: "Internal" });
  expect(JSON.parse(await ask(`https://webext.contoso.com${path}`))).toMatchObject({ accessLocation: "External" });
});

test("a User document is for users: 401 with both ways to a web ticket", async () => {
  const { status, headers } = await get(
    dialler,
    new URL("https://webdir.online.lync.com/autodiscover/autodiscoverservice.svc/root/user?sipuri=alice@contoso.com"),
  );
  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toContain('MsRtcOAuth href="https://webdir.online.lync.com/WebTicket/oauthtoken"');
  expect(headers["x-ms-webticketurl"]).toBe("https://webdir.online.lync.com/WebTicket/WebTicketService.svc");
});

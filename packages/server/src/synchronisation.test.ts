/** A deployment synchronises with its tenant over real HTTPS, with tokens of the real authorization server. */
import { mkdtempSync, rmSync } from "node:fs";
import { request as overHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashPassword } from "@tieline/auth";
import { Dialler, NameMap } from "@tieline/net";
import { createLabDeployment, createLabTenants, Directory, LAB_DEPLOYMENT, LAB_TENANTS, type ObjectId } from "./directory/index.ts";
import { selfSigned } from "./identity/certificate.fixture.ts";
import { LabAuthority } from "./lab/authority.ts";
import { choosePorts } from "./lab/ports.ts";
import { serveSite, type ServedSite } from "./listeners.ts";
import { openSynchronisation, ProvisioningEndpoint, type SynchronisationTarget } from "./migration/synchronisation/index.ts";
import { poolUser } from "./migration/synchronisation/synchronisation.fixture.ts";
import { openSite, type Site } from "./site.ts";
import { sqliteDialect, storeOver, type Store } from "./store/index.ts";

const HOST = "admin0a.online.lync.com";
const LOGIN = "login.online.lync.com";
const CONTOSO = LAB_TENANTS[0]!.tenant.tenantId;
const FABRIKAM = LAB_TENANTS[1]!.tenant.tenantId;
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;
const PASSWORD = "four plain words here";
const BY = { by: "test" };

const folder = mkdtempSync(join(tmpdir(), "tieline-sync-"));
let site: Site;
let served: ServedSite;
let pool: Store;
let directory: Directory;
let dialler: Dialler;
let port: number;
let trusted: string;
let target: SynchronisationTarget;

beforeAll(async () => {
  const log = { info: () => undefined, warn: () => undefined };
  site = await openSite({
    kind: "online",
    folder,
    computer: HOST,
    identity: { host: LOGIN, aliases: [], endpointHosts: [HOST], siteKey: new Uint8Array(32).fill(3) },
    log,
  });
  const identity = site.identity!;
  const passwordHash = await hashPassword(PASSWORD);
  const credentials = () => Promise.resolve({ passwordHash, ntHashSealed: null });
  await createLabTenants(site.directory, { users: 0, nowMs: Date.now(), credentials });
  await identity.settings(CONTOSO).set({ legacy: true }, Date.now());
  const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
  const endpoint = new ProvisioningEndpoint({ identity, log });
  port = (await choosePorts({}))["online-https"];
  served = await serveSite(site, {
    mechanisms: {},
    ntlmNames: {},
    https: { port, tls: await authority.server("online", [HOST, LOGIN], Date.now()) },
    routes: [endpoint],
    answer: () => undefined,
  });
  trusted = authority.certificate;
  dialler = new Dialler({
    names: NameMap.of([`${HOST}:443:127.0.0.1:${port}`, `${LOGIN}:443:127.0.0.1:${port}`]),
    tls: { authorities: [trusted], onlyThese: true },
  });
  pool = await storeOver(sqliteDialect(join(folder, "pool.db")), "sqlite", Date.now());
  directory = Directory.of(pool);
  await createLabDeployment(directory, { users: 0, nowMs: Date.now(), credentials });
  target = await application(["Directory Synchronization Accounts"]);
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

async function application(roles: string[]): Promise<SynchronisationTarget> {
  const { pem, key } = await selfSigned("CN=Synchronisation");
  const applications = site.identity!.applications(CONTOSO);
  const appId = await applications.add({ displayName: "Synchronisation", roles });
  await applications.addCertificate(appId, pem);
  return {
    url: `https://${HOST}/provisioning`,
    tenant: "contoso.com",
    appId,
    certificate: pem,
    privateKey: key.export({ type: "pkcs8", format: "pem" }),
  };
}

function synchronisation(to: SynchronisationTarget) {
  return openSynchronisation({
    db: pool.db,
    directory,
    deployment: DEPLOYMENT,
    target: to,
    dialler,
    pause: () => Promise.resolve(),
    newGuid: () => crypto.randomUUID(),
    log: { warn: () => undefined },
  });
}

interface Answer {
  status: number;
  challenge: string | undefined;
  body: { error?: { code: string }; access_token?: string };
}

function ask(method: string, path: string, headers: Record<string, string> = {}, body = "", host = HOST): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = overHttps(
      { host: "127.0.0.1", port, servername: host, path, method, ca: trusted, headers: { host, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const challenge = response.headers["www-authenticate"];
          resolve({ status: response.statusCode ?? 0, challenge, body: JSON.parse(text) as Answer["body"] });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

async function tokenOf(user: string, resource: string): Promise<string> {
  const form = { grant_type: "password", client_id: "1950a258-227b-4e31-a9cf-717495945fc2", resource, username: user, password: PASSWORD };
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const { body } = await ask("POST", "/contoso.com/oauth2/token", headers, new URLSearchParams(form).toString(), LOGIN);
  return body.access_token ?? "";
}

const JSON_TYPE = { "content-type": "application/json" };
const RUN = { runId: "aaaaaaaa-0000-4000-8000-000000000001", kind: "delta", source: "contoso.local" };

test("5,000 objects arrive, once; the authority is found by the endpoint's own challenge", async () => {
  const { users } = directory.tenant(DEPLOYMENT);
  const before = await users.count();
  const id = (i: number) => `eeeeeeee-0000-4000-8000-${String(i).padStart(12, "0")}` as ObjectId;
  await users.add(Array.from({ length: 5000 - before }, (_, i) => poolUser(id(i), `user${i}`)));
  const service = await synchronisation(target);
  const seen: string[] = [];
  const run = await service.cycle("Initial", {
    ...BY,
    onProgress: ({ profile, done, total }) => void seen.push(`${profile} ${done}/${total}`),
  });
  expect(run).toMatchObject({ result: "success" });
  const { adds, updates, errors } = run.steps[2]!.counters;
  expect({ all: adds + updates, errors }).toEqual({ all: 5000, errors: 0 });
  expect(seen).toContain("Export 5000/5000");
  const online = site.directory.tenant(CONTOSO).users;
  expect(await online.count((eb) => eb("upn_key", "like", "user%@contoso.com"))).toBeGreaterThanOrEqual(5000 - before);
  const again = await service.cycle("Delta", BY);
  expect(again.steps.map((step) => Object.values(step.counters).reduce((sum, count) => sum + count, 0))).toEqual([0, 0, 0]);
});

test("an application without the role is refused with sync-permission, and the run says no-start-credentials", async () => {
  const service = await synchronisation(await application(["Global Reader"]));
  await expect(service.cycle("Delta", BY)).rejects.toMatchObject({
    code: "sync-refused",
    fields: { status: 403 },
    message: expect.stringMatching(/role|provision/),
  });
  expect((await service.runs(1))[0]).toMatchObject({ result: "no-start-credentials" });
});

test("a certificate that is not the application's gets no token", async () => {
  const other = await selfSigned("CN=Somebody else");
  const privateKey = other.key.export({ type: "pkcs8", format: "pem" });
  const service = await synchronisation({ ...target, certificate: other.pem, privateKey });
  await expect(service.cycle("Delta", BY)).rejects.toMatchObject({ layer: "authentication" });
  await expect(synchronisation({ ...target, privateKey })).rejects.toMatchObject({ code: "sync-certificate" });
  await expect(synchronisation({ ...target, certificate: "none" })).rejects.toMatchObject({ code: "sync-certificate" });
  await expect(synchronisation({ ...target, url: `http://${HOST}/provisioning` })).rejects.toMatchObject({ code: "sync-challenge" });
});

test("an address that is no provisioning endpoint gives no challenge to go by", async () => {
  const service = await synchronisation({ ...target, url: `https://${HOST}/elsewhere` });
  await expect(service.cycle("Delta", BY)).rejects.toMatchObject({ code: "sync-challenge", fields: { status: 404 } });
});

test("a Global Administrator may, whoever else may not; a token for another resource, or none, is answered with a challenge", async () => {
  const resource = `https://${HOST}/provisioning`;
  const begin = async (token: string | undefined): Promise<Answer> =>
    ask(
      "POST",
      "/provisioning/v1/runs",
      { ...JSON_TYPE, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      JSON.stringify(RUN),
    );
  expect(await begin(await tokenOf("admin@contoso.com", resource))).toMatchObject({
    status: 200,
    body: { nextSequence: 1, tenantId: CONTOSO },
  });
  expect(await begin(await tokenOf("viewer@contoso.com", resource))).toMatchObject({
    status: 403,
    body: { error: { code: "sync-permission" } },
  });
  const foreign = await begin(await tokenOf("admin@contoso.com", `https://${HOST}/OcsPowershellOAuth`));
  expect(foreign).toMatchObject({ status: 401, body: { error: { code: "token-audience-invalid" } } });
  for (const token of [undefined, "nonsense"]) {
    const answer = await begin(token);
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "access-token-refused" } } });
    expect(answer.challenge).toContain(`authorization_uri="https://${LOGIN}/common/oauth2/authorize"`);
  }
});

test("what cannot be read is refused with its reason, and nothing of it is taken", async () => {
  const authorization = `Bearer ${await tokenOf("admin@contoso.com", `https://${HOST}/provisioning`)}`;
  const post = (path: string, body: string, headers: Record<string, string> = JSON_TYPE) =>
    ask("POST", path, { authorization, ...headers }, body);
  const runs = "/provisioning/v1/runs";
  const batches = `${runs}/${RUN.runId}/batches`;
  const change = { operation: "add", anchor: "x", objectType: "User", attributes: {} };
  for (const [answer, status, code] of [
    [await post(runs, "{"), 400, "sync-request"],
    [await post(runs, JSON.stringify(RUN), { "content-type": "text/plain" }), 400, "sync-request"],
    [await post(runs, JSON.stringify({ ...RUN, runId: "x" })), 400, "sync-request"],
    [
      await post(batches, JSON.stringify({ sequence: 1, changes: Array.from({ length: 501 }, (_, i) => ({ ...change, anchor: `${i}` })) })),
      400,
      "sync-request",
    ],
    [await post(batches, JSON.stringify({ sequence: 1, changes: [{ ...change, attributes: [1] }] })), 400, "sync-request"],
    [await post(`${runs}/${RUN.runId.replace("1", "9")}/nothing`, "{}"), 400, "sync-request"],
    [await post(batches.replace("aaaaaaaa", "bbbbbbbb"), JSON.stringify({ sequence: 1, changes: [change] })), 409, "sync-run-over"],
    [await ask("GET", `${runs}/${RUN.runId.replace("aaaaaaaa", "bbbbbbbb")}`, { authorization }), 409, "sync-run-over"],
    [await ask("PUT", runs, { authorization }), 400, "sync-request"],
  ] as const) {
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  }
  const large = await post(batches, `{"sequence":1,"changes":"${"x".repeat(8 * 1024 * 1024)}"}`).catch((error: unknown) => error);
  // The answer comes before the request is through; whoever goes on sending may see the connection end instead.
  if (!(large instanceof Error)) expect(large).toMatchObject({ status: 413 });
  expect(await site.directory.tenant(FABRIKAM).users.count((eb) => eb("upn_key", "like", "user%"))).toBe(0);
});

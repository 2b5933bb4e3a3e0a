import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingHttpHeaders } from "node:http";
import { get as getSecurely } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { LabAuthority } from "../lab/authority.ts";
import { choosePorts } from "../lab/ports.ts";
import { CertificateWatch, readCertificate } from "./certificates.ts";
import { configurationSchema, parseConfiguration } from "./configuration.ts";
import { initialise, type InitOptions } from "./init.ts";
import { startService, type RunningService } from "./service.ts";
import { startWorker } from "./worker.ts";

const NOW = Date.now();
const DAY = 86_400_000;
const root = mkdtempSync(join(tmpdir(), "tieline-deployment-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const wish = (folder: string, more: Partial<InitOptions> = {}): InitOptions => ({
  folder: join(root, folder),
  domain: "contoso.com",
  administrator: "admin@contoso.com",
  password: "a boat, a lamp, a fish",
  host: "uc.contoso.com",
  environment: {},
  nowMs: NOW,
  ...more,
});

describe("a configuration", () => {
  const minimal = { host: "UC.contoso.com", tls: { certificate: "uc.pem", key: "/etc/uc.key" } };
  const pool = { ...minimal, kind: "pool", kerberos: { keytab: "pool01.keytab" } };
  const parse = (value: unknown) =>
    parseConfiguration(typeof value === "string" ? value : JSON.stringify(value), "/srv/tieline/tieline.json");

  it("is whole with a name and a certificate; paths are relative to the file", () => {
    expect(parse(minimal)).toMatchObject({
      data: "/srv/tieline",
      hosts: { powershell: "uc.contoso.com", discovery: "uc.contoso.com", login: "uc.contoso.com" },
      listen: { address: "127.0.0.1", https: 443, http: 80, ssh: null },
      tls: { certificate: "/srv/tieline/uc.pem", key: "/etc/uc.key" },
      legacy: { basic: false },
      limits: {
        shellsPerUser: 3,
        shellsPerTenant: 20,
        lifetimeMinutes: 60,
        hashesAtOnce: 2,
        hashesWaiting: 256,
        knownSourceDays: 30,
        guessesPerAccount: 10,
        guessesPerAddress: 100,
        lockMinutes: 15,
      },
      monitor: { address: "127.0.0.1", port: 9464 },
    });
  });

  it.each([
    ["{", /JSON/],
    [{}, /host: /],
    [{ ...minimal, host: "localhost" }, /full name/],
    [{ ...minimal, hots: "x" }, /hots/],
    [{ ...minimal, listen: { https: 0 } }, /listen\.https/],
    [{ ...minimal, listen: { https: 70_000 } }, /listen\.https/],
    [{ ...minimal, tls: { ...minimal.tls, maxVersion: "TLSv1" } }, /tls\.maxVersion/],
    [{ ...minimal, limits: { shellsPerUser: -1 } }, /limits\.shellsPerUser/],
    [{ ...minimal, database: { url: "" } }, /database\.url/],
    [{ ...minimal, legacy: { ntlm: true } }, /legacy\.ntlm: only a pool/],
    [{ ...minimal, hybrid: { url: "https://admin0a.online.lync.com/x" } }, /hybrid: only a pool/],
    [{ ...minimal, kind: "pool" }, /kerberos: nobody could sign in/],
    [{ ...pool, hybrid: {} }, /hybrid: it needs url, or adminDomain/],
    [{ ...pool, hybrid: { url: "http://admin0a.online.lync.com/x" } }, /hybrid\.url: it must begin with https/],
    [{ ...pool, hybrid: { adminDomain: "contoso.com" }, synchronisation: {} }, /synchronisation: it needs hybrid\.application/],
    [{ ...pool, hybrid: { adminDomain: "contoso.com" }, synchronisation: {} }, /synchronisation: it needs url/],
    [{ ...pool, forest: { url: "https://dc1.contoso.local", user: "x", passwordFile: "y" } }, /forest\.url: it must begin with ldaps/],
  ])("names what it does not understand: %j", (value, problem) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: "configuration-invalid", message: expect.stringMatching(problem) }));
  });
});

describe("a pool's configuration", () => {
  it("has the way to the service, the forest and synchronisation, with paths relative to the file", () => {
    const text = JSON.stringify({
      kind: "pool",
      host: "pool01.contoso.local",
      tls: { certificate: "a", key: "b" },
      kerberos: { keytab: "pool01.keytab" },
      hybrid: {
        adminDomain: "contoso.com",
        application: { tenant: "contoso.com", appId: "5F1A4A52-0c7e-4a57-9a41-7a1e11e00003", certificate: "m.crt", key: "m.key" },
      },
      forest: { url: "ldaps://dc1.contoso.local", user: "tieline@contoso.local", passwordFile: "forest.password", authorities: ["ca.pem"] },
      synchronisation: { url: "https://uc.contoso.com/provisioning" },
    });
    const parsed = parseConfiguration(text, "/srv/pool/tieline.json");
    expect(parsed).toMatchObject({
      kerberos: { keytab: "/srv/pool/pool01.keytab" },
      hybrid: {
        workers: 4,
        application: { appId: "5f1a4a52-0c7e-4a57-9a41-7a1e11e00003", certificate: "/srv/pool/m.crt", key: "/srv/pool/m.key" },
      },
      forest: { passwordFile: "/srv/pool/forest.password", authorities: ["/srv/pool/ca.pem"] },
      synchronisation: { everyMinutes: 30 },
    });
  });

  it("is checked by editors, too", () => {
    const { properties } = configurationSchema() as { properties: Record<string, unknown> };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(["kind", "hybrid", "forest", "synchronisation", "kerberos"]));
  });
});

describe("a certificate", () => {
  let authority: LabAuthority;
  const files = { certificate: join(root, "uc.crt"), key: join(root, "uc.key") };
  const names = ["uc.contoso.com"];
  const put = async (site: string, at = NOW): Promise<void> => {
    const made = await authority.server(site, names, at);
    writeFileSync(files.certificate, made.cert);
    writeFileSync(files.key, made.key, { mode: 0o600 });
  };
  beforeAll(async () => {
    authority = await LabAuthority.open(join(root, "authority"), NOW);
    await put("first");
  });

  it("is refused where it does not serve: name, time, key, form", async () => {
    expect(() => readCertificate(files, ["other.contoso.com"], NOW)).toThrow(/not made out to other\.contoso\.com/);
    expect(() => readCertificate(files, names, NOW + 400 * DAY)).toThrow(/lapsed on/);
    expect(() => readCertificate(files, names, NOW - 3 * DAY)).toThrow(/not valid before/);
    const other = await authority.server("second", names, NOW);
    const key = join(root, "other.key");
    writeFileSync(key, other.key, { mode: 0o600 });
    expect(() => readCertificate({ ...files, key }, names, NOW)).toThrow(/belongs to another certificate/);
    writeFileSync(key, "not a key");
    expect(() => readCertificate({ ...files, key }, names, NOW)).toThrow(/cannot be read/);
    expect(() => readCertificate({ certificate: key, key }, names, NOW)).toThrow(/no certificate in PEM/);
    expect(() => readCertificate({ ...files, key: "/nowhere" }, names, NOW)).toThrow(expect.objectContaining({ code: "file-unreadable" }));
    writeFileSync(join(root, "open.key"), readFileSync(files.key), { mode: 0o644 });
    expect(() => readCertificate({ ...files, key: join(root, "open.key") }, names, NOW)).toThrow(/others than its owner/);
  });

  it("is taken over when both files have changed, and the old one stays until they fit", async () => {
    await put("first");
    const said: string[] = [];
    const renewed: string[] = [];
    let tick = (): void => undefined;
    const _watch = new CertificateWatch({
      files,
      names,
      warnDays: 30,
      nowMs: () => NOW,
      every: (work) => ((tick = work), () => undefined),
      renewed: (pair) => renewed.push(pair.cert),
      say: (level, text) => said.push(`${level}: ${text}`),
    });
    const next = await authority.server("third", names, NOW);
    writeFileSync(files.certificate, next.cert);
    tick();
    expect(renewed).toEqual([]);
    expect(said).toEqual(["error: the certificate was changed and cannot be used; the old one stays in use"]);
    tick();
    expect(said).toHaveLength(1);
    writeFileSync(files.key, next.key);
    tick();
    expect(renewed).toEqual([next.cert]);
    expect(said.at(-1)).toBe("info: another certificate is in use");
  });

  it("is warned of once a day in its last days, and when it has lapsed", async () => {
    await put("first");
    let nowMs = NOW;
    const said: string[] = [];
    let tick = (): void => undefined;
    const watch = new CertificateWatch({
      files,
      names,
      warnDays: 30,
      nowMs: () => nowMs,
      every: (work) => ((tick = work), () => undefined),
      renewed: () => undefined,
      say: (level, text) => said.push(`${level}: ${text}`),
    });
    for (const days of [358, 361, 361.1, 362, 391]) {
      nowMs = NOW + days * DAY;
      watch.look();
      tick();
    }
    expect(said).toEqual([
      "warn: the certificate lapses in 28 days",
      "warn: the certificate lapses in 27 days",
      "error: the certificate has lapsed: clients refuse it",
    ]);
  });
});

describe("init", () => {
  it.each<[string, Partial<InitOptions>, string]>([
    ["a domain that is none", { domain: "contoso" }, "domain-malformed"],
    ["an administrator of another domain", { administrator: "admin@fabrikam.com" }, "administrator-malformed"],
    ["a short password", { password: "short" }, "password-weak"],
    ["a password with the domain in it", { password: "my contoso.com password" }, "password-weak"],
    ["a password of one letter", { password: "aaaaaaaaaaaaaaaa" }, "password-weak"],
    ["a host that is no full name", { host: "uc" }, "configuration-invalid"],
    ["a certificate that is not there", { certificate: { certificate: "/nowhere", key: "/nowhere" } }, "file-unreadable"],
    [
      "an administrator outside the pool's domain",
      { pool: { domain: "contoso.local", netbiosName: "CONTOSO", ntlm: true } },
      "administrator-malformed",
    ],
    ["a NetBIOS name that is none", { pool: { domain: "contoso.com", netbiosName: "CONTOSO.COM", ntlm: true } }, "netbios-malformed"],
    ["a pool at which nobody could sign in", { pool: { domain: "contoso.com", netbiosName: "CONTOSO" } }, "configuration-invalid"],
    ["a password in the database's URL", { database: { url: "postgres://u:p@h/d" } }, "store-password-in-url"],
  ])("refuses %s, and leaves no configuration behind", async (name, more, code) => {
    const folder = name.replaceAll(" ", "-");
    await expect(initialise(wish(folder, more))).rejects.toMatchObject({ code });
    expect(existsSync(join(root, folder, "tieline.json"))).toBe(false);
  });

  it("is done once", async () => {
    await initialise(wish("once"));
    await expect(initialise(wish("once"))).rejects.toMatchObject({ code: "init-done" });
    rmSync(join(root, "once", "tieline.json"));
    await expect(initialise(wish("once"))).rejects.toMatchObject({ code: "init-done" });
  });
});

describe("a service", () => {
  const folder = join(root, "service");
  let service: RunningService;
  let port: number;
  beforeAll(async () => {
    const free = await choosePorts({});
    port = free["online-https"];
    await initialise(wish("service", { httpsPort: port, httpPort: free["online-http"] }));
    const path = join(folder, "tieline.json");
    const text = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...text, monitor: { port: free["online-ssh"] } }));
    const configuration = parseConfiguration(readFileSync(path, "utf8"), path);
    service = await startService({ configuration, environment: {}, nowMs: () => Date.now() });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", servername: "uc.contoso.com", rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      }).on("error", reject);
    });
  const ask = (path: string): Promise<{ status: number | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: service.monitorPort, path }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk))).on("end", () => resolve({ status: response.statusCode, body }));
      }).on("error", reject);
    });

  it("is ready, alive and counted", async () => {
    expect(await ask("/healthz")).toEqual({ status: 200, body: "ok\n" });
    const ready = await ask("/readyz");
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toMatchObject({ status: "ready", checks: [{ name: "database", ok: true }, { name: "certificate" }] });
    const { body } = await ask("/metrics");
    expect(body).toMatch(/^tieline_sessions_open 0$/m);
    expect(body).toMatch(/^tieline_certificate_not_after_seconds \d+$/m);
    expect((await ask("/")).body).toContain("Tieline is ready");
    expect((await ask("/other")).status).toBe(404);
  });

  it("sends whoever has no credentials to its own authorization server, which answers", async () => {
    const ask = (path: string, name: string): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> =>
      new Promise((resolve, reject) => {
        const ca = readFileSync(join(folder, "authority", "lab-ca.crt"), "utf8");
        const options = { host: "127.0.0.1", port, path, servername: name, headers: { host: name }, ca };
        getSecurely(options, (response) => {
          let body = "";
          response
            .on("data", (chunk) => (body += String(chunk)))
            .on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
        }).on("error", reject);
      });
    const refused = await ask("/OcsPowershellOAuth", "uc.contoso.com");
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toContain('authorization_uri="https://uc.contoso.com/common/oauth2/authorize"');
    const known = await ask("/contoso.com/v2.0/.well-known/openid-configuration", "uc.contoso.com");
    expect(JSON.parse(known.body)).toMatchObject({ issuer: expect.stringMatching(/^https:\/\/uc\.contoso\.com\/[0-9a-f-]{36}\/v2\.0$/) });
    const found = await ask("/?Domain=contoso.com", "lyncdiscover.contoso.com");
    expect(found.status).toBe(200);
  });

  it("shows another certificate when its files change, without a restart", async () => {
    const before = await shown();
    const { certificate, key } = service.configuration.tls;
    rmSync(certificate);
    const authority = await LabAuthority.open(join(folder, "authority"), NOW);
    const made = await authority.server("other", ["uc.contoso.com"], NOW);
    writeFileSync(certificate, made.cert);
    writeFileSync(key, made.key, { mode: 0o600 });
    service.reload();
    expect(await shown()).not.toBe(before);
  });
});

test("a service without its key, or without a tenant, does not start", async () => {
  await initialise(wish("nokey"));
  const path = join(root, "nokey", "tieline.json");
  const configuration = { ...parseConfiguration(readFileSync(path, "utf8"), path), monitor: null };
  const start = () => startService({ configuration, environment: {}, nowMs: () => Date.now() });
  const key = join(root, "nokey", "keys", "site.key");
  copyFileSync(key, `${key}.kept`);
  rmSync(key);
  await expect(start()).rejects.toMatchObject({ code: "site-key-unusable" });
  copyFileSync(`${key}.kept`, key);
  rmSync(join(root, "nokey", "online.db"));
  await expect(start()).rejects.toMatchObject({ code: "tenant-missing" });
});

test.each([
  ["of the service", {}, /it is no pool/],
  ["whose database is a file", { kind: "pool", kerberos: { keytab: "x" } }, /its database is a file/],
])("a worker has nothing to do in a folder %s", async (_, more, reason) => {
  const text = JSON.stringify({ host: "pool01.contoso.local", tls: { certificate: "a", key: "b" }, ...more });
  const configuration = parseConfiguration(text, join(root, "worker", "tieline.json"));
  await expect(startWorker({ configuration, environment: {} })).rejects.toMatchObject({
    code: "worker-unfit",
    message: expect.stringMatching(reason),
  });
});

/** The lab's authorization server and its endpoint together, over TLS: tokens open sessions, passwords where they may. */
import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Credential } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { Dialler, NameMap, readAuthorities } from "@tieline/net";
import { connect, type Session } from "@tieline/remoting";
import { LabSecrets, startLab, type RunningLab } from "../index.ts";
import { AUTOMATION } from "./provision.ts";

const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const CLIENT = "1950a258-227b-4e31-a9cf-717495945fc2";
const USER = "admin@contoso.com";
let folder: string;
let lab: RunningLab;
let agent: Agent;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-lab-tokens-"));
  lab = await startLab({ folder, users: 4 });
  agent = new Agent({ ca: readFileSync(join(folder, lab.description.authority)), keepAlive: false });
});
afterAll(async () => {
  agent.destroy();
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function call(
  path: string,
  form?: Record<string, string>,
  host = "localhost",
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const sent = request(
      {
        agent,
        host: "127.0.0.1",
        servername: "localhost",
        port: lab.description.ports["online-https"],
        path,
        method: body === undefined ? "GET" : "POST",
        headers: { host, ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }) },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

async function token(user = USER, resource = TARGET): Promise<string> {
  const { body } = await call(`/${user.split("@")[1] ?? ""}/oauth2/token`, {
    grant_type: "password",
    client_id: CLIENT,
    resource,
    username: user,
    password: LabSecrets.open(folder).password(user),
  });
  return String((JSON.parse(body) as { access_token?: string }).access_token);
}

function open(credential: Credential, authentication: "Basic" | "Bearer", uri = TARGET, domain = "contoso.com"): Promise<Session> {
  const names = NameMap.of(lab.description.names);
  const tls = { authorities: [readAuthorities(join(folder, lab.description.authority))] };
  const dialler = new Dialler({ names, tls });
  return connect({ transport: { kind: "wsman", uri: `${uri}?AdminDomain=${domain}`, dialler, credential, authentication } });
}

async function refusal(opening: Promise<Session>): Promise<string> {
  try {
    await (await opening).close();
    return "in";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

async function firstLine(session: Session, cmdlet: string, property: string): Promise<unknown> {
  try {
    for await (const value of session.invoke(cmdlet)) return (value as { get(name: string): unknown }).get(property);
    return undefined;
  } finally {
    await session.close();
  }
}

test("the challenge of the target URI names the client and where tokens are had", async () => {
  const { status, headers } = await call("/OcsPowershellOAuth", undefined, "admin0a.online.lync.com");
  expect(status).toBe(401);
  const challenge = String(headers["www-authenticate"]);
  expect(challenge).toContain(`client_id="${CLIENT}"`);
  expect(challenge).toContain('authorization_uri="https://login.online.lync.com/common/oauth2/authorize"');
});

test.each(["Basic", "Bearer"] as const)("a token in %s opens a session", async (scheme) => {
  const session = await open({ kind: "token", token: await token() } as never, scheme);
  expect(await firstLine(session, "Get-CsTenant", "DisplayName")).toBe("Contoso.com");
});

test("an application that signs in with the lab's certificate runs cmdlets, and the audit names it", async () => {
  const certificate = new X509Certificate(readFileSync(join(folder, "authority", `${AUTOMATION.file}.crt`)));
  const key = createPrivateKey(readFileSync(join(folder, "authority", `${AUTOMATION.file}.key`)));
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: "RS256", x5t: Buffer.from(certificate.fingerprint.replaceAll(":", ""), "hex").toString("base64url") })
    .setIssuer(AUTOMATION.appId)
    .setSubject(AUTOMATION.appId)
    .setAudience("https://login.online.lync.com/contoso.com/oauth2/token")
    .setExpirationTime("5m")
    .sign(key);
  const { body } = await call("/contoso.com/oauth2/token", {
    grant_type: "client_credentials",
    client_id: AUTOMATION.appId,
    resource: TARGET,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  });
  const { access_token } = JSON.parse(body) as { access_token: string };
  const session = await open({ kind: "token", token: access_token }, "Basic");
  expect(await firstLine(session, "Get-CsTenant", "DisplayName")).toBe("Contoso.com");
});

test("a token for elsewhere, another tenant's, and a password where tokens alone are taken: refused", async () => {
  const elsewhere = await token(USER, TARGET.replace("OAuth", "LiveId"));
  const byPassword = { kind: "password", user: USER, password: LabSecrets.open(folder).password(USER) } as const;
  expect(await refusal(open({ kind: "token", token: elsewhere }, "Basic"))).toBe("token-audience-invalid");
  expect(await refusal(open({ kind: "token", token: await token("admin@fabrikam.com") }, "Basic"))).toBe("tenant-not-permitted");
  expect(await refusal(open({ kind: "token", token: "x.y.z" }, "Bearer"))).toBe("access-token-refused");
  expect(await refusal(open(byPassword, "Basic"))).not.toBe("in");
  expect(await refusal(open(byPassword, "Basic", TARGET.replace("OAuth", "LiveId")))).toBe("in");
});

test("modern sign-in switched off by a cmdlet: no token is offered, given or taken; switched on again, all is as before", async () => {
  const challenge = async (): Promise<string> =>
    String((await call("/OcsPowershellLiveId?AdminDomain=fabrikam.com", undefined, "admin0a.online.lync.com")).headers["www-authenticate"]);
  const ADMIN = "admin@fabrikam.com";
  const password = LabSecrets.open(folder).password(ADMIN);
  const before = await token(ADMIN);
  const session = await open({ kind: "password", user: ADMIN, password }, "Basic", TARGET.replace("OAuth", "LiveId"), "fabrikam.com");
  const set = async (value: string): Promise<void> => {
    for await (const _ of session.invoke("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: value })) void _;
  };
  await set("Disallowed");
  expect(await challenge()).not.toContain("Bearer");
  expect(await token(ADMIN)).toBe("undefined");
  expect(await refusal(open({ kind: "token", token: before }, "Basic", TARGET, "fabrikam.com"))).toBe("modern-sign-in-off");
  await set("Allowed");
  expect(await challenge()).toContain("Bearer");
  expect(await refusal(open({ kind: "token", token: before }, "Basic", TARGET, "fabrikam.com"))).toBe("in");
  await session.close();
});

test("the session in which modern sign-in is switched off goes on, whatever it was opened with", async () => {
  const session = await open({ kind: "token", token: await token("admin@fabrikam.com") }, "Basic", TARGET, "fabrikam.com");
  const run = async (cmdlet: string, parameters: Record<string, string> = {}): Promise<number> => {
    let count = 0;
    for await (const _ of session.invoke(cmdlet, parameters)) count += 1;
    return count;
  };
  await run("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "Disallowed" });
  expect(await run("Get-CsTenant")).toBe(1);
  await run("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "NoOverride" });
  await session.close();
});

test("documents of both generations, keys, realm and instance discovery are had by anybody", async () => {
  const json = async (path: string): Promise<Record<string, unknown>> => JSON.parse((await call(path)).body) as Record<string, unknown>;
  const v1 = await json("/contoso.com/.well-known/openid-configuration");
  const v2 = await json("/contoso.com/v2.0/.well-known/openid-configuration");
  expect(v1["token_endpoint"]).toMatch(/\/oauth2\/token$/);
  expect(v2["token_endpoint"]).toMatch(/\/oauth2\/v2\.0\/token$/);
  expect((await json("/common/v2.0/.well-known/openid-configuration"))["issuer"]).toBe("https://login.online.lync.com/{tenantid}/v2.0");
  const { keys } = (await json("/contoso.com/discovery/keys")) as { keys: Record<string, unknown>[] };
  expect(keys[0]).toMatchObject({ kty: "RSA", use: "sig", alg: "RS256" });
  expect(keys[0]).not.toHaveProperty("d");
  expect(await json(`/common/userrealm/${USER}`)).toMatchObject({ account_type: "Managed", domain_name: "contoso.com" });
  expect(await json("/getuserrealm.srf?login=x@adatum.com")).toMatchObject({ NameSpaceType: "Unknown" });
  expect((await call(`/getuserrealm.srf?login=${USER}&xml=1`)).body).toContain("<NameSpaceType>Managed</NameSpaceType>");
  expect(await json("/common/discovery/instance")).toHaveProperty("tenant_discovery_endpoint");
});

/**
 * Sign-ins a second over the real token endpoint (TLS, database, sign-in log), with the password hash at its real cost,
 * beside the bare hash in the same process; and what a burst of sign-ins costs those who are signed in already: how late
 * the service's loop comes, and how long a token check takes meanwhile.
 *
 *     npm run bench sign-ins
 */
import { createHash, randomUUID, sign, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Caller, RESOURCE, SOAP_CONTENT_TYPE } from "@tieline/remoting/wsman";
import { PeerProcess } from "./peer-process.ts";
import type { LoopDelay, SignInPlaces } from "./sign-ins-process.ts";

const SECONDS = Number(process.env["TIELINE_SECONDS"] ?? 4);
const HOST = "login.online.lync.com";
const TENANT = "/contoso.com/oauth2/token";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const PUBLIC = "1950a258-227b-4e31-a9cf-717495945fc2";
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
try {
  await using lab = new PeerProcess(join(import.meta.dirname, "sign-ins-process.ts"), [folder]);
  const places = await lab.ask<SignInPlaces>("places");
  const agent = new Agent({ ca: places.authority, keepAlive: true, servername: "localhost" });
  const password = { grant_type: "password", client_id: PUBLIC, username: "admin@contoso.com", password: places.password };
  const byPassword = (): Promise<string> => token(places, agent, { ...password, resource: TARGET });
  const byCertificate = (): Promise<string> =>
    token(places, agent, {
      grant_type: "client_credentials",
      client_id: AUTOMATION,
      resource: TARGET,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion(places),
    });
  const refresh = chain(places, agent, password);
  const access = await byPassword();
  const check = (): Promise<void> => checked(places, agent, access);

  // Before and after each row: other programs on the machine weigh on both alike.
  const bareHashes = (): Promise<number> => lab.ask<number>("bareHashes", SECONDS / 2, 4);
  const measure = async (name: string, atATime: number, action: () => Promise<unknown>): Promise<void> => {
    const before = await bareHashes();
    const each = await rate(action, atATime);
    const bare = (before + (await bareHashes())) / 2;
    console.log(
      `${name.padEnd(40)} ${atATime} at a time ${each.toFixed(1).padStart(7)} a second, ${(each / bare).toFixed(2).padStart(6)} of the bare hash (${bare.toFixed(1)})`,
    );
  };
  await measure("password (argon2id 19 MiB, 2 passes)", 1, byPassword);
  await measure("password (argon2id 19 MiB, 2 passes)", 8, byPassword);
  await measure("certificate (private_key_jwt)", 1, byCertificate);
  await measure("certificate (private_key_jwt)", 8, byCertificate);
  await measure("refresh, rotated", 1, refresh);
  await measure("token check at the PowerShell endpoint", 1, check);
  await measure("token check at the PowerShell endpoint", 8, check);
  await beside(lab, "nobody signs in", check, 0, byPassword);
  await beside(lab, "64 sign in at a time", check, 64, byPassword);
  agent.destroy();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** How the service does for whoever has a token, while so many sign in by password. */
async function beside(
  lab: PeerProcess,
  name: string,
  check: () => Promise<void>,
  signingIn: number,
  signIn: () => Promise<unknown>,
): Promise<void> {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  const burst = Array.from({ length: signingIn }, async () => {
    while (performance.now() < end) {
      await signIn();
      done += 1;
    }
  });
  await lab.ask("watchLoop");
  const times: number[] = [];
  while (performance.now() < end) {
    const began = performance.now();
    await check();
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const delay = await lab.ask<LoopDelay>("loopDelay");
  await Promise.all(burst);
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  console.log(
    `${name}: a token check takes ${at(0.5)} ms (median), ${at(0.99)} ms (99 of 100); the loop is late by ${delay.mean.toFixed(1)} ms ` +
      `(mean), ${delay.p99.toFixed(0)} ms (99 of 100), ${delay.max.toFixed(0)} ms (worst)${signingIn === 0 ? "" : `; ${done} signed in`}`,
  );
}

async function rate(action: () => Promise<unknown>, atATime: number): Promise<number> {
  await action();
  const began = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (; performance.now() - began < SECONDS * 1000; done += 1) await action();
    }),
  );
  return done / ((performance.now() - began) / 1000);
}

/** Each answer's refresh token buys the next. */
function chain(places: SignInPlaces, agent: Agent, first: Record<string, string>): () => Promise<void> {
  let held: string | undefined;
  return async () => {
    const form: Record<string, string> =
      held === undefined ? first : { grant_type: "refresh_token", client_id: PUBLIC, refresh_token: held };
    const { refresh_token } = await tokens(places, agent, { ...form, resource: TARGET });
    held = String(refresh_token);
  };
}

async function token(places: SignInPlaces, agent: Agent, form: Record<string, string>): Promise<string> {
  return String((await tokens(places, agent, form))["access_token"]);
}

async function tokens({ port }: SignInPlaces, agent: Agent, form: Record<string, string>): Promise<Record<string, unknown>> {
  const body = new URLSearchParams(form).toString();
  const heard = await send(agent, port, TENANT, { host: HOST, "content-type": "application/x-www-form-urlencoded" }, body);
  if (heard.status !== 200) throw new Error(`${heard.status} ${heard.body.slice(0, 300)}`);
  return JSON.parse(heard.body) as Record<string, unknown>;
}

/** The cheapest thing that the endpoint does for a token's holder: it tells its configuration. */
async function checked({ port }: SignInPlaces, agent: Agent, access: string): Promise<void> {
  const caller = new Caller({ uri: TARGET, newId: randomUUID, operationTimeoutMs: 20_000 });
  const body = Buffer.from(caller.encode("get", {}, { resourceUri: RESOURCE.config }));
  const headers = { host: "admin0a.online.lync.com", authorization: `Bearer ${access}`, "content-type": SOAP_CONTENT_TYPE };
  const heard = await send(agent, port, new URL(TARGET).pathname, headers, body);
  if (heard.status !== 200) throw new Error(`${heard.status} ${heard.body.slice(0, 300)}`);
}

function assertion({ certificate, key }: SignInPlaces): string {
  const now = Math.floor(Date.now() / 1000);
  const x5t = createHash("sha256").update(new X509Certificate(certificate).raw).digest("base64url");
  const claims = { iss: AUTOMATION, sub: AUTOMATION, aud: `https://${HOST}${TENANT}`, jti: randomUUID(), nbf: now, exp: now + 600 };
  const text = [{ alg: "RS256", typ: "JWT", "x5t#S256": x5t }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

function send(
  agent: Agent,
  port: number,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const sent = request({ agent, host: "127.0.0.1", port, path, method: "POST", headers: { ...headers, ...length } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on("error", reject).end(body);
  });
}

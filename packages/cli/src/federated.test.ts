/** An administrator federates a domain of the lab with a provider over TLS; from then on its accounts connect through that. */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseStore, diallerFor, newCsOnlineSession, TokenCache, type Person, type SignInWish } from "@tieline/connector";
import type { PsObject } from "@tieline/remoting/objects";
import { LabAuthority, LabSecrets, startLab, type RunningLab } from "@tieline/server";
import { FormBrowser } from "./form-browser.fixture.ts";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

const HOST = "sts.adatum.example";
const GLOBAL = "admin@contoso.com";
const USER = "viewer@contoso.com";

let folder: string;
let lab: RunningLab;
let ca: string;
let provider: Server;
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: "jwk" }), kid: "adatum", alg: "RS256", use: "sig" };
/** Authorization requests by the code that each was answered with. */
const requests = new Map<string, URLSearchParams>();
const assertions: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-federated-"));
  const authority = await LabAuthority.open(join(folder, "lab", "authority"), Date.now());
  ca = authority.certificate;
  const { cert, key } = await authority.server("adatum", [HOST], Date.now());
  provider = createServer({ cert, key }, (request, response) => {
    const url = new URL(request.url ?? "/", `https://${HOST}`);
    if (url.pathname === "/authorize") {
      const code = randomBytes(16).toString("hex");
      requests.set(code, url.searchParams);
      const back = new URL(url.searchParams.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code, state: url.searchParams.get("state") ?? "" }).toString();
      response.writeHead(303, { location: back.href }).end();
    } else if (url.pathname === "/token") {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => response.end(JSON.stringify(answer(new URLSearchParams(text)))));
    } else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  const dialler = diallerTo([`${HOST}:443:127.0.0.1:${port()}`], authority.path);
  lab = await startLab({ folder: join(folder, "lab"), users: 3, dialler });
  ca = readFileSync(join(lab.folder, lab.description.authority), "utf8");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  provider?.close();
  rmSync(folder, { recursive: true, force: true });
});

const diallerTo = (connectTo: readonly string[], authority: string): ReturnType<typeof diallerFor> =>
  diallerFor({ connectTo, caFiles: [authority], insecure: false, proxy: "none", environment: {} });
const port = (): number => (provider.address() as AddressInfo).port;

function answer(form: URLSearchParams): Record<string, unknown> {
  const asked = requests.get(form.get("code") ?? "");
  requests.delete(form.get("code") ?? "");
  if (asked === undefined) return { error: "invalid_grant" };
  assertions.push(form.get("client_assertion") ?? "");
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: `https://${HOST}`,
    aud: "tieline",
    sub: "7",
    iat: now,
    exp: now + 300,
    nonce: asked.get("nonce"),
    preferred_username: asked.get("login_hint") ?? USER,
    amr: ["pwd"],
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", kid: jwk.kid })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), privateKey).toString("base64url");
  return { token_type: "Bearer", id_token: `${signed}.${signature}` };
}

/** Runs the command line as one who has a password at hand. */
async function invoke(user: string, words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: "", err: "" };
  const stream = (name: "out" | "err"): PassThrough => new PassThrough().on("data", (chunk: Buffer) => (text[name] += chunk.toString()));
  const around = {
    stdin: new PassThrough().end(),
    stdout: stream("out"),
    stderr: stream("err"),
    environment: { TIELINE_PASSWORD: LabSecrets.open(lab.folder).password(user), TIELINE_TOKEN_CACHE: "memory", XDG_STATE_HOME: folder },
    signal: new AbortController().signal,
  };
  const names = lab.description.names.flatMap((name) => ["--connect-to", name]);
  const options = ["--ca-file", join(lab.folder, lab.description.authority), ...names, "--user", user, "--sign-in", "password"];
  const code = await main(["invoke", ...options, ...words], around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...text };
}

/** Connects as the user, with a person who attends. */
async function tenantSeenBy(user: string, person: Partial<Person>, how: Partial<SignInWish> = {}): Promise<unknown> {
  const dialler = diallerTo(lab.description.names, join(lab.folder, lab.description.authority));
  const cache = new TokenCache(chooseStore({ TIELINE_TOKEN_CACHE: "memory" }, { wait: async () => undefined, nowMs: () => Date.now() }));
  const signIn = { person: { attends: true, tell: () => undefined, ...person }, cache: () => cache, profile: "default", ...how };
  const { session } = await newCsOnlineSession({ UserName: user }, { dialler, say: () => undefined, signIn });
  try {
    let tenant: unknown;
    for await (const found of session.invoke("Get-CsTenant")) tenant = (found as PsObject).get("DisplayName");
    return tenant;
  } finally {
    await session.close();
  }
}

const browser = (): FormBrowser => new FormBrowser(ca, { [HOST]: port() });

test("a help desk may not federate the domain; a Global Administrator does, without a secret", async () => {
  const words = [
    `Set-MsolDomainAuthentication -DomainName contoso.com -Authentication Federated -IssuerUri https://${HOST} -ClientId tieline`,
    `-PassiveLogOnUri https://${HOST}/authorize -TokenUri https://${HOST}/token -KeysUri https://${HOST}/keys -AccountClaim preferred_username`,
  ].join(" ");
  expect((await invoke("helpdesk@contoso.com", [words])).err).toContain("Set-MsolDomainAuthentication");
  expect((await invoke(USER, ["Get-CsTenant | Select-Object DisplayName"])).code).toBe(0);
  expect(await invoke(GLOBAL, [words])).toMatchObject({ code: 0, err: "" });
});

test("from then on a password says where the domain's accounts sign in", async () => {
  const { code, err } = await invoke(USER, ["Get-CsTenant"]);
  expect(code).toBe(4);
  expect(err).toContain("sign-in-federated");
  expect(err).toContain(HOST);
});

test("browser: the address that is opened leads to the provider and back to this machine", async () => {
  let last = "";
  const open = async (address: URL): Promise<boolean> => {
    void browser()
      .walk(address, {})
      .then((shown) => (last = shown.text));
    return true;
  };
  expect(await tenantSeenBy(USER, { open })).toBe("Contoso.com");
  expect(last).toContain("You are signed in");
  expect(JSON.parse(Buffer.from(assertions.at(-1)?.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
    iss: "tieline",
    aud: `https://${HOST}/token`,
  });
});

test("device code: the name that is typed leads to the provider, and the device goes on", async () => {
  const told: string[] = [];
  const wait = async (): Promise<void> => {
    const [, address = "", code = ""] = /open (\S+) .* enter the code (\S+)/.exec(told.join("\n")) ?? [];
    await browser().walk(new URL(address), { login_hint: USER, user: USER, user_code: code });
  };
  expect(await tenantSeenBy(USER, { tell: (words) => void told.push(words) }, { way: "device-code", wait })).toBe("Contoso.com");
});

/** Signing in at the lab's own authorization server, each way from end to end, and the sessions that follow from it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  chooseStore,
  diallerFor,
  newCsOnlineSession,
  TokenCache,
  type NewCsOnlineSessionParameters,
  type Person,
  type SignInWish,
} from "@tieline/connector";
import type { PsObject } from "@tieline/remoting/objects";
import { LabSecrets, startLab, type RunningLab } from "@tieline/server";
import { FormBrowser } from "./form-browser.fixture.ts";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

/** The lab's application; its certificate lies in the authority's folder. */
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";
const CONTOSO = "admin@contoso.com";
const FABRIKAM = "admin@fabrikam.com";

let folder: string;
let lab: RunningLab;
let ca: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-sign-in-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 3 });
  ca = readFileSync(join(lab.folder, lab.description.authority), "utf8");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const passwordOf = (user: string): string => LabSecrets.open(lab.folder).password(user);
const environmentOf = (name: string): Record<string, string> => ({
  XDG_STATE_HOME: join(folder, name),
  TIELINE_CACHE_PASSPHRASE: "open sesame",
});

/** Runs the command line; what it prints never holds a token, a password or the passphrase. */
async function tieline(words: readonly string[], env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const text = { out: "", err: "" };
  const stream = (name: "out" | "err"): PassThrough => new PassThrough().on("data", (chunk: Buffer) => (text[name] += chunk.toString()));
  const around = {
    stdin: new PassThrough().end(),
    stdout: stream("out"),
    stderr: stream("err"),
    environment: env,
    signal: new AbortController().signal,
  };
  const code = await main(words, around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  for (const secret of [/eyJ[\w-]{20}/, passwordOf(CONTOSO), "open sesame"]) expect(text.out + text.err).not.toMatch(secret);
  return { code, ...text };
}

const names = (): string[] => [
  "--ca-file",
  join(lab.folder, lab.description.authority),
  ...lab.description.names.flatMap((name) => ["--connect-to", name]),
];
const invoke = (words: readonly string[], env: Record<string, string>) =>
  tieline(["invoke", ...names(), ...words, "Get-CsTenant | Select-Object DisplayName"], env);
const contoso = JSON.stringify([{ DisplayName: "Contoso.com" }]);

interface Attended {
  person?: Partial<Person>;
  way?: SignInWish["way"];
  wait?: SignInWish["wait"];
  env?: Record<string, string>;
}

const labDialler = (): ReturnType<typeof diallerFor> =>
  diallerFor({
    connectTo: lab.description.names,
    caFiles: [join(lab.folder, lab.description.authority)],
    insecure: false,
    proxy: "none",
    environment: {},
  });

/** `New-CsOnlineSession` with a person who does what `person` says. */
async function session(
  parameters: NewCsOnlineSessionParameters,
  attended: Attended,
): Promise<{ tenant: unknown; said: string[]; told: string[] }> {
  const [said, told]: string[][] = [[], []];
  const dialler = labDialler();
  const cache = new TokenCache(
    chooseStore(attended.env ?? { TIELINE_TOKEN_CACHE: "memory" }, { wait: async () => undefined, nowMs: () => Date.now() }),
  );
  const { session: opened } = await newCsOnlineSession(parameters, {
    dialler,
    say: (words) => void said?.push(words),
    signIn: {
      person: { attends: true, tell: (words) => void told?.push(words), ...attended.person },
      cache: () => cache,
      profile: "default",
      ...(attended.way === undefined ? {} : { way: attended.way }),
      ...(attended.wait === undefined ? {} : { wait: attended.wait }),
    },
  });
  try {
    let tenant: unknown;
    for await (const found of opened.invoke("Get-CsTenant")) tenant = (found as PsObject).get("DisplayName");
    return { tenant, said: said ?? [], told: told ?? [] };
  } finally {
    await opened.close();
  }
}

/** A person at a browser, who knows the account's password. */
function fillFor(user: string): Record<string, string> {
  const password = passwordOf(user);
  return { login_hint: user, user, username: user, login: user, password, passwd: password };
}

/** Types the code that was shown, while the connector waits for its first question. */
function typing(user: string, told: string[], press?: string): NonNullable<SignInWish["wait"]> {
  return async () => {
    const [, address = "", code = ""] = /open (\S+) .* enter the code (\S+)/.exec(told.join("\n")) ?? [];
    await new FormBrowser(ca).walk(new URL(address), { ...fillFor(user), user_code: code }, press);
  };
}

function byDeviceCode(user: string, env?: Record<string, string>, parameters: NewCsOnlineSessionParameters = { UserName: user }) {
  const told: string[] = [];
  return session(parameters, {
    way: "device-code",
    wait: typing(user, told),
    person: { tell: (words) => void told.push(words) },
    ...(env === undefined ? {} : { env }),
  });
}

test("device code: typed at the lab's page on localhost, as a browser without a name map reaches it", async () => {
  const { tenant, said } = await byDeviceCode(CONTOSO);
  expect(tenant).toBe("Contoso.com");
  expect(said).toEqual([
    "Determining domain to admin",
    "AdminDomain = 'contoso.com'",
    "Discovering PowerShell endpoint URI",
    "TargetUri = 'https://admin0a.online.lync.com/OcsPowershellLiveId'",
    "Requesting authentication token",
    "Success",
    "Initializing remote session",
    "Success",
  ]);
});

test("browser: the address opened leads through the lab's pages back to this machine", async () => {
  let last = "";
  const browse = async (address: URL): Promise<boolean> => {
    expect(address.origin).toBe(`https://localhost:${lab.description.ports["online-https"]}`);
    void new FormBrowser(ca).walk(address, fillFor(CONTOSO)).then((shown) => (last = shown.text));
    return true;
  };
  const { tenant } = await session({ UserName: CONTOSO }, { person: { open: browse } });
  expect(tenant).toBe("Contoso.com");
  expect(last).toContain("You are signed in");
});

test("a browser that is signed in as somebody else is found out before the endpoint sees the token", async () => {
  const other = async (address: URL): Promise<boolean> => {
    address.searchParams.set("login_hint", "viewer@contoso.com");
    void new FormBrowser(ca).walk(address, fillFor("viewer@contoso.com"));
    return true;
  };
  await expect(session({ UserName: CONTOSO }, { person: { open: other } })).rejects.toMatchObject({
    code: "token-other-account",
    stage: "Requesting authentication token",
  });
  expect(lab.sessionCount()).toBe(0);
});

test("a certificate signs in without a person and without a user's name; its thumbprint is shown", async () => {
  const file = (kind: string): string => join(lab.folder, "authority", `automation.${kind}`);
  const words = ["-v", "--client-id", AUTOMATION, "--tenant", "contoso.com", "--certificate-file", file("crt"), "--key-file", file("key")];
  const { code, out, err } = await invoke(words, environmentOf("app"));
  expect(err).toMatch(/VERBOSE: Certificate thumbprint = '[0-9A-F]{40}'/);
  expect([code, JSON.stringify(JSON.parse(out))]).toEqual([0, contoso]);
});

test("an application that the tenant does not know, or another certificate, is refused in the server's words", async () => {
  const file = (name: string, kind: string): string => join(lab.folder, "authority", `${name}.${kind}`);
  const words = (id: string, name: string): string[] => [
    "--client-id",
    id,
    "--tenant",
    "contoso.com",
    "--certificate-file",
    file(name, "crt"),
    "--key-file",
    file(name, "key"),
  ];
  const unknown = await invoke(words("00000000-0000-4000-8000-000000000000", "automation"), environmentOf("app"));
  expect([unknown.code, unknown.err]).toEqual([4, expect.stringContaining("aadsts-700016")]);
  const other = await invoke(words(AUTOMATION, CONTOSO), environmentOf("app"));
  expect([other.code, other.err]).toEqual([4, expect.stringMatching(/aadsts-7000\d+/)]);
});

test("an account stays signed in between commands, sealed, and its commands need nobody", async () => {
  const env = environmentOf("kept");
  await byDeviceCode(CONTOSO, env);
  const { code, out, err } = await invoke([], env);
  expect([code, JSON.stringify(JSON.parse(out)), err]).toEqual([0, contoso, ""]);
  expect(readFileSync(join(folder, "kept", "tieline", "tokens"), "latin1")).not.toContain("contoso");
});

test("switching accounts switches tenants, and nothing of one is shown to the other", async () => {
  const env = environmentOf("switch");
  await byDeviceCode(CONTOSO, env);
  await byDeviceCode(FABRIKAM, env);
  expect(JSON.stringify(JSON.parse((await invoke([], env)).out))).toBe(contoso);
  expect((await tieline(["account", "switch", FABRIKAM], env)).code).toBe(0);
  expect(JSON.parse((await invoke([], env)).out)).toEqual([{ DisplayName: "Fabrikam.com" }]);
  const across = await invoke(["--override-admin-domain", "contoso.com"], env);
  expect([across.code, across.err]).toEqual([5, expect.stringContaining("tenant-not-permitted")]);
  await tieline(["account", "remove", FABRIKAM], env);
  const gone = await invoke(["--user", FABRIKAM], env);
  expect([gone.code, gone.err]).toEqual([4, expect.stringContaining("sign-in-needs-person")]);
});

test("a password becomes a token; a wrong one is refused by the authority", async () => {
  const right = await invoke(["--user", CONTOSO, "--sign-in", "password"], {
    ...environmentOf("pw"),
    TIELINE_PASSWORD: passwordOf(CONTOSO),
  });
  expect([right.code, JSON.stringify(JSON.parse(right.out))]).toEqual([0, contoso]);
  const wrong = await invoke(["--user", CONTOSO], { ...environmentOf("pw"), TIELINE_PASSWORD: "not this one" });
  expect([wrong.code, wrong.err]).toEqual([4, expect.stringContaining("AADSTS50126")]);
});

test("a token that something else got opens a session; one for another resource does not leave this machine", async () => {
  const token = await tokenByPassword(CONTOSO, "https://admin0a.online.lync.com/OcsPowershellOAuth");
  const given = await invoke(["--user", CONTOSO], { ...environmentOf("given"), TIELINE_TOKEN: token });
  expect([given.code, JSON.stringify(JSON.parse(given.out))]).toEqual([0, contoso]);
  const other = await invoke(["--user", FABRIKAM], { ...environmentOf("given"), TIELINE_TOKEN: token });
  expect([other.code, other.err]).toEqual([4, expect.stringContaining("token-other-account")]);
  const [head, , tail] = token.split(".");
  const claims = Buffer.from(JSON.stringify({ aud: "00000003-0000-0000-c000-000000000000", upn: CONTOSO })).toString("base64url");
  const wrong = await invoke(["--user", CONTOSO], { ...environmentOf("given"), TIELINE_TOKEN: `${head}.${claims}.${tail}` });
  expect([wrong.code, wrong.err]).toEqual([
    4,
    expect.stringContaining(
      "OAuthAccessToken has invalid audience 00000003-0000-0000-c000-000000000000, expected https://admin0a.online.lync.com/OcsPowershellOAuth",
    ),
  ]);
});

test("a tenant whose modern sign-in is off: a password for an assertion, that for a ticket, and the ticket opens the endpoint", async () => {
  const override = (value: string): void => {
    using database = new DatabaseSync(join(lab.folder, "online.db"));
    database.prepare("update tenant_sign_in set modern_override = ?").run(value);
  };
  override("Disallowed");
  try {
    // An endpoint that takes no password in Basic would have nothing else; the ticket is what was shown here, too.
    const verbose = await invoke(["-v", "--user", CONTOSO], { ...environmentOf("ticket"), TIELINE_PASSWORD: passwordOf(CONTOSO) });
    expect([verbose.code, JSON.stringify(JSON.parse(verbose.out))]).toEqual([0, contoso]);
    expect(verbose.err).not.toContain("used as it is");
    const wrong = await invoke(["--user", CONTOSO], { ...environmentOf("ticket"), TIELINE_PASSWORD: "wrong" });
    expect([wrong.code, wrong.err]).toEqual([4, expect.stringContaining("AADSTS50126")]);
    await expect(byDeviceCode(CONTOSO)).rejects.toMatchObject({ code: "modern-sign-in-off" });
  } finally {
    override("NoOverride");
  }
});

test("nobody at the terminal and nothing given: a fault that names the certificate, at once", async () => {
  const { code, err } = await invoke(["--user", CONTOSO], environmentOf("nobody"));
  expect([code, err]).toEqual([4, expect.stringContaining("--sign-in certificate")]);
});

/** As another program would: the token endpoint itself. */
async function tokenByPassword(user: string, resource: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "password",
    client_id: "1950a258-227b-4e31-a9cf-717495945fc2",
    username: user,
    password: passwordOf(user),
    resource,
  });
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        servername: "localhost",
        port: lab.description.ports["online-https"],
        path: "/contoso.com/oauth2/token",
        method: "POST",
        ca,
        agent: false,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve((JSON.parse(text) as { access_token: string }).access_token));
      },
    );
    asked.on("error", reject);
    asked.end(form.toString());
  });
}

test("a kept token that the service takes no more is replaced without a word to anybody, or by the way given", async () => {
  const env = environmentOf("stale");
  await byDeviceCode(CONTOSO, env);
  const cache = () => new TokenCache(chooseStore(env, { wait: async () => undefined, nowMs: () => Date.now() }));
  // As another service of the same names, or one that revoked its keys, would see it.
  const spoil = (more: object): Promise<unknown> =>
    cache().change(
      { authority: cache().accounts()[0]?.authority as string, clientId: cache().accounts()[0]?.clientId as string, user: CONTOSO },
      async (account) => ({
        account: {
          ...(account as NonNullable<typeof account>),
          tokens: (account?.tokens ?? []).map((token) => ({
            ...token,
            accessToken: token.accessToken.replace(/\.[^.]+$/, `.${"A".repeat(342)}`),
          })),
          ...more,
        },
      }),
    );
  await spoil({});
  const silent = await invoke(["-v"], env);
  expect([silent.code, silent.err]).toEqual([0, expect.stringContaining("The endpoint refuses the token that was kept here")]);
  expect((await invoke(["-v"], env)).err).not.toContain("refuses");
  await spoil({ refreshToken: "of another lab" });
  const nobody = await invoke([], env);
  expect([nobody.code, nobody.err]).toEqual([4, expect.stringContaining("sign-in-needs-person")]);
  expect(nobody.err).toContain("stage: Requesting authentication token");
  expect((await byDeviceCode(CONTOSO, env)).tenant).toBe("Contoso.com");
});

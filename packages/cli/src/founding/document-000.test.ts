/**
 * Founding document 000, Avoiding Connection Issues with Skype for Business Online PowerShell: each of its pitfalls is
 * brought about, and the reader is told which one it is and what to do, by the command, by `tieline explain` and by
 * `tieline doctor`. What it says of Move-CsUser stands with document 002.
 */
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestProxy, type TestProxy, type TestProxyOptions } from "@tieline/net/test-proxy";
import type { Surroundings } from "../invocation.ts";
import { main } from "../main.ts";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";

const ON_PREMISES = "localadmin@onpremises.contoso.com";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellLiveId";
const DISCOVERING = "Discovering PowerShell endpoint URI";
const REQUESTING = "Requesting authentication token";
const INITIALIZING = "Initializing remote session";
const CONTOSO = [{ DisplayName: "Contoso.com" }];

let founding: FoundingLab;
beforeAll(async () => {
  founding = new FoundingLab();
  await founding.start();
});
afterAll(() => founding?.[Symbol.asyncDispose]());

test("the steps of a connection are told in the document's words and order", async () => {
  const { code, err } = await founding.invoke(ADMIN, ["--verbose"]);
  expect([code, err.trim().split("\n").slice(0, 8)]).toEqual([
    0,
    [
      "VERBOSE: Determining domain to admin",
      "VERBOSE: AdminDomain = 'contoso.com'",
      `VERBOSE: ${DISCOVERING}`,
      `VERBOSE: TargetUri = '${TARGET}'`,
      `VERBOSE: ${REQUESTING}`,
      "VERBOSE: Success",
      `VERBOSE: ${INITIALIZING}`,
      "VERBOSE: Success",
    ],
  ]);
});

describe("a domain whose lyncdiscover records point on premises, without the override", () => {
  test("discovery fails, says that a deployment answered, and names the override", async () => {
    await founding.expectTold(await founding.invoke(ON_PREMISES), {
      code: "discovery-no-endpoint",
      text: "An on-premises deployment answers for it",
      stage: DISCOVERING,
      cure: /--override-admin-domain.*onmicrosoft\.com/,
      exit: 6,
    });
    const looked = await founding.doctor(ON_PREMISES);
    expect([looked.code, looked.found]).toEqual([6, expect.stringContaining("--override-admin-domain")]);
  });

  test("the override with the onmicrosoft domain connects, as the document promises", async () => {
    const { code, out } = await founding.invoke(ON_PREMISES, ["--override-admin-domain", "contoso.onmicrosoft.com"]);
    expect([code, JSON.parse(out)]).toEqual([0, CONTOSO]);
  });

  test("where the deployment knows the way to the service, it is followed without the override", async () => {
    const { code, out } = await founding.invoke("hybridadmin@hybrid.contoso.com");
    expect([code, JSON.parse(out)]).toEqual([0, CONTOSO]);
  });
});

describe("the TargetUri, given", () => {
  test("the steps before are bypassed: it connects where discovery cannot, and the override still names the tenant", async () => {
    const { code, out } = await founding.invoke(ON_PREMISES, ["--target-uri", TARGET]);
    expect([code, JSON.parse(out)]).toEqual([0, CONTOSO]);
  });

  test("one that is not there is told with the address, and is found", async () => {
    await founding.expectTold(await founding.invoke(ADMIN, ["--target-uri", "https://admin0a.online.lync.com/Powershell-LiveId"]), {
      code: "http-status",
      text: "The remote service admin0a.online.lync.com answered with HTTP status 404.",
      stage: INITIALIZING,
      cure: /Check the address/,
      exit: 1,
    });
  });

  test("one that is no address is refused before anything is asked", async () => {
    const ran = await founding.invoke(ADMIN, ["--target-uri", "admin0a.online.lync.com"]);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("target-malformed")]);
  });
});

describe("proxies", () => {
  /** Knows where the lab is; the client does not, so that nothing goes past the proxy. */
  const only = async (options: TestProxyOptions = {}): Promise<TestProxy & { words: string[] }> => {
    const { names, authority } = founding.lab.description;
    const places = new Map(
      names.map((entry) => {
        const [host, port, address, to] = entry.split(":");
        return [`${host}:${port}`, { host: address as string, port: Number(to) }];
      }),
    );
    const proxy = await startTestProxy({ route: (target) => places.get(target), ...options });
    const words = ["--ca-file", `${founding.lab.folder}/${authority}`, "--proxy", `http://127.0.0.1:${proxy.port}`, "--user", ADMIN];
    return Object.assign(proxy, { words });
  };
  const through = (proxy: { words: string[] }) =>
    founding.tieline(["invoke", ...proxy.words, "-v", "Get-CsTenant | Select-Object DisplayName"], {
      TIELINE_PASSWORD: founding.lab.logins.find(({ user }) => user === ADMIN)?.password ?? "",
    });

  test("the last stage goes through the proxy as all before it, without a session option", async () => {
    await using proxy = await only();
    const { code, out, err } = await through(proxy);
    expect([code, JSON.parse(out)], err).toEqual([0, CONTOSO]);
    expect(err.slice(err.indexOf(INITIALIZING))).toContain(`through the proxy 127.0.0.1:${proxy.port}`);
  });

  test("a proxy that stops the last stage alone is named there", async () => {
    let toEndpoint = 0;
    await using proxy = await only({
      answer: (target) =>
        target.startsWith("admin0a.") && ++toEndpoint > 1 ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" : undefined,
    });
    const ran = await through(proxy);
    await founding.expectTold(ran, {
      code: "proxy-refused",
      text: `127.0.0.1:${proxy.port}`,
      stage: INITIALIZING,
      cure: /proxy/,
      exit: 6,
    });
  });

  test.each<[string, string, string]>([
    [
      "a page to sign in on",
      "HTTP/1.1 302 Found\r\nLocation: https://portal.contoso.com/start\r\nContent-Length: 0\r\n\r\n",
      "proxy-interactive",
    ],
    [
      "a Basic challenge",
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="corp"\r\nContent-Length: 0\r\n\r\n',
      "proxy-authentication-required",
    ],
  ])("one that asks whoever connects to authenticate, by %s, is the cause that is named", async (_, answer, code) => {
    await using proxy = await only({ answer });
    await founding.expectTold(await through(proxy), {
      code,
      text: `127.0.0.1:${proxy.port}`,
      stage: DISCOVERING,
      cure: /whitelist|without|--proxy-user|browser/,
      exit: 6,
    });
    const looked = await founding.doctor(ADMIN, ["--proxy", `http://127.0.0.1:${proxy.port}`]);
    expect([looked.code, looked.found]).toEqual([6, expect.stringContaining(`127.0.0.1:${proxy.port}`)]);
  });
});

describe("a sign-in window that a locked-down browser cannot show", () => {
  test.each(["The sign-in window stays white.", "Your browser is currently set to block cookies."])("%s", async (words) => {
    expect(await founding.explained(words)).toMatchObject({
      code: "sign-in-window-blank",
      cure: expect.stringMatching(/Medium-High and allow cookies.*device code/),
    });
  });
});

describe("an account with a second factor, and its password", () => {
  beforeAll(() => founding.start(["second-factor"]));

  const WORDS =
    "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access";

  test("by a token: the authority's text, and the ways that go", async () => {
    const ran = await founding.invoke(ADMIN);
    await founding.expectTold(ran, {
      code: "sign-in-needs-person",
      text: `AADSTS50076: ${WORDS}`,
      stage: REQUESTING,
      cure: /--sign-in certificate.*--sign-in device-code/,
      exit: 4,
      known: "aadsts-50076",
    });
    const looked = await founding.doctor(ADMIN);
    expect([looked.code, looked.found]).toEqual([4, expect.stringContaining(WORDS)]);
  });

  test("by the legacy sign-in, which is not aware of it: refused in the same words", async () => {
    await founding.expectTold(await founding.invoke(ADMIN, ["--sign-in", "legacy"]), {
      code: "aadsts-50076",
      text: WORDS,
      stage: REQUESTING,
      cure: /browser or a device code/,
      exit: 4,
    });
  });
});

describe("sixty minutes, here two seconds", () => {
  beforeAll(() => founding.start([], { lifetimeMs: 2000 }));

  /** At the prompt; the second line is typed when the service has ended the session. */
  async function prompt(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const text = { out: "", err: "" };
    stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
    stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
    const environment = { XDG_STATE_HOME: `${founding.folder}/state` };
    const around = { stdin, stdout, stderr, environment, signal: new AbortController().signal } as unknown as Surroundings;
    const code = main(["connect", ADMIN, "--data", founding.lab.folder, "-o", "list", ...words], around);
    const line = "Get-CsTenant | Select-Object DisplayName\n";
    stdin.write(line);
    await expect.poll(() => text.out, { timeout: 10_000 }).toContain("Contoso.com");
    if (words.includes("--no-reconnection")) await expect.poll(() => founding.lab.sessionCount(), { timeout: 10_000 }).toBe(0);
    else await expect.poll(() => text.err, { timeout: 10_000 }).toContain("The next session is open");
    stdin.end(line);
    return { code: await code, ...text };
  }

  test("work goes on in the next session, without Enable-CsOnlineSessionForReconnection", async () => {
    const { code, out } = await prompt([]);
    expect([code, out.split("Contoso.com")]).toEqual([0, expect.toSatisfy((parts: string[]) => parts.length === 3)]);
  });

  test("without reconnection the end is told as what it is", async () => {
    const ran = await prompt(["--no-reconnection"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/error session-lifetime-over: The session has reached its lifetime of .* minutes/);
    const known = await founding.explained(ran.err);
    expect([known.code, known.cure]).toEqual(["session-lifetime-over", expect.stringMatching(/connect|reconnect/i)]);
  });
});

/** Both ends of a proxy's logon: our mechanisms at the client, our acceptors behind a test's proxy. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DigestAcceptor, digestSecret, HttpAcceptor, ntHash, SYSTEM_SOURCES } from "@tieline/auth";
import { isFault, type Fault } from "@tieline/fault";
import { always, Dialler, get, parseProxy } from "@tieline/net";
import { startTestProxy, type TestProxyOptions } from "@tieline/net/test-proxy";
import { MechanismAuthenticator, type ProxyAuthenticatorOptions } from "./authenticator.ts";

let origin: Server;
let port: number;
beforeAll(async () => {
  origin = createServer((request, response) => response.end(`hello ${request.headers.host}`));
  await new Promise<void>((resolve) => void origin.listen(0, "127.0.0.1", resolve));
  port = (origin.address() as AddressInfo).port;
});
afterAll(() => origin.close());

const ALICE = { user: "alice", password: "Sésame!" };
type Judge = NonNullable<TestProxyOptions["judge"]>;

/** What NTLM, Negotiate and Basic acceptors of `auth` say, told as a proxy would. */
const windows =
  (only: readonly string[]): Judge =>
  () => {
    const acceptor = new HttpAcceptor(
      {
        sources: SYSTEM_SOURCES,
        policy: { basic: true, ntlm: true },
        realm: "proxy",
        password: (user, password) => Promise.resolve(user === ALICE.user && password === ALICE.password ? { name: user } : undefined),
        ntlm: (user) => (user === ALICE.user ? { ntHash: ntHash(ALICE.password), name: user } : undefined),
      },
      { secure: true, source: "127.0.0.1" },
    );
    return async (authorization) => {
      const verdict = await acceptor.receive(authorization);
      if (verdict.kind === "accepted") return { kind: "pass" };
      const named = (header: string): boolean => only.some((scheme) => header.toLowerCase().startsWith(scheme));
      return { kind: "challenge", challenges: verdict.headers.filter(named) };
    };
  };

/** NTLM without SPNEGO around it, as squid's plainest helper. */
const rawNtlm: Judge = () => {
  const judge = windows(["negotiate"])();
  return async (authorization, method, target) => {
    const verdict = await judge(authorization?.replace(/^NTLM/, "Negotiate"), method, target);
    return verdict.kind === "pass"
      ? verdict
      : { kind: "challenge", challenges: verdict.challenges.map((text) => text.replace("Negotiate", "NTLM")) };
  };
};

const digestServer = (algorithms: readonly string[], nonceMs = 300_000): { judge: Judge; now: { ms: number } } => {
  const now = { ms: 1_000_000 };
  const acceptor = new DigestAcceptor({
    realm: "proxy",
    sources: { ...SYSTEM_SOURCES, nowMs: () => now.ms },
    algorithms,
    nonceMs,
    secret: (user, algorithm) => (user === ALICE.user ? digestSecret(algorithm, user, "proxy", ALICE.password) : undefined),
  });
  return {
    now,
    judge: () => (authorization, method, target) => {
      if (authorization === undefined) return { kind: "challenge", challenges: acceptor.challenges() };
      try {
        return acceptor.receive(authorization, method, target) === "stale"
          ? { kind: "challenge", challenges: acceptor.challenges(true) }
          : { kind: "pass" };
      } catch {
        return { kind: "challenge", challenges: acceptor.challenges() };
      }
    },
  };
};

const dialler = (proxyPort: number, options: ProxyAuthenticatorOptions = {}): Dialler =>
  new Dialler({ proxy: always(parseProxy(`127.0.0.1:${proxyPort}`)), proxyAuthenticator: new MechanismAuthenticator(options) });
const through = async (way: Dialler): Promise<string> =>
  Buffer.from((await get(way, new URL(`http://127.0.0.1:${port}/`))).body).toString();

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const fault = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFault(fault)) throw new Error("no fault", { cause: fault });
  return fault;
}

const JUDGES: Readonly<Record<string, () => Judge>> = {
  Negotiate: () => windows(["negotiate"]),
  NTLM: () => rawNtlm,
  "Digest MD5": () => digestServer(["MD5"]).judge,
  "Digest SHA-256": () => digestServer(["MD5", "SHA-256"]).judge,
  Basic: () => windows(["basic"]),
};

for (const closeAfterChallenge of [false, true]) {
  test.each(Object.keys(JUDGES))(
    `%s: right and wrong password; wrong ones are shown once (proxy hangs up: ${closeAfterChallenge})`,
    async (name) => {
      // A mechanism with several legs needs a connection that stays, as every such proxy knows.
      if (closeAfterChallenge && (name === "Negotiate" || name === "NTLM")) return;
      await using proxy = await startTestProxy({ judge: JUDGES[name]?.() as Judge, closeAfterChallenge });
      const right = dialler(proxy.port, { credential: ALICE });
      expect(await through(right)).toContain("hello");
      const legs = proxy.requests.length;
      expect(proxy.authorizations[0]).toBe("");
      // What the proxy wants is known by now.
      expect(await through(right)).toContain("hello");
      expect(proxy.requests.length - legs).toBe(legs - 1);

      const wrong = dialler(proxy.port, { credential: { user: "alice", password: "geheim" } });
      const fault = await faultOf(through(wrong));
      expect(fault.code).toBe("proxy-logon-failed");
      expect(fault.message).toContain(`127.0.0.1:${proxy.port}`);
      expect(fault.message).toContain("'alice'");
      expect(fault.message).toContain(name.split(" ")[0]);
      expect(JSON.stringify(fault)).not.toContain("geheim");
      const asked = proxy.requests.length;
      expect((await faultOf(through(wrong))).code).toBe("proxy-logon-failed");
      expect(proxy.requests.length).toBe(asked);

      expect((await faultOf(through(dialler(proxy.port, name === "Negotiate" ? { scheme: "basic" } : {})))).code).toBe(
        "proxy-authentication-required",
      );
    },
  );
}

test("a nonce that has lapsed costs one more request and no refusal", async () => {
  const { judge, now } = digestServer(["SHA-256"], 1000);
  await using proxy = await startTestProxy({ judge });
  const way = dialler(proxy.port, { credential: ALICE });
  await through(way);
  now.ms += 5000;
  expect(await through(way)).toContain("hello");
  expect(await through(way)).toContain("hello");
  expect(proxy.requests).toHaveLength(5);
});

test("the strongest that is offered is taken, or the only one that is asked for", async () => {
  await using proxy = await startTestProxy({ judge: windows(["negotiate", "basic"]) });
  await through(dialler(proxy.port, { credential: ALICE }));
  await through(dialler(proxy.port, { credential: ALICE, scheme: "basic" }));
  expect(proxy.authorizations.map((value) => value.split(" ")[0])).toEqual(["", "Negotiate", "Negotiate", "", "Basic"]);
  const fault = await faultOf(through(dialler(proxy.port, { credential: ALICE, scheme: "digest" })));
  expect(fault.code).toBe("proxy-no-common-mechanism");
  expect(fault.fields).toMatchObject({ offered: "Negotiate, Basic", permitted: "digest" });
});

test("a password that goes as it is, is warned of once a proxy, and not where it was asked for", async () => {
  await using proxy = await startTestProxy({ judge: windows(["basic"]) });
  const warnings: string[] = [];
  const way = dialler(proxy.port, { credential: ALICE, warn: (words) => warnings.push(words) });
  await through(way);
  await through(way);
  expect(warnings).toEqual([expect.stringContaining(`the proxy 127.0.0.1:${proxy.port} takes the password only as it is`)]);
  await through(dialler(proxy.port, { credential: ALICE, scheme: "basic", warn: (words) => warnings.push(words) }));
  expect(warnings).toHaveLength(1);
});

test("plain http by whole addresses is logged on, too", async () => {
  for (const judge of [digestServer(["SHA-256"]).judge, rawNtlm]) {
    await using proxy = await startTestProxy({
      judge,
      answer: (target) => (target.startsWith("GET") ? undefined : "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
    });
    const way = dialler(proxy.port, { credential: ALICE });
    expect(await through(way)).toContain("hello");
    expect(await through(way)).toContain("hello");
    expect(proxy.requests).toContain(`GET http://127.0.0.1:${port}/`);
  }
});

test("challenges that nobody can read are the proxy's fault", async () => {
  await using proxy = await startTestProxy({ judge: () => () => ({ kind: "challenge", challenges: [';;="'] }) });
  expect((await faultOf(through(dialler(proxy.port, { credential: ALICE })))).code).toBe("proxy-not-http");
});

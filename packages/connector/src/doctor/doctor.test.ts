import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Fault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import { expect, test } from "vitest";
import { judgeChain, type Handshake } from "./certificate-chain.ts";
import { CHECKS } from "./checks.ts";
import { judgeMetadata } from "./checks/authority.ts";
import { judgeClock } from "./checks/clock.ts";
import { judgeSilence } from "./checks/identify.ts";
import { judgeChallenge } from "./checks/mechanisms.ts";
import { judgeOverride } from "./checks/policy.ts";
import { judgeRealm } from "./checks/realm.ts";
import { examine } from "./doctor.ts";
import type { Check } from "./examination.ts";
import { failed, ok, worst, type Remark } from "./finding.ts";
import { judgeToken } from "./judge-token.ts";
import { judgeRecords, type DomainRecords } from "./records.ts";
import { parseSubject } from "./subject.ts";
import { WEAK_CERTIFICATE } from "./weak-certificate.fixture.ts";

const NOW = Date.UTC(2027, 0, 15, 12);
const MINUTE = 60_000;

test("the order of the checks has no circle, and each name stands once", () => {
  const names = CHECKS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const depth = (name: string, seen: readonly string[] = []): number => {
    expect(seen).not.toContain(name);
    const check = CHECKS.find((each) => each.name === name) as Check;
    expect(check).toBeDefined();
    return 1 + Math.max(0, ...check.after.map((before) => depth(before, [...seen, name])));
  };
  for (const name of names) expect(depth(name)).toBeLessThan(10);
});

test.each([
  ["admin@Contoso.com", { user: "admin@Contoso.com", domain: "contoso.com" }],
  ["contoso.com", { domain: "contoso.com" }],
  ["https://host/OcsPowershell", { targetUri: new URL("https://host/OcsPowershell") }],
])("%s is what it is", (text, subject) => {
  expect(parseSubject(text)).toEqual(subject);
});

test.each(["", "@", "a b", "ftp://host", "https://", "x@-y"])("%j is no subject", (text) => {
  expect(() => parseSubject(text)).toThrow(Fault);
});

test.each([
  [0, "ok"],
  [50_000, "ok"],
  [3 * MINUTE, "warning"],
  [-10 * MINUTE, "error"],
] as const)("a clock that is %d ms off is %s", (aheadMs, verdict) => {
  expect(judgeClock([{ host: "a", aheadMs }], NOW).verdict).toBe(verdict);
});

test("one server with a wrong clock is not this machine's fault, and without any the clock is not judged", () => {
  const samples = [0, 0, 60 * MINUTE].map((aheadMs, i) => ({ host: `h${i}`, aheadMs }));
  expect(judgeClock(samples, NOW)).toMatchObject({ verdict: "ok" });
  expect(judgeClock(samples, NOW).evidence.join()).toContain("h2");
  expect(judgeClock([], NOW).verdict).toBe("skipped");
});

const online: DomainRecords = {
  lyncdiscover: { target: "webdir.online.lync.com", addresses: ["1.2.3.4"] },
  lyncdiscoverinternal: undefined,
  sip: { target: "sipdir.online.lync.com", addresses: ["1.2.3.4"] },
  clients: [{ target: "sipdir.online.lync.com", port: 443, priority: 0, weight: 0 }],
  federation: [{ target: "sipfed.online.lync.com", port: 5061, priority: 0, weight: 0 }],
};

test.each<[string, Partial<DomainRecords>, string, RegExp]>([
  ["all online", {}, "ok", /fit together/],
  ["none at all", { lyncdiscover: undefined }, "error", /no lyncdiscover record/],
  ["an alias of nothing", { lyncdiscover: { target: "x.example", addresses: [] } }, "error", /has no address/],
  ["no client record", { clients: [] }, "warning", /_sip\._tls\.c\.d is missing/],
  [
    "a wrong port",
    { federation: [{ target: "sipfed.online.lync.com", port: 5060, priority: 0, weight: 0 }] },
    "warning",
    /names port 5060/,
  ],
  ["no sip name", { sip: undefined }, "warning", /sip\.c\.d is missing/],
  ["two places", { lyncdiscover: { target: undefined, addresses: ["10.0.0.1"] } }, "warning", /two places/],
  [
    "on premises",
    { lyncdiscover: { target: undefined, addresses: ["10.0.0.1"] }, sip: undefined, clients: [], federation: [] },
    "info",
    /on premises/,
  ],
])("records with %s", (_name, change, verdict, text) => {
  const remarks = judgeRecords("c.d", { ...online, ...change });
  expect(remarks.find((remark) => remark.verdict === verdict)?.text).toMatch(text);
});

const weak: Handshake = {
  host: "weak.contoso.com",
  port: 443,
  chain: [new X509Certificate(WEAK_CERTIFICATE).raw],
  trouble: undefined,
  nameTrouble: undefined,
  protocol: "TLSv1.2",
};

test("a certificate is judged by its dates, name, issuer and strength, the gravest first", () => {
  expect(judgeChain(weak, NOW)).toMatchObject({ verdict: "warning", text: expect.stringContaining("1024 bits") });
  expect(judgeChain(weak, Date.UTC(2050, 0, 1))).toMatchObject({ verdict: "error", code: "tls-expired" });
  expect(judgeChain(weak, Date.UTC(2020, 0, 1))).toMatchObject({ verdict: "error", text: expect.stringContaining("not valid before") });
  expect(judgeChain({ ...weak, nameTrouble: "no" }, NOW)).toMatchObject({ code: "tls-name-mismatch" });
  expect(judgeChain({ ...weak, trouble: "DEPTH_ZERO_SELF_SIGNED_CERT" }, NOW)).toMatchObject({ code: "tls-untrusted" });
  expect(judgeChain({ ...weak, chain: [] }, NOW)).toMatchObject({ verdict: "error" });
});

test.each([
  [404, undefined, /does not know this tenant/],
  [503, undefined, /is down/],
  [302, undefined, /cannot be read/],
  [200, "text", /name no issuer/],
  [200, { issuer: "https://evil.example/", jwks_uri: "https://a.b/k" }, /says that it is https:\/\/evil/],
  [200, { issuer: "https://login.test/t/", jwks_uri: "http://login.test/k" }, /without TLS/],
] as const)("an authority that answers %d with %j", (status, value, text) => {
  expect(judgeMetadata(new URL("https://login.test/t/x"), status, value)).toMatchObject({
    verdict: "error",
    text: expect.stringMatching(text),
  });
});

test("the vendor's authority may have two names", () => {
  const asked = new URL("https://login.microsoftonline.com/contoso.com/.well-known/openid-configuration");
  expect(judgeMetadata(asked, 200, { issuer: "https://sts.windows.net/t/", jwks_uri: "https://l/k" }).verdict).toBe("ok");
});

test.each([
  [200, { NameSpaceType: "Managed" }, "ok"],
  [200, { NameSpaceType: "Federated", AuthURL: "https://sts.contoso.com/adfs/ls/?x=1" }, "info"],
  [200, { NameSpaceType: "Unknown" }, "error"],
  [200, "<html>", "warning"],
  [404, undefined, "skipped"],
] as const)("a realm that is told with %d and %j is %s", (status, value, verdict) => {
  const remark = judgeRealm("a@c.d", new URL("https://login.test/getuserrealm.srf?login=a"), status, value);
  expect(remark.verdict).toBe(verdict);
  expect(JSON.stringify(remark)).not.toContain("?x=1");
});

const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
test.each([
  [{ aud: "https://H/OCSPOWERSHELLOAUTH", exp: NOW / 1000 + 60 }, "ok"],
  [{ aud: "https://h/other", exp: NOW / 1000 + 60 }, "error"],
  [{ aud: "https://h/OcsPowershellOAuth", exp: NOW / 1000 - 60 }, "error"],
  [{ aud: "https://h/OcsPowershellOAuth", nbf: NOW / 1000 + 600 }, "error"],
] as const)("a token with %j is %s", (claims, verdict) => {
  expect(judgeToken(token(claims), { target: "https://h/OcsPowershellOAuth?AdminDomain=c.d", nowMs: NOW }).verdict).toBe(verdict);
});

test.each(["", "a.b.c", "a.e30", `a.${"x".repeat(99_999)}.c`, token({ exp: 1e300 })])(
  "any text is judged as a token without failing",
  (text) => {
    expect(judgeToken(text, { target: "https://h/", nowMs: NOW })).toHaveProperty("verdict");
  },
);

test("a service that offers no Basic is wrong, a pool that offers Negotiate alone is not", () => {
  const none = { schemes: ["Negotiate"], basicOffered: false, trustedIssuers: [] };
  expect(judgeChallenge(new URL("https://h/OcsPowershellOAuth"), 401, none)).toMatchObject({ verdict: "error", code: "mechanism-off" });
  expect(judgeChallenge(new URL("https://h/OcsPowershell"), 401, none).verdict).toBe("ok");
  expect(judgeChallenge(new URL("https://h/OcsPowershell"), 404, none).verdict).toBe("skipped");
});

test("an endpoint may keep to itself who it is, a web server without WS-Management is named by its status", () => {
  const at = new URL("https://h/x");
  const status = (code: number): Fault => new Fault("http-status", { host: "h", status: code });
  expect(judgeSilence(status(401), at, ["Basic"]).verdict).toBe("ok");
  expect(judgeSilence(status(404), at, [])).toMatchObject({ verdict: "error", code: "winrm-http-404" });
  expect(judgeSilence(new Fault("connection-refused", { host: "h", port: 1 }), at, [])).toMatchObject({ code: "connection-refused" });
});

test("modern sign-in that is switched off is a warning", () => {
  expect(judgeOverride("Disallowed").verdict).toBe("warning");
  expect(judgeOverride("Allowed").verdict).toBe("ok");
});

const wish = { authentication: "default", credential: () => Promise.reject(new Fault("password-missing", { user: "x" })) } as const;
const run = (checks: readonly Check[], more: object = {}): ReturnType<typeof examine> =>
  examine({ subject: { domain: "c.d" }, wish: wish as never, surroundings: { dialler: new Dialler() }, checks, ...more });
const check = (name: string, after: readonly string[], does: Check["run"]): Check => ({ name, title: name, after, run: does });

test("checks are told in the order of the list, also where an earlier one waits for a later", async () => {
  const order: string[] = [];
  const note = (name: string) => (): Promise<[ReturnType<typeof ok>]> => (order.push(name), Promise.resolve([ok("name", name)]));
  const { findings, verdict } = await run([check("a", ["b"], note("a")), check("b", [], note("b"))]);
  expect(order).toEqual(["b", "a"]);
  expect(findings.map((finding) => finding.check)).toEqual(["a", "b"]);
  expect(verdict).toBe("ok");
});

test("a check that hangs or throws is a finding, and the others go on", async () => {
  const { findings, verdict } = await run(
    [
      check("hangs", [], () => delay(60_000, [], { ref: false })),
      check("throws", [], () => Promise.reject(new Error("secret"))),
      check("follows", ["hangs", "throws"], () => Promise.resolve([ok("name", "fine")])),
    ],
    { checkTimeoutMs: 20 },
  );
  expect(findings.map((finding) => [finding.check, finding.verdict, finding.code])).toEqual([
    ["hangs", "error", "doctor-check-late"],
    ["throws", "error", "internal"],
    ["follows", "ok", undefined],
  ]);
  expect(JSON.stringify(findings)).not.toContain("secret");
  expect(verdict).toBe("error");
});

test("what the check of connections has told is not told again by those behind it", async () => {
  const refused = (): Promise<readonly Remark[]> => Promise.resolve([failed(new Fault("connection-refused", { host: "h", port: 1 }))]);
  const { findings } = await run([check("tcp", [], refused), check("identify", [], refused)]);
  expect(findings.map(({ verdict }) => verdict)).toEqual(["error", "skipped"]);
  expect((await run([check("identify", [], refused)])).verdict).toBe("error");
});

test("whoever interrupts gets no half diagnosis", async () => {
  const surroundings = { dialler: new Dialler(), signal: AbortSignal.abort(new Fault("interrupted")) };
  await expect(run([check("a", [], () => Promise.resolve([]))], { surroundings })).rejects.toMatchObject({ code: "interrupted" });
});

test("the worst finding is the gravest, and of equals the first", () => {
  const at = (verdict: "ok" | "warning" | "error", text: string) => ({ verdict, layer: "name" as const, text, evidence: [] });
  expect(worst([at("ok", "a"), at("error", "b"), at("error", "c"), at("warning", "d")])?.text).toBe("b");
  expect(worst([])).toBeUndefined();
});

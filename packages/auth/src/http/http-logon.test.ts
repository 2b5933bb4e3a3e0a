import { expect, test } from "vitest";
import { Fault, isFault } from "@tieline/fault";
import { makeCertificate } from "../certificate/certificate.fixture.ts";
import { certificateTable, MUTUAL_PROFILE } from "../certificate/client-certificate.ts";
import { LogonGuard } from "../guard/logon-guard.ts";
import { decodeNegotiateToken, encodeInit, KERBEROS_OID } from "../negotiate/tokens.ts";
import { ntHash } from "../ntlm/response.ts";
import { toUtf8 } from "../octets.ts";
import { SYSTEM_SOURCES } from "../sources.ts";
import { HttpAcceptor, type HttpAcceptorOptions, type HttpConnectionFacts, type HttpVerdict } from "./http-acceptor.ts";
import { HttpInitiator, type HttpInitiatorOptions } from "./http-initiator.ts";

const ALL_ON = { basic: true, ntlm: true };
const SERVER: HttpAcceptorOptions = {
  sources: SYSTEM_SOURCES,
  policy: ALL_ON,
  password: (user, password) => Promise.resolve(user === "alice" && password === "Sesame!" ? { name: "alice@contoso.com" } : undefined),
  token: (token) => Promise.resolve(token === "eyJ0" ? { name: "admin@contoso.com" } : undefined),
  ntlm: (user) => (user === "alice" ? { ntHash: ntHash("Sesame!"), name: "alice@contoso.com" } : undefined),
  certificate: certificateTable([{ principalName: "*@contoso.com" }]),
};
const TLS: HttpConnectionFacts = { secure: true, source: "10.0.0.1", channelBinding: toUtf8("tls-server-end-point:x") };
const PLAIN: HttpConnectionFacts = { secure: false, source: "10.0.0.1" };
const ALICE = { kind: "password", user: "alice", password: "Sesame!" } as const;
const CLIENT: HttpInitiatorOptions = {
  credential: ALICE,
  sources: SYSTEM_SOURCES,
  secure: true,
  targetName: "HTTP/pool01.contoso.local",
  channelBinding: TLS.channelBinding,
};

/** Client and server over an imagined connection, until a verdict. */
async function logOn(
  client: Partial<HttpInitiatorOptions> = {},
  server: Partial<HttpAcceptorOptions> = {},
  facts: HttpConnectionFacts = TLS,
): Promise<{ verdict: HttpVerdict; requests: number; initiator: HttpInitiator; acceptor: HttpAcceptor }> {
  const initiator = new HttpInitiator({ ...CLIENT, secure: facts.secure, ...client });
  const acceptor = new HttpAcceptor({ ...SERVER, ...server }, facts);
  let verdict = await acceptor.receive(await initiator.start());
  let requests = 1;
  while (verdict.kind !== "accepted" && requests < 10) {
    verdict = await acceptor.receive(await initiator.respond(verdict.headers));
    requests++;
  }
  if (verdict.kind === "accepted") await initiator.complete(verdict.headers);
  return { verdict, requests, initiator, acceptor };
}
async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

const TOKEN = { kind: "token", token: "eyJ0" } as const;
test.each([
  ["the strongest that is offered", {}, "Negotiate", "ntlm", 3],
  ["Negotiate at once", { scheme: "Negotiate" }, "Negotiate", "ntlm", 2],
  ["Basic at once, as PowerShell does", { scheme: "Basic" }, "Basic", "basic", 1],
  ["Basic, because NTLM is not permitted", { permitted: { ntlm: false } }, "Basic", "basic", 2],
  ["a token by Bearer", { credential: TOKEN }, "Bearer", "bearer", 2],
  ["a token by Basic, founding document 003's way", { credential: TOKEN, scheme: "Basic" }, "Basic", "bearer", 1],
] as const)("%s", async (_title, client, scheme, mechanism, count) => {
  const { verdict, requests, initiator } = await logOn(client as Partial<HttpInitiatorOptions>);
  expect(verdict).toMatchObject({ kind: "accepted", identity: { mechanism, legacy: mechanism === "ntlm" || mechanism === "basic" } });
  expect([initiator.scheme, requests]).toEqual([scheme, count]);
});

test("a client certificate by the mutual profile, DSP0226 C.4", async () => {
  const certificate = { der: makeCertificate({ subject: "Alice", principalName: "alice@contoso.com" }), trusted: true };
  const { verdict, requests } = await logOn({ credential: { kind: "certificate" } }, {}, { ...TLS, certificate });
  expect(verdict).toMatchObject({ kind: "accepted", identity: { name: "alice@contoso.com", mechanism: "certificate", legacy: false } });
  expect(requests).toBe(1);
  const without = await new HttpAcceptor(SERVER, TLS).receive(MUTUAL_PROFILE);
  expect(without).toMatchObject({ kind: "refused", fault: { code: "certificate-missing" } });
});

test("what a fresh deployment offers: no legacy mechanism, nothing that shows a secret over plain http", () => {
  const { policy: _policy, ...fresh } = SERVER;
  expect(new HttpAcceptor(SERVER, TLS).challenges()).toEqual(["Negotiate", 'Basic realm="WSMAN"', 'Bearer realm="WSMAN"']);
  expect(new HttpAcceptor(SERVER, PLAIN).challenges()).toEqual(["Negotiate"]);
  expect(new HttpAcceptor({ ...SERVER, allowUnencrypted: true }, PLAIN).challenges()).toHaveLength(3);
  expect(new HttpAcceptor(fresh, TLS).challenges()).toEqual(['Basic realm="WSMAN"', 'Bearer realm="WSMAN"']);
  expect(new HttpAcceptor(fresh, PLAIN).challenges()).toEqual([]);
});

test.each([
  ["Basic with a password, not switched on", { policy: {} }, TLS, "Basic YWxpY2U6U2VzYW1lIQ==", "mechanism-off"],
  ["NTLM, not switched on", { policy: {} }, TLS, "Negotiate TlRMTVNTUAABAAAAl4II4g==", "mechanism-off"],
  ["Basic over plain http", {}, PLAIN, "Basic YWxpY2U6U2VzYW1lIQ==", "mechanism-off"],
  ["CredSSP", {}, TLS, "CredSSP TlRMTVNTUAABAAAA", "credssp-refused"],
  ["Digest", {}, TLS, 'Digest username="a"', "mechanism-off"],
  ["Basic without base64", {}, TLS, "Basic a.b", "header-malformed"],
  ["Basic alone", {}, TLS, "Basic", "header-malformed"],
  ["an empty user", {}, TLS, "Basic OlNlc2FtZSE=", "anonymous-refused"],
  ["Negotiate alone", {}, TLS, "Negotiate", "header-malformed"],
  ["rubbish", {}, TLS, ";;;", "header-malformed"],
  ["nothing", {}, TLS, undefined, "authentication-required"],
] as const)("%s is refused", async (_title, server, facts, authorization, code) => {
  const verdict = await new HttpAcceptor({ ...SERVER, ...server }, facts).receive(authorization);
  expect(verdict).toMatchObject({ kind: "refused", fault: { code }, delayMs: 0 });
});

test("the client says what failed: wrong password, mechanism not offered, nothing in common, CredSSP alone", async () => {
  const wrong = { ...ALICE, password: "wrong" };
  for (const scheme of [undefined, "Basic", "Negotiate"] as const) {
    expect(await codeOf(() => logOn({ credential: wrong, ...(scheme === undefined ? {} : { scheme }) })), scheme).toBe("logon-failed");
  }
  expect(await codeOf(() => logOn({ scheme: "Basic" }, { policy: { basic: false, bearer: false, ntlm: true } }))).toBe("mechanism-off");
  expect(await codeOf(() => logOn({ credential: TOKEN }, { policy: { bearer: false } }))).toBe("no-common-mechanism");
  expect(await codeOf(() => logOn({ scheme: "Basic" }, {}, PLAIN))).toBe("no-common-mechanism");
  const initiator = new HttpInitiator(CLIENT);
  await initiator.start();
  expect(await codeOf(() => initiator.respond(["CredSSP"]))).toBe("credssp-refused");
});

test("a connection that Negotiate let in needs no header, and seals; a new logon ends the old one", async () => {
  const { acceptor, initiator } = await logOn({}, {}, PLAIN);
  expect(await acceptor.receive(undefined)).toMatchObject({ kind: "accepted", identity: { name: "alice@contoso.com" } });
  const sealed = initiator.context()?.wrap(toUtf8("hello"));
  expect(
    Buffer.from(acceptor.context()?.unwrap(sealed?.header ?? new Uint8Array(), sealed?.body ?? new Uint8Array()) ?? []).toString(),
  ).toBe("hello");
  const again = new HttpInitiator({ ...CLIENT, secure: false, credential: { ...ALICE, password: "wrong" }, scheme: "Negotiate" });
  await acceptor.receive(await again.start());
  expect(await acceptor.receive(undefined)).toMatchObject({ kind: "refused", fault: { code: "authentication-required" } });
});

test("one let in by Basic is asked again with the next request", async () => {
  const { acceptor } = await logOn({ scheme: "Basic" });
  expect(await acceptor.receive(undefined)).toMatchObject({ kind: "refused" });
});

test("channel binding: another certificate on the way is noticed, RFC 5929", async () => {
  const client = new HttpInitiator({ ...CLIENT, channelBinding: toUtf8("tls-server-end-point:proxy"), scheme: "Negotiate" });
  const acceptor = new HttpAcceptor(SERVER, TLS);
  const first = await acceptor.receive(await client.start());
  const verdict = await acceptor.receive(await client.respond(first.headers));
  expect(verdict).toMatchObject({ kind: "refused", fault: { code: "channel-binding-mismatch" } });
});

test("the guard: refusals come later and later, then the account is locked, for Basic and NTLM together", async () => {
  let now = 0;
  const options = {
    ...SERVER,
    sources: { ...SYSTEM_SOURCES, nowMs: () => now },
    guard: new LogonGuard({ accountThreshold: 4, lockMs: 60_000 }),
  };
  const basic = (text: string): Promise<HttpVerdict> =>
    new HttpAcceptor(options, TLS).receive(`Basic ${Buffer.from(text).toString("base64")}`);
  const ntlm = async (password: string): Promise<HttpVerdict> => {
    const client = new HttpInitiator({ ...CLIENT, credential: { ...ALICE, password }, scheme: "Negotiate" });
    const acceptor = new HttpAcceptor(options, TLS);
    const first = await acceptor.receive(await client.start());
    return acceptor.receive(await client.respond(first.headers));
  };
  expect(await basic("alice:1")).toMatchObject({ fault: { code: "logon-failed" }, delayMs: 200 });
  expect(await ntlm("2")).toMatchObject({ fault: { code: "logon-failed" }, delayMs: 400 });
  expect(await basic("CONTOSO\\ALICE:3")).toMatchObject({ fault: { code: "logon-failed" }, delayMs: 800 });
  expect(await ntlm("4")).toMatchObject({ fault: { code: "logon-failed" }, delayMs: 1600 });
  expect(await basic("alice:Sesame!")).toMatchObject({ kind: "refused", fault: { code: "account-locked", fields: { seconds: 60 } } });
  expect(await ntlm("Sesame!")).toMatchObject({ kind: "refused", fault: { code: "account-locked" } });
  expect(await basic("oauth:eyJ0")).toMatchObject({ kind: "accepted" });
  now = 61_000;
  expect(await ntlm("Sesame!")).toMatchObject({ kind: "accepted" });
  expect(await basic("nobody:1")).toMatchObject({ fault: { code: "logon-failed" }, delayMs: 200 });
});

test("what a port throws beside authentication faults goes through", async () => {
  const acceptor = new HttpAcceptor({ ...SERVER, password: () => Promise.reject(new Error("store is gone")) }, TLS);
  await expect(acceptor.receive("Basic YWxpY2U6U2VzYW1lIQ==")).rejects.toThrow("store is gone");
});

test("no secret is in what is refused", async () => {
  const acceptor = new HttpAcceptor(SERVER, TLS);
  const verdict = await acceptor.receive(`Basic ${Buffer.from("alice:TopSecret").toString("base64")}`);
  expect(JSON.stringify(verdict)).not.toContain("TopSecret");
  const token = await acceptor.receive("Bearer TopSecretToken");
  expect(JSON.stringify(token)).not.toContain("TopSecretToken");
});

test("a refusal bears the mechanism's last words in place of its bare challenge", async () => {
  const why = toUtf8("KRB-ERROR");
  const acceptor = new HttpAcceptor(
    {
      ...SERVER,
      kerberos: () => ({
        step: () => Promise.reject(new Fault("clock-skew", { reason: "an hour" })),
        context: () => undefined,
        lastWords: why,
      }),
    },
    TLS,
  );
  const initial = encodeInit({ mechanisms: [KERBEROS_OID], token: toUtf8("AP-REQ") });
  const verdict = await acceptor.receive(`Negotiate ${Buffer.from(initial).toString("base64")}`);
  expect(verdict).toMatchObject({ kind: "refused", fault: { code: "clock-skew" } });
  const [first = "", ...others] = verdict.headers;
  expect(others).toEqual(["Kerberos", 'Basic realm="WSMAN"', 'Bearer realm="WSMAN"']);
  const token = decodeNegotiateToken(new Uint8Array(Buffer.from(first.replace("Negotiate ", ""), "base64")));
  expect(token).toMatchObject({ kind: "response", state: 2, mechanism: KERBEROS_OID, token: why });
});

test("any Authorization is accepted, goes on, or is refused with a fault", async () => {
  const pieces = [
    "Basic ",
    "Bearer ",
    "Negotiate ",
    "Kerberos ",
    "YWxpY2U6U2VzYW1lIQ==",
    "TlRMTVNTUAABAAAAl4II4g==",
    "YEgGBisGAQUFAqA+",
    "=",
    ",",
    "a",
    '"',
    " ",
  ];
  const seen = new Set<string>();
  let state = 5;
  for (let round = 0; round < 5000; round++) {
    let text = "";
    for (let i = 0; i < 1 + (round % 4); i++)
      text += pieces[((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % pieces.length];
    seen.add((await new HttpAcceptor(SERVER, TLS).receive(text)).kind);
  }
  expect([...seen].sort()).toEqual(["accepted", "continue", "refused"]);
});

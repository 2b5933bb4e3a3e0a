import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { parseChallenges } from "../http/challenge.ts";
import { SYSTEM_SOURCES } from "../sources.ts";
import { DigestAcceptor, type DigestAcceptorOptions } from "./acceptor.ts";
import { DIGEST_ALGORITHMS, digestAlgorithm, digestResponse, digestSecret, type DigestAlgorithm } from "./digest.ts";
import { DigestInitiator } from "./initiator.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test.each([
  ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
  ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
])("the example of RFC 7616 3.9.1, %s", (name, response) => {
  const algorithm = digestAlgorithm(name) as DigestAlgorithm;
  expect(
    digestResponse({
      algorithm,
      secret: digestSecret(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
      nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      nc: "00000001",
      qop: "auth",
      method: "GET",
      uri: "/dir/index.html",
    }),
  ).toBe(response);
});

test("an old server's challenge without qop is answered in its own form, RFC 2617 3.2.2.1", () => {
  const algorithm = digestAlgorithm("MD5") as DigestAlgorithm;
  const secret = digestSecret(algorithm, "Mufasa", "testrealm@host.com", "Circle Of Life");
  const facts = {
    algorithm,
    secret,
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    cnonce: "",
    nc: "",
    method: "GET",
    uri: "/dir/index.html",
  };
  expect(digestResponse({ ...facts, qop: undefined })).toBe("670fd8c2df070c60b045671b8b24ff02");
});

const options = (more: Partial<DigestAcceptorOptions> = {}): DigestAcceptorOptions => ({
  realm: 'the "realm"',
  sources: SYSTEM_SOURCES,
  secret: (user, algorithm) => (["alice", "Jäsøn"].includes(user) ? digestSecret(algorithm, user, 'the "realm"', "Sésame!") : undefined),
  ...more,
});
const client = (user = "alice", password = "Sésame!"): DigestInitiator => new DigestInitiator({ user, password, sources: SYSTEM_SOURCES });

test.each(DIGEST_ALGORITHMS.map(({ name }) => name))("both ends agree by %s, and the count goes on with the nonce", (name) => {
  const server = new DigestAcceptor(options({ algorithms: [name] }));
  for (const user of ["alice", "Jäsøn"]) {
    const digest = client(user);
    expect(digest.authorization("CONNECT", "a:443")).toBeUndefined();
    expect(server.receive(digest.respond(parseChallenges(server.challenges()), "CONNECT", "a:443"), "CONNECT", "a:443")).toEqual({ user });
    const next = digest.authorization("CONNECT", "b:443") ?? "";
    expect(next).toContain("nc=00000002");
    expect(server.receive(next, "CONNECT", "b:443")).toEqual({ user });
    // Heard on the way and sent again.
    expect(server.receive(next, "CONNECT", "b:443")).toBe("stale");
  }
});

test("the strongest algorithm is taken; what cannot be answered is said", () => {
  const server = new DigestAcceptor(options({ algorithms: ["MD5", "SHA-256"] }));
  expect(client().respond(parseChallenges(server.challenges()), "GET", "/")).toContain("algorithm=SHA-256");
  for (const header of [
    'Digest realm="x", nonce="1", algorithm=SHA-1024',
    'Digest realm="x", nonce="1", qop="auth-int"',
    "Basic",
    "Digest",
  ]) {
    expect(codeOf(() => client().respond(parseChallenges(header), "GET", "/"))).toBe("no-common-mechanism");
  }
});

test("wrong password, unknown user, another address or method are refused; the client asks once", () => {
  const server = new DigestAcceptor(options());
  for (const digest of [client("alice", "wrong"), client("mallory")]) {
    const answer = digest.respond(parseChallenges(server.challenges()), "GET", "/");
    expect(codeOf(() => server.receive(answer, "GET", "/"))).toBe("logon-failed");
    expect(codeOf(() => digest.respond(parseChallenges(server.challenges()), "GET", "/"))).toBe("logon-failed");
  }
  const answer = client().respond(parseChallenges(server.challenges()), "GET", "/");
  expect(codeOf(() => server.receive(answer, "GET", "/elsewhere"))).toBe("logon-failed");
  expect(codeOf(() => server.receive(answer, "POST", "/"))).toBe("logon-failed");
});

test("a stale nonce is no refusal (3.3): the client answers with the new one, and not without end", () => {
  let nowMs = 1_000_000;
  const server = new DigestAcceptor(options({ sources: { ...SYSTEM_SOURCES, nowMs: () => nowMs }, nonceMs: 1000 }));
  const digest = client();
  const first = digest.respond(parseChallenges(server.challenges()), "GET", "/");
  nowMs += 2000;
  expect(server.receive(first, "GET", "/")).toBe("stale");
  expect(server.receive(digest.respond(parseChallenges(server.challenges(true)), "GET", "/"), "GET", "/")).toEqual({ user: "alice" });
  expect(codeOf(() => [1, 2, 3, 4].map(() => digest.respond(parseChallenges(server.challenges(true)), "GET", "/")))).toBe("logon-failed");
  const made = client().respond(
    parseChallenges('Digest realm="the \\"realm\\"", nonce="made.up.x", qop="auth", algorithm=SHA-256'),
    "GET",
    "/",
  );
  expect(server.receive(made, "GET", "/")).toBe("stale");
});

test("the name is hidden where the server wants that, 3.4.4", () => {
  const header =
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
  const value = client("Jäsøn Doe", "Secret, or not?").respond(parseChallenges(header), "GET", "/doe.json");
  expect(value).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"');
  expect(value).toContain("userhash=true");
  expect(value).toContain('opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"');
});

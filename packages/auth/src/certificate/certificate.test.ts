import { createHash, X509Certificate } from "node:crypto";
import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { tlsServerEndPoint } from "../channel-binding.ts";
import { makeCertificate } from "./certificate.fixture.ts";
import { acceptCertificate, certificateFacts, certificateTable } from "./client-certificate.ts";

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}
const NOW = { nowMs: () => Date.UTC(2026, 0, 1) };
const ALICE = makeCertificate({ subject: "Alice", principalName: "Alice@contoso.com" });

test("facts: thumbprints, names, principal name, validity", () => {
  const facts = certificateFacts(ALICE);
  expect(facts).toMatchObject({
    subject: "CN=Alice",
    issuer: "CN=Alice",
    principalNames: ["Alice@contoso.com"],
    validFromMs: Date.UTC(2020, 0, 1),
    validToMs: Date.UTC(2049, 11, 31, 23, 59, 59),
  });
  expect(facts.thumbprint).toBe(createHash("sha1").update(ALICE).digest("hex").toUpperCase());
  expect(facts.thumbprint256).toBe(createHash("sha256").update(ALICE).digest("hex").toUpperCase());
  expect(certificateFacts(makeCertificate({ subject: "Host" })).principalNames).toEqual([]);
});

const THUMBPRINT = certificateFacts(ALICE).thumbprint;
test.each([
  ["thumbprint with colons", { thumbprint: (THUMBPRINT.match(/../g) as string[]).join(":").toLowerCase(), account: { name: "a" } }, "a"],
  ["another thumbprint", { thumbprint: "00", account: { name: "a" } }, undefined],
  ["principal name in any letter case", { principalName: "ALICE@CONTOSO.COM", account: { name: "a" } }, "a"],
  ["a whole domain: the certificate's own name", { principalName: "*@Contoso.com" }, "Alice@contoso.com"],
  ["another domain that ends alike", { principalName: "*@toso.com" }, undefined],
  ["subject", { subject: "CN=Alice", account: { name: "a" } }, "a"],
  ["subject under another issuer", { subject: "CN=Alice", issuer: "CN=CA", account: { name: "a" } }, undefined],
  ["an issuer alone maps nobody", { issuer: "CN=Alice", account: { name: "a" } }, undefined],
  ["an empty row maps nobody", { account: { name: "a" } }, undefined],
])("mapping by %s", async (_title, row, name) => {
  const found = await certificateTable([row])(certificateFacts(ALICE));
  expect(found?.name).toBe(name);
});

test("a trusted certificate that is mapped is an identity; all others are refused", async () => {
  const port = certificateTable([{ principalName: "*@contoso.com" }]);
  expect(await acceptCertificate({ der: ALICE, trusted: true }, port, NOW)).toEqual({
    name: "Alice@contoso.com",
    mechanism: "certificate",
    legacy: false,
  });
  expect(await codeOf(() => acceptCertificate(undefined, port, NOW))).toBe("certificate-missing");
  expect(await codeOf(() => acceptCertificate({ der: ALICE, trusted: false }, port, NOW))).toBe("certificate-not-mapped");
  expect(await codeOf(() => acceptCertificate({ der: ALICE, trusted: true }, certificateTable([]), NOW))).toBe("certificate-not-mapped");
  expect(await codeOf(() => acceptCertificate({ der: ALICE, trusted: true }, port, { nowMs: () => Date.UTC(2050, 1, 1) }))).toBe(
    "certificate-out-of-date",
  );
  expect(await codeOf(() => acceptCertificate({ der: new Uint8Array(40), trusted: true }, port, NOW))).toBe("token-malformed");
});

test.each([
  ["rsa-sha1", "sha256"],
  ["rsa-sha256", "sha256"],
  ["rsa-sha512", "sha512"],
  ["rsa-pss-sha384", "sha384"],
  ["ecdsa-sha384", "sha384"],
] as const)("tls-server-end-point of a certificate signed with %s takes %s, RFC 5929 4.1", (signature, hash) => {
  const der = makeCertificate({ subject: "host", signature });
  expect(new X509Certificate(der).subject).toBe("CN=host");
  const binding = Buffer.from(tlsServerEndPoint(der) ?? []);
  expect(binding.subarray(0, 21).toString()).toBe("tls-server-end-point:");
  expect(binding.subarray(21).toString("hex")).toBe(createHash(hash).update(der).digest("hex"));
});

test("a signature without a single hash gives no binding, RFC 5929 4.1", () => {
  expect(tlsServerEndPoint(makeCertificate({ subject: "host", signature: "ed25519" }))).toBeUndefined();
});

test("any bytes work or give a fault of the catalogue", async () => {
  let state = 11;
  const next = (below: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % below;
  let accepted = 0;
  for (let round = 0; round < 2000; round++) {
    const input = ALICE.slice(0, next(6) === 0 ? next(ALICE.length) : ALICE.length);
    for (let i = next(3); i > 0 && input.length > 0; i--) input[next(input.length)] = next(256);
    for (const decode of [certificateFacts, tlsServerEndPoint]) {
      const code = await codeOf(() => decode(input));
      if (code === "none") accepted++;
      expect(["none", "token-malformed"]).toContain(code);
    }
  }
  expect(accepted).toBeGreaterThan(800);
});

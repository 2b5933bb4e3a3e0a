/** An application's certificate out of PEM and out of PKCS#12 as other programs write it. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, createSign, createVerify, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { signingClient } from "./certificate.ts";

const vector = (name: string): string => new URL(`../../../remoting/vectors/tls/${name}.pem`, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "tieline-app-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** A key of its own with a certificate, by OpenSSL. */
function made(algorithm: readonly string[]): { cert: string; key: string } {
  const name = createHash("sha1").update(algorithm.join()).digest("hex").slice(0, 8);
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  execFileSync("openssl", ["req", "-x509", "-nodes", ...algorithm, "-keyout", key, "-out", cert, "-subj", "/CN=app", "-days", "3"], {
    stdio: "ignore",
  });
  return { cert, key };
}

function pfx(from: { cert: string; key: string }, name: string, ...more: string[]): string {
  const path = join(folder, `${name}.pfx`);
  execFileSync("openssl", ["pkcs12", "-export", "-in", from.cert, "-inkey", from.key, "-out", path, "-passout", "pass:hush", ...more], {
    stdio: "ignore",
  });
  return path;
}

function signs(client: ReturnType<typeof signingClient>): boolean {
  const signature = createSign("sha256").update("x").sign(client.key);
  return createVerify("sha256").update("x").verify(new X509Certificate(client.certificate).publicKey, signature);
}

test.skipIf(!hasOpenssl)("PEM and PKCS#12 in its writings give the same key and thumbprint", () => {
  const rsa = made(["-newkey", "rsa:2048"]);
  const pem = signingClient({ certificateFile: rsa.cert, keyFile: rsa.key });
  expect([signs(pem), pem.thumbprint]).toEqual([true, new X509Certificate(readFileSync(rsa.cert)).fingerprint.replaceAll(":", "")]);
  const writings = [
    pfx(rsa, "new"),
    pfx(rsa, "old", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "SHA1"),
    pfx(rsa, "plain-key", "-keypbe", "NONE", "-certpbe", "NONE"),
  ];
  for (const certificateFile of writings) {
    const client = signingClient({ certificateFile, passphrase: "hush" });
    expect([signs(client), client.thumbprint]).toEqual([true, pem.thumbprint]);
  }
});

test.skipIf(!hasOpenssl)("a wrong passphrase, a damaged file and a key that is not RSA are refused; the passphrase is in no fault", () => {
  const rsa = made(["-newkey", "rsa:2048"]);
  const good = pfx(rsa, "good");
  const refused = expect.objectContaining({ code: "client-certificate-unusable", message: expect.not.stringContaining("wrong-word") });
  expect(() => signingClient({ certificateFile: good, passphrase: "wrong-word" })).toThrow(refused);
  const cut = join(folder, "cut.pfx");
  writeFileSync(cut, readFileSync(good).subarray(0, 700));
  expect(() => signingClient({ certificateFile: cut, passphrase: "hush" })).toThrow(refused);
  const ec = made(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
  expect(() => signingClient({ certificateFile: ec.cert, keyFile: ec.key })).toThrow(/RSA/);
});

test("another's key is refused", () => {
  expect(() => signingClient({ certificateFile: vector("cert"), keyFile: vector("cert") })).toThrow(
    expect.objectContaining({ code: "client-certificate-unusable" }),
  );
});

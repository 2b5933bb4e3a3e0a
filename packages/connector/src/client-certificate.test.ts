import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { readClientCertificate, type ClientCertificateFiles } from "./client-certificate.ts";

const vector = (name: string): string => new URL(`../../remoting/vectors/tls/${name}.pem`, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "tieline-client-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function codeOf(files: ClientCertificateFiles): string {
  try {
    readClientCertificate(files);
    return "read";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

const [cert, key] = [vector("cert"), vector("key")];
const strange = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

test.each<[string, ClientCertificateFiles, string]>([
  ["certificate and key apart", { certificateFile: cert, keyFile: key }, "read"],
  ["both in one file", { certificateFile: file("both.pem", readFileSync(cert, "utf8") + readFileSync(key, "utf8")) }, "read"],
  ["no key at all", { certificateFile: cert }, "client-certificate-unusable"],
  [
    "another's key",
    { certificateFile: cert, keyFile: file("strange.pem", strange.export({ type: "pkcs8", format: "pem" }) as string) },
    "client-certificate-unusable",
  ],
  ["a key alone", { certificateFile: key }, "file-not-pem"],
  ["no PKCS#12, but DER", { certificateFile: file("x.pfx", new Uint8Array([0x30, 3, 2, 1, 3])) }, "client-certificate-unusable"],
  ["nothing", { certificateFile: file("empty", "") }, "file-not-pem"],
  ["no file", { certificateFile: join(folder, "none") }, "file-unreadable"],
])("%s: %o is %s", (_, files, expected) => {
  expect(codeOf(files)).toBe(expected);
});

test("a key under a passphrase opens with it and not without; the passphrase is in no fault", () => {
  const plain = readFileSync(key, "utf8");
  const sealed = file(
    "sealed.pem",
    createPrivateKey(plain).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hush" }) as string,
  );
  expect(codeOf({ certificateFile: cert, keyFile: sealed, passphrase: "hush" })).toBe("read");
  expect(codeOf({ certificateFile: cert, keyFile: sealed })).toBe("client-certificate-unusable");
  expect(() => readClientCertificate({ certificateFile: cert, keyFile: sealed, passphrase: "wrong-word" })).toThrow(/^(?!.*wrong-word)/s);
});

/** An application's certificate, which signs the assertion by which the application signs in (RFC 7523). */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { ClientAuthentication } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { readClientCertificate, type ClientCertificateFiles } from "../client-certificate.ts";
import { openPfx } from "./pfx.ts";

export type SigningClient = Extract<ClientAuthentication, { kind: "certificate" }> & {
  /** SHA-1 of the certificate in capitals, as portals show it. */
  thumbprint: string;
};

/** @throws Fault `file-unreadable`, `file-not-pem`, `client-certificate-unusable` */
export function signingClient(files: ClientCertificateFiles): SigningClient {
  const read = readClientCertificate(files);
  const path = files.certificateFile;
  const { certificate, key } =
    "pfx" in read
      ? openPfx(read.pfx, read.passphrase ?? "", path)
      : {
          certificate: new X509Certificate(read.cert),
          key: createPrivateKey({
            key: read.key,
            format: "pem",
            ...(read.passphrase === undefined ? {} : { passphrase: read.passphrase }),
          }),
        };
  if (key.asymmetricKeyType !== "rsa") {
    throw new Fault("client-certificate-unusable", { path, reason: "an application's certificate needs an RSA key" });
  }
  return {
    kind: "certificate",
    certificate: new Uint8Array(certificate.raw),
    key,
    thumbprint: certificate.fingerprint.replaceAll(":", ""),
  };
}

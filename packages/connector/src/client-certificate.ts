/** A client certificate out of files: PEM, the key in the same file or in one of its own, or PKCS#12 (RFC 7292). */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { Fault } from "@tieline/fault";
import type { TlsTrust } from "@tieline/net";

export interface ClientCertificateFiles {
  certificateFile: string;
  /** Left out: the key is in the certificate's file. */
  keyFile?: string;
  passphrase?: string;
}

/**
 * Tried out at once: a key that does not fit would show only in the middle of a connection.
 *
 * @throws Fault `file-unreadable`, `file-not-pem`, `client-certificate-unusable`
 */
export function readClientCertificate(files: ClientCertificateFiles): NonNullable<TlsTrust["certificate"]> {
  const { certificateFile: path, keyFile, passphrase } = files;
  const first = read(path);
  const secret = passphrase === undefined ? {} : { passphrase };
  const text = first.toString("latin1");
  // PKCS#12 is DER, and begins with a SEQUENCE.
  if (first[0] === 0x30 && keyFile === undefined && !text.includes("-----BEGIN"))
    return tried({ pfx: new Uint8Array(first), ...secret }, path);
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Fault("file-not-pem", { path });
  return tried({ cert: text, key: keyFile === undefined ? text : read(keyFile).toString("latin1"), ...secret }, path);
}

function tried<C extends NonNullable<TlsTrust["certificate"]>>(certificate: C, path: string): C {
  try {
    // TLS takes a key of another algorithm than the certificate's without a word, and shows neither then.
    if (
      "key" in certificate &&
      !new X509Certificate(certificate.cert).checkPrivateKey(createPrivateKey({ ...certificate, format: "pem" }))
    ) {
      throw new Error("the private key belongs to another certificate");
    }
    createSecureContext("pfx" in certificate ? { ...certificate, pfx: Buffer.from(certificate.pfx) } : { ...certificate });
  } catch (error) {
    throw new Fault("client-certificate-unusable", { path, reason: (error as Error).message }, { cause: error });
  }
  return certificate;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
}

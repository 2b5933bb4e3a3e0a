/**
 * Channel bindings: they tie a logon to the TLS connection that it came through.
 *
 * `tls-server-end-point` (RFC 5929 4): the server certificate's hash, by the hash function of its signature. GSS-API
 * mechanisms carry it as application data of a channel bindings structure (RFC 2744 3.11), NTLM and Kerberos as that
 * structure's MD5 ([MS-NLMP] 2.2.2.1, RFC 4121 4.1.1.2).
 */
import { createHash } from "node:crypto";
import { Fault } from "@tieline/fault";
import { Der, oidOf, readDer } from "./asn1/der.ts";
import { concat, toUtf8 } from "./octets.ts";

/** Must a binding be there? `when-present`: a wrong one is refused, none at all is not. */
export type ChannelBindingPolicy = "required" | "when-present" | "off";

/** Hash of the certificate by its signature's algorithm; MD5 and SHA-1 become SHA-256 (RFC 5929 4.1). */
const HASH_OF_SIGNATURE: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "sha256", // md5WithRSAEncryption
  "1.2.840.113549.1.1.5": "sha256", // sha1WithRSAEncryption
  "1.2.840.10040.4.3": "sha256", // id-dsa-with-sha1
  "1.2.840.10045.4.1": "sha256", // ecdsa-with-SHA1
  "1.2.840.113549.1.1.14": "sha224",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.1": "sha224",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
};

const RSASSA_PSS = "1.2.840.113549.1.1.10";
const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha256", // SHA-1
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "2.16.840.1.101.3.4.2.4": "sha224",
};

/**
 * The application data of the binding for a server certificate, or undefined where RFC 5929 defines none (a signature
 * without a single hash function, as Ed25519).
 *
 * @param certificate DER
 * @throws Fault `token-malformed` for what is no certificate
 */
export function tlsServerEndPoint(certificate: Uint8Array): Uint8Array | undefined {
  const [, algorithm] = readDer(certificate, "X.509").expect(Der.SEQUENCE).children();
  const [oid, parameters] = algorithm?.expect(Der.SEQUENCE).children() ?? [];
  if (oid === undefined) throw new Fault("token-malformed", { mechanism: "X.509", what: "no signature algorithm" });
  const name = oidOf(oid);
  let hash = HASH_OF_SIGNATURE[name];
  if (name === RSASSA_PSS) {
    // RSASSA-PSS-params: [0] hashAlgorithm, SHA-1 where it is left out (RFC 4055 3.1).
    const chosen = parameters
      ?.children()
      .find((child) => child.tag === 0xa0)
      ?.children()[0];
    const inner = chosen?.children()[0];
    hash = inner === undefined ? "sha256" : HASHES[oidOf(inner)];
  }
  if (hash === undefined) return undefined;
  return concat(toUtf8("tls-server-end-point:"), new Uint8Array(createHash(hash).update(certificate).digest()));
}

/** MD5 of the RFC 2744 structure: no addresses (four zero words), then length and application data, little endian. */
export function channelBindingHash(applicationData: Uint8Array): Uint8Array {
  const head = new Uint8Array(20);
  new DataView(head.buffer).setUint32(16, applicationData.length, true);
  return new Uint8Array(createHash("md5").update(head).update(applicationData).digest());
}

/** Certificates for tests, made on the spot: self-signed X.509 v3 (RFC 5280) with a user principal name. */
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { Der, writeDer, writeOid } from "../asn1/der.ts";
import { concat, toUtf8 } from "../octets.ts";

const NULL = new Uint8Array([5, 0]);
const SHA384_PARAMETERS = writeDer(
  Der.SEQUENCE,
  writeDer(0xa0, writeDer(Der.SEQUENCE, writeOid("2.16.840.1.101.3.4.2.2"), NULL)),
  writeDer(
    0xa1,
    writeDer(Der.SEQUENCE, writeOid("1.2.840.113549.1.1.8"), writeDer(Der.SEQUENCE, writeOid("2.16.840.1.101.3.4.2.2"), NULL)),
  ),
  writeDer(0xa2, new Uint8Array([2, 1, 48])),
);

/** Signature algorithms: identifier with parameters, hash for the runtime, kind of key. */
const SIGNATURES = {
  "rsa-sha1": { oid: "1.2.840.113549.1.1.5", parameters: NULL, hash: "sha1", key: "rsa" },
  "rsa-sha256": { oid: "1.2.840.113549.1.1.11", parameters: NULL, hash: "sha256", key: "rsa" },
  "rsa-sha512": { oid: "1.2.840.113549.1.1.13", parameters: NULL, hash: "sha512", key: "rsa" },
  "rsa-pss-sha384": { oid: "1.2.840.113549.1.1.10", parameters: SHA384_PARAMETERS, hash: "sha384", key: "rsa" },
  "ecdsa-sha384": { oid: "1.2.840.10045.4.3.3", parameters: new Uint8Array(), hash: "sha384", key: "ec" },
  ed25519: { oid: "1.3.101.112", parameters: new Uint8Array(), hash: undefined, key: "ed25519" },
} as const;

export type FixtureSignature = keyof typeof SIGNATURES;

function keyOf(kind: "rsa" | "ec" | "ed25519"): { privateKey: KeyObject; publicKey: KeyObject } {
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  if (kind === "ec") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  return generateKeyPairSync("ed25519");
}

const name = (text: string): Uint8Array =>
  writeDer(Der.SEQUENCE, writeDer(0x31, writeDer(Der.SEQUENCE, writeOid("2.5.4.3"), writeDer(Der.UTF8_STRING, toUtf8(text)))));
const time = (text: string): Uint8Array => writeDer(0x17, toUtf8(text));

/** DER of a certificate for `CN=<subject>`, valid from 2020 to 2049. */
export function makeCertificate(options: { subject: string; principalName?: string; signature?: FixtureSignature }): Uint8Array {
  const { oid, parameters, hash, key } = SIGNATURES[options.signature ?? "ecdsa-sha384"];
  const { privateKey, publicKey } = keyOf(key);
  const algorithm = writeDer(Der.SEQUENCE, writeOid(oid), parameters);
  const otherName = writeDer(
    0xa0,
    writeOid("1.3.6.1.4.1.311.20.2.3"),
    writeDer(0xa0, writeDer(Der.UTF8_STRING, toUtf8(options.principalName ?? ""))),
  );
  const names = writeDer(
    Der.SEQUENCE,
    writeDer(0x82, toUtf8("host.contoso.com")),
    ...(options.principalName === undefined ? [] : [otherName]),
  );
  const extension = writeDer(Der.SEQUENCE, writeOid("2.5.29.17"), writeDer(Der.OCTET_STRING, names));
  const body = writeDer(
    Der.SEQUENCE,
    writeDer(0xa0, new Uint8Array([2, 1, 2])),
    new Uint8Array([2, 1, 1]),
    algorithm,
    name(options.subject),
    writeDer(Der.SEQUENCE, time("200101000000Z"), time("491231235959Z")),
    name(options.subject),
    new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    writeDer(0xa3, writeDer(Der.SEQUENCE, extension)),
  );
  const pss = options.signature === "rsa-pss-sha384" ? { padding: 6, saltLength: 48 } : {};
  const signature = new Uint8Array(sign(hash ?? null, body, { key: privateKey, ...pss }));
  return writeDer(Der.SEQUENCE, body, algorithm, writeDer(Der.BIT_STRING, concat(new Uint8Array([0]), signature)));
}

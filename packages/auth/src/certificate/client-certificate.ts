/**
 * Client certificates in WS-Management's mutual profile (DSP0226 C.4): TLS proves that the peer holds the key, the
 * Authorization header only says that this is meant; here the certificate is turned into an account.
 *
 * Whether the chain is trusted is TLS's business and comes in as a fact.
 */
import { X509Certificate } from "node:crypto";
import { Fault } from "@tieline/fault";
import { Der, oidOf, readDer, type DerNode } from "../asn1/der.ts";
import type { FoundAccount } from "../basic/basic.ts";
import type { Identity } from "../mechanism.ts";
import { fromUtf8 } from "../octets.ts";
import type { Sources } from "../sources.ts";

/** The scheme in Authorization. */
export const MUTUAL_PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";

/** What an account can be found by. */
export interface CertificateFacts {
  /** SHA-1 over the certificate, 40 capital hexadecimal digits, as Windows shows it. */
  readonly thumbprint: string;
  /** SHA-256, 64 capital hexadecimal digits. */
  readonly thumbprint256: string;
  /** `CN=Alice, OU=Admins, O=Contoso`, in the certificate's order. */
  readonly subject: string;
  readonly issuer: string;
  /** User principal names in the subject's alternative names. */
  readonly principalNames: readonly string[];
  readonly validFromMs: number;
  readonly validToMs: number;
}

const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const USER_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3";

/**
 * @param der the peer's certificate
 * @throws Fault `token-malformed` for what is no X.509 certificate
 */
export function certificateFacts(der: Uint8Array): CertificateFacts {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch (cause) {
    throw new Fault("token-malformed", { mechanism: "X.509", what: "not a certificate" }, { cause });
  }
  const oneLine = (name: string): string => name.split("\n").join(", ");
  return {
    thumbprint: certificate.fingerprint.replaceAll(":", ""),
    thumbprint256: certificate.fingerprint256.replaceAll(":", ""),
    subject: oneLine(certificate.subject ?? ""),
    issuer: oneLine(certificate.issuer ?? ""),
    principalNames: principalNames(der),
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
  };
}

/** The runtime shows other names as "unsupported", so they are read here (RFC 5280 4.2.1.6). */
function principalNames(der: Uint8Array): string[] {
  const [body] = readDer(der, "X.509").expect(Der.SEQUENCE).children();
  const extensions = body
    ?.expect(Der.SEQUENCE)
    .children()
    .find((node) => node.tag === 0xa3);
  for (const extension of extensions?.only().expect(Der.SEQUENCE).children() ?? []) {
    const parts = extension.expect(Der.SEQUENCE).children();
    const [oid] = parts;
    const value = parts.at(-1);
    if (oid === undefined || value === undefined || oidOf(oid) !== SUBJECT_ALTERNATIVE_NAME) continue;
    return readDer(value.expect(Der.OCTET_STRING).contents, "X.509").expect(Der.SEQUENCE).children().flatMap(principalName);
  }
  return [];
}

function principalName(name: DerNode): string[] {
  if (name.tag !== 0xa0) return [];
  const [type, value] = name.children();
  if (type === undefined || value === undefined || oidOf(type) !== USER_PRINCIPAL_NAME) return [];
  const text = fromUtf8(value.expect(0xa0).only().expect(Der.UTF8_STRING).contents);
  return text === undefined ? [] : [text];
}

/** Undefined where no account belongs to the certificate. */
export type CertificatePort = (facts: CertificateFacts) => Promise<FoundAccount | undefined> | FoundAccount | undefined;

export interface PeerCertificate {
  readonly der: Uint8Array;
  /** TLS found the chain good for this purpose (Node: `socket.authorized`). */
  readonly trusted: boolean;
}

/**
 * The identity behind a client certificate.
 *
 * @throws Fault `certificate-missing`, `certificate-out-of-date`, `certificate-not-mapped`
 */
export async function acceptCertificate(
  peer: PeerCertificate | undefined,
  port: CertificatePort,
  sources: Pick<Sources, "nowMs">,
): Promise<Identity> {
  if (peer === undefined) throw new Fault("certificate-missing");
  const facts = certificateFacts(peer.der);
  const { thumbprint, validFromMs, validToMs } = facts;
  const now = sources.nowMs();
  if (!(validFromMs <= now && now <= validToMs)) {
    throw new Fault("certificate-out-of-date", {
      thumbprint,
      from: new Date(validFromMs).toISOString(),
      to: new Date(validToMs).toISOString(),
    });
  }
  const found = peer.trusted ? await port(facts) : undefined;
  if (found === undefined) throw new Fault("certificate-not-mapped", { thumbprint });
  return { ...found, mechanism: "certificate", legacy: false };
}

/** A row of a mapping table: all conditions that are there must hold, and one must be there. */
export interface CertificateMapping {
  /** SHA-1 or SHA-256; colons and spaces do not matter, nor does letter case. */
  readonly thumbprint?: string;
  /** A user principal name, or `*@contoso.com` for a whole domain; then the account is called by the certificate's own name. */
  readonly principalName?: string;
  /** The whole subject, as `CertificateFacts` writes it. */
  readonly subject?: string;
  /** The whole issuer. */
  readonly issuer?: string;
  /** Left out: the user principal name that matched. */
  readonly account?: FoundAccount;
}

/**
 * A port over a table; the first row that fits wins.
 *
 * @example
 * ```ts
 * const port = certificateTable([{ principalName: "*@contoso.com", issuer: "CN=Contoso CA" }]);
 * ```
 */
export function certificateTable(rows: readonly CertificateMapping[]): CertificatePort {
  return (facts) => {
    for (const row of rows) {
      const principal = row.principalName === undefined ? facts.principalNames[0] : matchingName(row.principalName, facts.principalNames);
      const conditions = [
        row.thumbprint === undefined ||
          [facts.thumbprint, facts.thumbprint256].includes(row.thumbprint.replace(/[^0-9a-f]/gi, "").toUpperCase()),
        row.principalName === undefined || principal !== undefined,
        row.subject === undefined || row.subject === facts.subject,
        row.issuer === undefined || row.issuer === facts.issuer,
      ];
      // An issuer alone would let in everybody whom that authority ever gave a certificate.
      const named = row.thumbprint !== undefined || row.principalName !== undefined || row.subject !== undefined;
      const account = row.account ?? (principal === undefined ? undefined : { name: principal });
      if (named && account !== undefined && conditions.every(Boolean)) return account;
    }
    return undefined;
  };
}

function matchingName(pattern: string, names: readonly string[]): string | undefined {
  const wanted = pattern.toLowerCase();
  return names.find((name) => {
    const lower = name.toLowerCase();
    if (!wanted.startsWith("*@")) return lower === wanted;
    return lower.length > wanted.length - 1 && lower.endsWith(wanted.slice(1)) && lower.indexOf("@") === lower.length - wanted.length + 1;
  });
}

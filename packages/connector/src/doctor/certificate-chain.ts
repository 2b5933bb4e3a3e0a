/** What a server's certificates say, and what is wrong with them; pure. */
import { X509Certificate } from "node:crypto";
import { ok, type Remark } from "./finding.ts";

/** What a handshake without checks has shown. */
export interface Handshake {
  host: string;
  port: number;
  /** As the server sent them, its own first; DER. */
  chain: readonly Uint8Array[];
  /** OpenSSL's judgement of trust, `UNABLE_TO_VERIFY_LEAF_SIGNATURE` and the like; undefined where it is content. */
  trouble: string | undefined;
  /** The name check's words; undefined where the name fits. */
  nameTrouble: string | undefined;
  protocol: string | undefined;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const MIN_RSA_BITS = 2048;
const MIN_EC_BITS = 256;

export function judgeChain(handshake: Handshake, nowMs: number): Remark {
  const { host, port, chain } = handshake;
  const certificates = chain.map((der) => new X509Certificate(der));
  const leaf = certificates[0];
  const subject = `${host}:${port}`;
  if (leaf === undefined) return { ...wrong(host, "shows no certificate", [], "The port speaks TLS without certificates."), subject };
  const evidence = [...certificates.map(lineOf), `speaks ${handshake.protocol ?? "?"}`];
  const found =
    judgeDates(host, leaf, evidence, nowMs) ??
    judgeName(handshake, leaf, evidence) ??
    judgeTrust(handshake, certificates, evidence) ??
    judgeStrength(host, certificates, evidence);
  if (found !== undefined) return { ...found, subject };
  const left = Math.floor((Date.parse(leaf.validTo) - nowMs) / DAY_MS);
  if (left < SOON_DAYS)
    return {
      verdict: "warning",
      layer: "tls",
      subject,
      text: `The certificate of ${host} lapses in ${left} days.`,
      evidence,
      cure: "Have it renewed.",
    };
  return { ...ok("tls", `The certificate of ${host} is good for ${left} days more.`, evidence), subject };
}

function judgeDates(host: string, leaf: X509Certificate, evidence: readonly string[], nowMs: number): Remark | undefined {
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  const cure = "Check this machine's clock (see the check of the clock); if it is right, the certificate must be renewed.";
  if (nowMs > to)
    return {
      ...wrong(
        host,
        `lapsed on ${new Date(to).toISOString()}`,
        evidence,
        "It was not renewed in time, or this machine's clock is ahead.",
        cure,
      ),
      code: "tls-expired",
    };
  if (nowMs < from)
    return {
      ...wrong(
        host,
        `is not valid before ${new Date(from).toISOString()}`,
        evidence,
        "It was issued just now, or this machine's clock is behind.",
        cure,
      ),
      code: "tls-expired",
    };
  return undefined;
}

function judgeName({ host, nameTrouble }: Handshake, leaf: X509Certificate, evidence: readonly string[]): Remark | undefined {
  if (nameTrouble === undefined) return undefined;
  const names = leaf.subjectAltName ?? leaf.subject.replaceAll("\n", ", ");
  return {
    ...wrong(
      host,
      `was made out to other names (${names})`,
      evidence,
      "The name leads to another server than meant, or the certificate lacks it.",
      `Correct the record of ${host}, or have a certificate issued for it.`,
    ),
    code: "tls-name-mismatch",
  };
}

/** The certificate at the end of what was sent has an issuer that neither the server showed nor this machine knows. */
function judgeTrust({ host, trouble }: Handshake, chain: readonly X509Certificate[], evidence: readonly string[]): Remark | undefined {
  if (trouble === undefined) return undefined;
  const last = chain.at(-1) as X509Certificate;
  const issuer = nameOf(last.issuer);
  const place = /CA Issuers - URI:(\S+)/.exec(last.infoAccess ?? "")?.[1];
  const alone = last.subject === last.issuer;
  const code = "tls-untrusted" as const;
  if (alone) {
    return {
      ...wrong(
        host,
        `was issued by an authority that this machine does not trust: ${nameOf(last.subject)}`,
        evidence,
        "The authority is a private one, or a proxy that reads along.",
        "Name the authority's certificate with --ca-file FILE, if you know that it is right.",
      ),
      code,
    };
  }
  return {
    ...wrong(
      host,
      `comes without the certificate of its issuer: ${issuer} is missing`,
      place === undefined ? evidence : [...evidence, `the missing certificate is at ${place}`],
      `The server does not send its intermediate certificate "${issuer}". Browsers fetch or remember it; programs do not.`,
      `Have the server send its whole chain${place === undefined ? "" : ` (the missing part is at ${place})`}; meanwhile, name that certificate's authority with --ca-file FILE.`,
    ),
    code,
  };
}

function judgeStrength(host: string, chain: readonly X509Certificate[], evidence: readonly string[]): Remark | undefined {
  for (const certificate of chain) {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
    const bits = details?.modulusLength ?? 0;
    const curve = details?.namedCurve ?? "";
    const curveBits = Number(/(\d{3})/.exec(curve)?.[1] ?? MIN_EC_BITS);
    // A root's own signature protects nothing.
    const signature =
      certificate.subject === certificate.issuer ? "" : ((certificate as { signatureAlgorithm?: string }).signatureAlgorithm ?? "");
    const weak =
      type === "rsa" && bits < MIN_RSA_BITS
        ? `an RSA key of ${bits} bits`
        : type === "ec" && curveBits < MIN_EC_BITS
          ? `a key on the curve ${curve}`
          : /md5|sha1/i.test(signature)
            ? `the signature ${signature}`
            : undefined;
    if (weak !== undefined) {
      return {
        verdict: "warning",
        layer: "tls",
        text: `The certificate "${nameOf(certificate.subject)}" of ${host} is weak: ${weak}.`,
        evidence,
        cause: "It is from a time when that was enough.",
        cure: `Have it issued anew with RSA of ${MIN_RSA_BITS} bits or more, or P-256, and SHA-256.`,
      };
    }
  }
  return undefined;
}

function wrong(
  host: string,
  what: string,
  evidence: readonly string[],
  cause: string,
  cure = "Have the server's certificate corrected.",
): Remark {
  return { verdict: "error", layer: "tls", text: `The certificate of ${host} ${what}.`, evidence, cause, cure };
}

function lineOf(certificate: X509Certificate): string {
  const day = (text: string): string => new Date(text).toISOString().slice(0, 10);
  return `${nameOf(certificate.subject)}, issued by ${nameOf(certificate.issuer)}, ${day(certificate.validFrom)} to ${day(certificate.validTo)}`;
}

/** The common name, or all of it. */
function nameOf(name: string): string {
  return (/^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll("\n", ", ")).replace(/[\p{Cc}\p{Cf}]/gu, "?").slice(0, 200);
}

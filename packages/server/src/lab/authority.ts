/**
 * The lab's certificate authority (RFC 5280): one root, one server certificate a site, certificates of people who sign in
 * with them, kept below the data folder and renewed before they lapse. Not for use outside the lab: its key lies beside its certificate.
 */
import { webcrypto, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// The certificate library finds its parts by decorators and wants this first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { certificateFacts } from "@tieline/auth";
import { Fault } from "@tieline/fault";

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const DAY_MS = 86_400_000;
/** A root outlives the labs; servers' certificates stay below the 398 days that browsers take. */
const ROOT_DAYS = 3650;
const SERVER_DAYS = 390;
/** Made anew when less is left. */
const RENEW_DAYS = 30;

export interface IssuedCertificate {
  /** PEM: the certificate, then the root. */
  cert: string;
  /** PEM, PKCS#8. */
  key: string;
}

/** What is particular to a certificate. */
interface Wanted {
  subject: string;
  usages: x509.KeyUsageFlags;
  purposes: readonly x509.ExtendedKeyUsage[];
  names: readonly { type: "dns" | "ip" | "upn"; value: string }[];
}

/** What does not fit about it. */
export interface UnfitCertificate {
  notBeforeMs: number;
  notAfterMs: number;
  /** Who signs; nothing of an issuer is sent along. */
  issuer: "root" | "intermediate" | "itself";
}

export class LabAuthority {
  readonly #folder: string;
  readonly #cert: x509.X509Certificate;
  readonly #key: CryptoKey;
  /** PEM. */
  readonly certificate: string;
  readonly path: string;

  private constructor(folder: string, cert: x509.X509Certificate, key: CryptoKey) {
    this.#folder = folder;
    this.#cert = cert;
    this.#key = key;
    this.certificate = cert.toString("pem") + "\n";
    this.path = join(folder, "lab-ca.crt");
  }

  /** Opens the authority in this folder, or founds it. @throws Fault `lab-certificates-damaged` */
  static async open(folder: string, nowMs: number, name = "CN=Tieline lab authority, O=Tieline lab"): Promise<LabAuthority> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const paths = { cert: join(folder, "lab-ca.crt"), key: join(folder, "lab-ca.key") };
    if (existsSync(paths.cert) && existsSync(paths.key)) {
      try {
        const cert = new x509.X509Certificate(readFileSync(paths.cert, "utf8"));
        if (cert.notAfter.getTime() - nowMs > RENEW_DAYS * DAY_MS)
          return new LabAuthority(folder, cert, await importKey(readFileSync(paths.key, "utf8")));
      } catch (error) {
        throw new Fault("lab-certificates-damaged", { folder }, { cause: error });
      }
    }
    const keys = (await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name,
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + ROOT_DAYS * DAY_MS),
      signingAlgorithm: RSA,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    writeFileSync(paths.key, await exportKey(keys.privateKey), { mode: 0o600 });
    writeFileSync(paths.cert, cert.toString("pem") + "\n");
    return new LabAuthority(folder, cert, keys.privateKey);
  }

  /** The certificate of a site for these names; the one at hand where it still fits. */
  server(site: string, names: readonly string[], nowMs: number): Promise<IssuedCertificate> {
    return this.#issued(site, nowMs, {
      subject: `CN=${names[0]}`,
      usages: x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
      purposes: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
      names: names.map((name) => ({ type: /^[0-9.]+$|:/.test(name) ? "ip" : "dns", value: name })),
    });
  }

  /** The certificate by which an account signs in: its user principal name is among the subject's alternative names. */
  client(account: string, nowMs: number): Promise<IssuedCertificate> {
    return this.#issued(account, nowMs, {
      subject: `CN=${account}`,
      usages: x509.KeyUsageFlags.digitalSignature,
      purposes: [x509.ExtendedKeyUsage.clientAuth],
      names: [{ type: "upn", value: account }],
    });
  }

  /** A server's certificate that does not fit, for tests of what clients say to it; not kept. */
  async unfit(names: readonly string[], { notBeforeMs, notAfterMs, issuer }: UnfitCertificate): Promise<IssuedCertificate> {
    const pair = async (): Promise<webcrypto.CryptoKeyPair> =>
      (await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const keys = await pair();
    const signers = {
      root: () => ({ subject: this.#cert.subject, key: this.#key }),
      // Its own certificate is what is missing, so none is made.
      intermediate: async () => ({ subject: "CN=Tieline lab intermediate, O=Tieline lab", key: (await pair()).privateKey }),
      itself: () => ({ subject: `CN=${names[0]}`, key: keys.privateKey }),
    };
    const signer = await signers[issuer]();
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${names[0]}`,
      issuer: signer.subject,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      signingAlgorithm: RSA,
      publicKey: keys.publicKey,
      signingKey: signer.key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
        new x509.AuthorityInfoAccessExtension({ caIssuers: new x509.GeneralName("url", `http://${names[0]}/issuer.crt`) }),
      ],
    });
    return { cert: `${leaf.toString("pem")}\n`, key: await exportKey(keys.privateKey) };
  }

  async #issued(file: string, nowMs: number, { subject, usages, purposes, names }: Wanted): Promise<IssuedCertificate> {
    const paths = { cert: join(this.#folder, `${file}.crt`), key: join(this.#folder, `${file}.key`) };
    if (existsSync(paths.cert) && existsSync(paths.key)) {
      const cert = readFileSync(paths.cert, "utf8");
      if (this.#fits(cert, names, nowMs)) return { cert, key: readFileSync(paths.key, "utf8") };
    }
    const keys = (await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: this.#cert.subject,
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + SERVER_DAYS * DAY_MS),
      signingAlgorithm: RSA,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(usages, true),
        new x509.ExtendedKeyUsageExtension([...purposes]),
        new x509.SubjectAlternativeNameExtension([...names]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#cert.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const made: IssuedCertificate = { cert: `${leaf.toString("pem")}\n${this.certificate}`, key: await exportKey(keys.privateKey) };
    writeFileSync(paths.key, made.key, { mode: 0o600 });
    writeFileSync(paths.cert, made.cert);
    return made;
  }

  #fits(pem: string, names: Wanted["names"], nowMs: number): boolean {
    try {
      const cert = new X509Certificate(pem);
      const wanted = names.map(({ type, value }) => {
        if (type === "upn") return certificateFacts(cert.raw).principalNames.find((name) => name === value);
        return type === "ip" ? cert.checkIP(value) : cert.checkHost(value);
      });
      return (
        cert.checkIssued(new X509Certificate(this.certificate)) &&
        Date.parse(cert.validTo) - nowMs > RENEW_DAYS * DAY_MS &&
        wanted.every((name) => name !== undefined)
      );
    } catch {
      // A damaged certificate costs nothing: it is made anew.
      return false;
    }
  }
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString("hex")
    .replace(/^/, "01");
}

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}

function importKey(pem: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), RSA, true, ["sign"]);
}

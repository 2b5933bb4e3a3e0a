/** Whom a TLS connection trusts, and what it shows of itself. */
import { readFileSync } from "node:fs";
import { checkServerIdentity, rootCertificates, type ConnectionOptions, type TLSSocket } from "node:tls";
import * as tls from "node:tls";
import { Fault } from "@tieline/fault";

export interface TlsTrust {
  /** PEM texts of authorities that are trusted beside the built-in ones. */
  authorities?: readonly string[];
  /** Trust only `authorities`, none of the built-in ones. */
  onlyThese?: boolean;
  /** Accept any certificate and any name. For tests; callers must warn. */
  insecure?: boolean;
  /** Accept a certificate of an unknown authority, if name and dates are right (New-PSSessionOption -SkipCACheck). */
  skipAuthorityCheck?: boolean;
  /** Accept a certificate for another name (New-PSSessionOption -SkipCNCheck). */
  skipNameCheck?: boolean;
  /** A client certificate: PEM, or PFX with its passphrase. */
  certificate?: { cert: string; key: string; passphrase?: string } | { pfx: Uint8Array; passphrase?: string };
  minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** Reads a PEM file of one or more authorities. @throws Fault `file-unreadable`, `file-not-pem` */
export function readAuthorities(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Fault("file-not-pem", { path });
  return text;
}

let builtIn: readonly string[] | undefined;

/** What Node trusts by itself, with NODE_EXTRA_CA_CERTS where this Node can tell. */
function builtInAuthorities(): readonly string[] {
  // getCACertificates came with Node 22.15; on older ones the bundled list is what there is.
  const get = (tls as { getCACertificates?: (kind: "default") => string[] }).getCACertificates;
  builtIn ??= get === undefined ? rootCertificates : get("default");
  return builtIn;
}

export function tlsOptions(trust: TlsTrust): ConnectionOptions {
  const own = trust.authorities ?? [];
  return {
    minVersion: trust.minVersion ?? "TLSv1.2",
    rejectUnauthorized: trust.insecure !== true && trust.skipAuthorityCheck !== true,
    ...(trust.skipNameCheck === true ? { checkServerIdentity: () => undefined } : {}),
    ...(own.length > 0 || trust.onlyThese === true ? { ca: trust.onlyThese === true ? [...own] : [...builtInAuthorities(), ...own] } : {}),
    ...(trust.certificate === undefined
      ? {}
      : "pfx" in trust.certificate
        ? { pfx: Buffer.from(trust.certificate.pfx), ...withPassphrase(trust.certificate.passphrase) }
        : { cert: trust.certificate.cert, key: trust.certificate.key, ...withPassphrase(trust.certificate.passphrase) }),
  };
}

function withPassphrase(passphrase: string | undefined): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase };
}

/**
 * Where the authority is not to be checked, Node checks nothing; name and dates are checked here then.
 *
 * @throws Error with Node's codes, for `networkFault`
 */
export function checkedIdentity(socket: TLSSocket, host: string, trust: TlsTrust, nowMs: number): TLSSocket {
  if (trust.insecure === true || trust.skipAuthorityCheck !== true) return socket;
  const certificate = socket.getPeerCertificate();
  const dates = Date.parse(certificate.valid_from) > nowMs || Date.parse(certificate.valid_to) < nowMs;
  const error = dates
    ? Object.assign(new Error(`valid from ${certificate.valid_from} to ${certificate.valid_to}`), { code: "CERT_HAS_EXPIRED" })
    : trust.skipNameCheck === true
      ? undefined
      : checkServerIdentity(host, certificate);
  if (error === undefined) return socket;
  socket.destroy();
  throw error;
}

/** Who issued the peer's certificate, as a name to show; undefined where nothing can be told. */
export function issuerOf(socket: TLSSocket): string | undefined {
  const { issuer } = socket.getPeerCertificate() as { issuer?: { CN?: string; O?: string; OU?: string } };
  const name = [issuer?.CN, issuer?.O].filter((part) => part !== undefined && part !== "").join(", ");
  return name === "" ? undefined : name.replace(/[\p{Cc}\p{Cf}]/gu, "?").slice(0, 200);
}

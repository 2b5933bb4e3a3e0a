/** Whom a TLS connection trusts, and what it shows of itself. */
import { readFileSync } from "node:fs";
import { rootCertificates, type ConnectionOptions } from "node:tls";
import * as tls from "node:tls";
import { Fault } from "@tieline/fault";

export interface TlsTrust {
  /** PEM texts of authorities that are trusted beside the built-in ones. */
  authorities?: readonly string[];
  /** Trust only `authorities`, none of the built-in ones. */
  onlyThese?: boolean;
  /** Accept any certificate and any name. For tests; callers must warn. */
  insecure?: boolean;
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
    rejectUnauthorized: trust.insecure !== true,
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

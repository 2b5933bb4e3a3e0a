/** The trace of a walk as data: one hop a request, kept also where the walk ends in a fault. */
import { X509Certificate } from "node:crypto";
import { isFault, type FaultCode } from "@tieline/fault";

/** What a server's certificate says of itself. */
export interface HopCertificate {
  subject: string;
  issuer: string;
  /** ISO 8601. */
  validFrom: string;
  /** ISO 8601. */
  validTo: string;
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  fingerprint: string;
}

/** One step of the walk. */
export interface Hop {
  url: string;
  /** undefined where no answer came. */
  status?: number;
  /** What was read there, or what went wrong, in a few words. */
  found: string;
  durationMs: number;
  /** What the step failed with; a walk may go on at another name. */
  fault?: FaultCode;
  /** Where the connection went: `127.0.0.1:40443`; a proxy's address, where one stands between. */
  address?: string;
  certificate?: HopCertificate;
}

const TRACES = new WeakMap<Error, readonly Hop[]>();

/** Keeps the hops beside the error that ended them; the error stays as it is. */
export function withHops<T>(error: T, hops: readonly Hop[]): T {
  if (error instanceof Error) TRACES.set(error, hops);
  return error;
}

/** The hops that were gone before this error of `resolve`; empty for any other. */
export function hopsOf(error: unknown): readonly Hop[] {
  return (error instanceof Error ? TRACES.get(error) : undefined) ?? [];
}

/** Undefined for bytes that are no certificate. */
export function certificateOf(der: Uint8Array): HopCertificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      validFrom: new Date(certificate.validFrom).toISOString(),
      validTo: new Date(certificate.validTo).toISOString(),
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

const WORDS: Partial<Record<FaultCode, string>> = {
  "name-unknown": "no such name",
  "connection-refused": "connection refused",
  "connection-timeout": "no answer in time",
};

/** What went wrong at a hop, short enough for a table. */
export function wordsFor(error: unknown): string {
  if (!isFault(error)) return "no answer";
  return WORDS[error.code] ?? error.message.replace(/\.$/, "");
}

function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}

/** The catalogue's name for what a socket or TLS reports: one row a code. */
import { Fault, isFault } from "@tieline/fault";

export interface Where {
  host: string;
  port: number;
  /** The time that was allowed, for a time-out's text. */
  timeoutMs?: number;
}

type Make = (where: Where, reason: string, error: ErrorWithCode) => Fault;
type ErrorWithCode = Error & { code?: string; cert?: { subjectaltname?: string; subject?: { CN?: string } } };

const untrusted: Make = ({ host }, reason, cause) => new Fault("tls-untrusted", { host, reason }, { cause });
const expired: Make = ({ host }, reason, cause) => new Fault("tls-expired", { host, reason }, { cause });
const unknown: Make = ({ host, port }, reason, cause) => new Fault("name-unknown", { host, port, reason }, { cause });
const unreachable: Make = ({ host, port }, reason, cause) => new Fault("network-unreachable", { host, port, reason }, { cause });
const lost: Make = ({ host }, reason, cause) => new Fault("connection-lost", { host, reason }, { cause });
const timeout: Make = ({ host, port, timeoutMs }, _reason, cause) =>
  new Fault("connection-timeout", { host, port, seconds: Math.round((timeoutMs ?? 0) / 1000) || "the allowed" }, { cause });

const ROWS: Readonly<Record<string, Make>> = {
  ENOTFOUND: unknown,
  EAI_AGAIN: unknown,
  EAI_FAIL: unknown,
  ECONNREFUSED: ({ host, port }, _reason, cause) => new Fault("connection-refused", { host, port }, { cause }),
  ETIMEDOUT: timeout,
  UND_ERR_CONNECT_TIMEOUT: timeout,
  UND_ERR_HEADERS_TIMEOUT: timeout,
  UND_ERR_BODY_TIMEOUT: timeout,
  ENETUNREACH: unreachable,
  EHOSTUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ECONNRESET: lost,
  ECONNABORTED: lost,
  EPIPE: lost,
  UND_ERR_SOCKET: lost,
  UND_ERR_CLOSED: lost,
  UND_ERR_DESTROYED: lost,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_REJECTED: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  INVALID_CA: untrusted,
  INVALID_PURPOSE: untrusted,
  CERT_REVOKED: untrusted,
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: expired,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }, _reason, cause) =>
    new Fault("tls-name-mismatch", { host, names: cause.cert?.subjectaltname ?? cause.cert?.subject?.CN ?? "none" }, { cause }),
};

/** Turns what was thrown below HTTP into a fault; one that is a fault already stays. */
export function networkFault(error: unknown, where: Where): Fault {
  if (isFault(error)) return error;
  if (!(error instanceof Error)) return new Fault("connection-lost", { host: where.host, reason: String(error) });
  if (error.name === "AbortError") return new Fault("interrupted", {}, { cause: error });
  // Happy eyeballs report all attempts at once; the first one tells the story.
  const one = (error instanceof AggregateError ? error.errors.find((e): e is Error => e instanceof Error) : undefined) ?? error;
  const coded = one as ErrorWithCode;
  const code = coded.code ?? (coded.cause as ErrorWithCode | undefined)?.code ?? "";
  const make = ROWS[code];
  if (make !== undefined) return make(where, readable(coded), coded);
  if (code === "EPROTO" || code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS")) {
    return new Fault("tls-failed", { host: where.host, port: where.port, reason: readable(coded) }, { cause: error });
  }
  return new Fault("connection-lost", { host: where.host, reason: readable(coded) }, { cause: error });
}

/** OpenSSL's lines carry source positions; people need the words. */
function readable(error: ErrorWithCode): string {
  const words = /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
  return (words ?? error.message).replace(/\s+/g, " ").trim().slice(0, 200);
}

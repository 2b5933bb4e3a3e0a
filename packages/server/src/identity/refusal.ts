/**
 * What the authorization server answers when it refuses: the faults of the catalogue in the shape that clients of the
 * vendor's know, and the library's own errors as such faults.
 */
import { isFault, Fault, type FaultCode } from "@tieline/fault";

/** The word in `error`, and `suberror`, by which programs decide what to do next (RFC 6749 5.2, RFC 8628 3.5). */
interface Word {
  error: string;
  suberror?: string;
}

const WORDS: Partial<Record<FaultCode, Word>> = {
  "aadsts-50011": { error: "invalid_request" },
  "aadsts-50020": { error: "invalid_grant" },
  "aadsts-50058": { error: "login_required" },
  "aadsts-50074": { error: "interaction_required", suberror: "basic_action" },
  "aadsts-50076": { error: "interaction_required", suberror: "basic_action" },
  "aadsts-50079": { error: "interaction_required", suberror: "basic_action" },
  "aadsts-50173": { error: "invalid_grant", suberror: "bad_token" },
  "aadsts-65001": { error: "invalid_grant", suberror: "consent_required" },
  "aadsts-65004": { error: "access_denied" },
  "aadsts-70002": { error: "invalid_client" },
  "aadsts-70003": { error: "unsupported_grant_type" },
  "aadsts-70011": { error: "invalid_scope" },
  "aadsts-70016": { error: "authorization_pending" },
  "aadsts-70019": { error: "expired_token" },
  "aadsts-70021": { error: "invalid_client" },
  "aadsts-700016": { error: "unauthorized_client" },
  "aadsts-700025": { error: "invalid_client" },
  "aadsts-700027": { error: "invalid_client" },
  "aadsts-7000112": { error: "unauthorized_client" },
  "aadsts-7000215": { error: "invalid_client" },
  "aadsts-7000218": { error: "invalid_client" },
  "aadsts-7000222": { error: "invalid_client" },
  "aadsts-90002": { error: "invalid_request" },
  "aadsts-90014": { error: "invalid_request" },
  "aadsts-90019": { error: "invalid_request" },
  "aadsts-90033": { error: "temporarily_unavailable" },
  "aadsts-90055": { error: "invalid_request" },
  "aadsts-500011": { error: "invalid_resource" },
  "aadsts-900144": { error: "invalid_request" },
  "aadsts-9002313": { error: "invalid_request" },
  "aadsts-9002325": { error: "invalid_request" },
  "modern-sign-in-off": { error: "unauthorized_client" },
  "sign-in-crowded": { error: "temporarily_unavailable" },
};

export interface Trace {
  traceId: string;
  /** The client's own, where it sent one. */
  correlationId: string;
  nowMs: number;
}

export interface RefusalBody {
  error: string;
  error_description: string;
  error_codes: number[];
  timestamp: string;
  trace_id: string;
  correlation_id: string;
  error_uri: string;
  suberror?: string;
}

/** The number behind AADSTS; 0 for a fault without one. */
export function refusalNumber(fault: Fault): number {
  return Number(/^aadsts-(\d+)$/.exec(fault.code)?.[1] ?? 0);
}

export function refusalWord(fault: Fault): string {
  return WORDS[fault.code]?.error ?? "invalid_grant";
}

/**
 * The body of a refusal. `word`: what the protocol asks for in `error` where that is not the fault's own.
 *
 * The address of `error_uri` leads back to this server; nothing is fetched from there by programs.
 */
export function refusalBody(fault: Fault, trace: Trace, host: string, word?: string): RefusalBody {
  const number = refusalNumber(fault);
  const stamp = new Date(trace.nowMs).toISOString().replace("T", " ").slice(0, 19) + "Z";
  const { suberror } = WORDS[fault.code] ?? {};
  return {
    error: word ?? refusalWord(fault),
    error_description: `${fault.message}\r\nTrace ID: ${trace.traceId}\r\nCorrelation ID: ${trace.correlationId}\r\nTimestamp: ${stamp}`,
    error_codes: number === 0 ? [] : [number],
    timestamp: stamp,
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
    error_uri: `https://${host}/error?code=${number}`,
    ...(suberror === undefined ? {} : { suberror }),
  };
}

/** Anything that was thrown, as what the peer may hear: the catalogue's refusals as they are, the store's as 90033. */
export function asRefusal(error: unknown): Fault {
  // What broke inside is no fault of the request's.
  if (!isFault(error) || error.layer === "store" || error.code === "secret-unreadable")
    return new Fault("aadsts-90033", {}, { cause: error });
  if (error.code === "account-locked" || error.code === "source-locked") {
    return new Fault("aadsts-50053", { seconds: (error.fields as { seconds: number }).seconds }, { cause: error });
  }
  return OURS.test(error.code) ? error : new Fault("aadsts-9002313", {}, { cause: error });
}

/** What a peer may read; other faults speak of the inside. */
const OURS =
  /^(aadsts-\d+|modern-sign-in-off|sign-in-finished|sign-in-federated|federation-provider-unreachable|federation-provider-refused)$/;

/** For our own log: what is behind a refusal that tells the peer little. */
export function causeOf(fault: Fault): string {
  return fault.cause instanceof Error ? `${fault.cause.name}: ${fault.cause.message}` : fault.message;
}

/** What the library threw, by its word and the detail that it keeps from clients. */
interface LibraryError {
  error: string;
  detail: string;
  description: string;
}

type Reading = readonly [error: string, detail: RegExp, fault: (said: LibraryError, facts: RequestFacts) => Fault];

/** What of the request a refusal's text names. */
export interface RequestFacts {
  appId: string;
  tenant: string;
  resource: string;
  redirectUri: string;
  grantType: string;
  scope: string;
}

const missing = /^missing required parameters? /i;

/** First fit wins. */
const READINGS: readonly Reading[] = [
  ["authorization_pending", /./, () => new Fault("aadsts-70016")],
  ["expired_token", /./, () => new Fault("aadsts-70019")],
  ["invalid_grant", /PKCE|code_verifier/i, () => new Fault("aadsts-501481")],
  ["invalid_grant", /refresh token is expired/i, () => new Fault("aadsts-700082")],
  ["invalid_grant", /expired/i, () => new Fault("aadsts-70008")],
  ["invalid_grant", /authorization code (already consumed|.*used)/i, () => new Fault("aadsts-54005")],
  ["invalid_grant", /referenced account not found/i, () => new Fault("aadsts-50173")],
  ["invalid_grant", /device code not found/i, () => new Fault("aadsts-70018")],
  ["invalid_grant", /redirect_uri/i, (_, facts) => new Fault("aadsts-50011", { address: facts.redirectUri, app: facts.appId })],
  ["invalid_grant", /./, (said) => new Fault("aadsts-70000", { what: said.detail })],
  ["invalid_redirect_uri", /./, (_, facts) => new Fault("aadsts-50011", { address: facts.redirectUri, app: facts.appId })],
  ["invalid_target", /./, (_, facts) => new Fault("aadsts-500011", { resource: facts.resource, tenant: facts.tenant })],
  ["invalid_scope", /./, (_, facts) => new Fault("aadsts-70011", { scope: facts.scope })],
  ["unsupported_grant_type", /./, (_, facts) => new Fault("aadsts-70003", { grant: facts.grantType })],
  [
    "invalid_request",
    missing,
    (said) => new Fault("aadsts-900144", { parameter: said.description.replace(missing, "").replace(/'/g, "") }),
  ],
  ["invalid_request", /grant type is not allowed/i, (_, facts) => new Fault("aadsts-70003", { grant: facts.grantType })],
  ["invalid_request", /redirect_uri/i, (_, facts) => new Fault("aadsts-50011", { address: facts.redirectUri, app: facts.appId })],
  ["invalid_request", /PKCE|code_challenge/i, () => new Fault("aadsts-9002325")],
  ["invalid_client", /client not found/i, (_, facts) => new Fault("aadsts-700016", { app: facts.appId, tenant: facts.tenant })],
  ["invalid_client", /./, (said) => new Fault("aadsts-70002", { what: said.description })],
  ["unauthorized_client", /./, (said) => new Fault("aadsts-70002", { what: said.description })],
  ["login_required", /./, () => new Fault("aadsts-50058")],
  ["consent_required", /./, (_, facts) => new Fault("aadsts-65001", { app: facts.appId, resource: facts.resource })],
  ["interaction_required", /./, () => new Fault("aadsts-50058")],
  ["access_denied", /./, (_, facts) => new Fault("aadsts-65004", { app: facts.appId })],
  ["session_not_found", /./, (said) => new Fault("aadsts-70044", { what: said.description })],
];

/** A fault for what the library threw, with the word that the protocol has for it. */
export function readLibraryError(thrown: unknown, facts: RequestFacts): { fault: Fault; word: string | undefined } {
  const { error, error_description, error_detail, cause } = thrown as Record<string, unknown>;
  if (isFault(thrown)) return { fault: asRefusal(thrown), word: undefined };
  if (isFault(cause)) return { fault: asRefusal(cause), word: undefined };
  const name = (thrown as Error).constructor.name === "SessionNotFound" ? "session_not_found" : String(error);
  const texts = [error_detail, error_description].filter((text) => typeof text === "string");
  const said: LibraryError = { error: name, detail: texts[0] ?? name, description: texts.at(-1) ?? name };
  const reading = READINGS.find(([word, detail]) => word === name && (detail.test(texts.join(" ")) || detail.source === "."));
  // Nor is what the library has no word of the protocol for.
  const code = typeof error === "string" && error !== "server_error" ? "aadsts-9002313" : "aadsts-90033";
  if (reading === undefined) return { fault: new Fault(code, {}, { cause: thrown }), word: undefined };
  return { fault: reading[2](said, facts), word: name === "session_not_found" ? "invalid_request" : name };
}

/**
 * How an application shows at the token endpoint that it is itself: by secret (in the body or as Basic, RFC 6749 2.3.1), by an
 * assertion that its certificate signed (RFC 7523 2.2; the vendor's clients name the certificate by `x5t` or `x5t#S256`), or by
 * a token that an issuer elsewhere gave to it (workload identity). A public client shows nothing.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWK } from "jose";
import { equalInConstantTime, type LogonGuard, type Sources } from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import type { Application, ApplicationCredential, Applications, FederatedCredential } from "./applications.ts";
import type { Artifacts } from "./artifacts.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_ASSERTION = 16_384;
/** Assertions that live longer are refused; the vendor's clients ask for ten minutes. */
const MAX_ASSERTION_LIFE_S = 24 * 60 * 60;

/** Reads the keys of an issuer elsewhere. */
export type KeyReader = (jwksUri: string) => Promise<readonly JWK[]>;

export interface ClientAuthenticationOptions {
  applications: Applications;
  artifacts: Artifacts;
  tenant: string;
  guard: LogonGuard;
  sources: Sources;
  skewSeconds: number;
  /** Left out: federated credentials must hold their keys themselves. */
  readKeys?: KeyReader | undefined;
}

export interface PresentedClient {
  /** The request's body. */
  parameters: URLSearchParams;
  /** The Authorization header. */
  authorization: string | undefined;
  /** What an assertion may be addressed to. */
  audiences: readonly string[];
  address: string;
}

/**
 * The application, and whether it has proved to be itself (a public one has not).
 *
 * @throws Fault `aadsts-900144`, `aadsts-700016`, `aadsts-7000112`, `aadsts-700025`, `aadsts-7000215`, `aadsts-7000218`, `aadsts-7000222`, `aadsts-700027`, `aadsts-70021`
 */
export async function authenticateClient(
  presented: PresentedClient,
  options: ClientAuthenticationOptions,
): Promise<{ application: Application; isProven: boolean }> {
  const { parameters } = presented;
  const basic = basicClient(presented.authorization);
  const assertion = parameters.get("client_assertion") ?? undefined;
  const appId = parameters.get("client_id") ?? basic?.id ?? (assertion === undefined ? undefined : subjectOf(assertion));
  if (appId === undefined || appId === "") throw new Fault("aadsts-900144", { parameter: "client_id" });
  const application = await options.applications.find(appId);
  if (application === undefined) throw new Fault("aadsts-700016", { app: appId.slice(0, 64), tenant: options.tenant });
  if (!application.enabled) throw new Fault("aadsts-7000112", { app: application.appId });
  const secret = parameters.get("client_secret") ?? basic?.secret;
  if (application.isPublic) {
    if (secret !== undefined || assertion !== undefined) throw new Fault("aadsts-700025", { app: application.appId });
    return { application, isProven: false };
  }
  if (secret === undefined && assertion === undefined) throw new Fault("aadsts-7000218");
  if (basic !== undefined && basic.id.toLowerCase() !== application.appId) throw new Fault("aadsts-70002", { what: "two client ids" });
  // By address too: nobody can guess a secret of 240 bits, and nobody else shall be able to lock the application out.
  const attempt = options.guard.admit(`application ${application.appId} ${presented.address}`, presented.address, options.sources.nowMs());
  try {
    const credentials = await options.applications.credentials(application.appId);
    if (assertion === undefined) checkSecret(application, credentials, secret as string, options);
    else await checkAssertion(application, credentials, assertion, presented, options);
    attempt.succeeded(options.sources.nowMs());
  } catch (error) {
    if (isFault(error) && error.code.startsWith("aadsts-")) attempt.failed(options.sources.nowMs());
    else attempt.abandoned();
    throw error;
  }
  return { application, isProven: true };
}

function checkSecret(
  { appId }: Application,
  credentials: readonly ApplicationCredential[],
  secret: string,
  { applications, sources }: ClientAuthenticationOptions,
): void {
  const digest = Buffer.from(applications.secretDigest(appId, secret));
  const found = credentials.find((each) => each.kind === "secret" && equalInConstantTime(Buffer.from(each.digest), digest));
  if (found === undefined) throw new Fault("aadsts-7000215", { app: appId });
  const now = sources.nowMs();
  if (found.untilMs <= now || found.fromMs > now) throw new Fault("aadsts-7000222", { app: appId });
}

async function checkAssertion(
  application: Application,
  credentials: readonly ApplicationCredential[],
  assertion: string,
  presented: PresentedClient,
  options: ClientAuthenticationOptions,
): Promise<void> {
  const { appId } = application;
  const failed = (what: string, cause?: unknown): Fault => new Fault("aadsts-700027", { app: appId, what }, { cause });
  if (presented.parameters.get("client_assertion_type") !== ASSERTION_TYPE) throw failed("client_assertion_type is not that of a JWT");
  if (assertion.length > MAX_ASSERTION) throw failed(`it has ${assertion.length} characters`);
  let issuer: string;
  try {
    decodeProtectedHeader(assertion);
    issuer = textOf(decodeJwt(assertion).iss);
  } catch (cause) {
    throw failed("it is not a JWT", cause);
  }
  if (issuer.toLowerCase() !== appId) return checkFederated(application, credentials, assertion, options);
  const { key, certificate } = signer(assertion, credentials, failed);
  const now = options.sources.nowMs();
  if (certificate.untilMs <= now || certificate.fromMs > now) throw new Fault("aadsts-7000222", { app: appId });
  const { payload } = await jwtVerify(assertion, key, {
    algorithms: ["PS256", "RS256"],
    audience: [...presented.audiences],
    requiredClaims: ["exp", "sub"],
    clockTolerance: options.skewSeconds,
    currentDate: new Date(now),
  }).catch((cause: unknown) => {
    throw failed((cause as Error).message, cause);
  });
  if (payload.sub?.toLowerCase() !== appId) throw failed("its subject is another application");
  const exp = payload.exp as number;
  if (exp > now / 1000 + MAX_ASSERTION_LIFE_S) throw failed("it is valid for more than a day");
  // Without an id what was signed stands for it: a signature has several spellings.
  const nonce = payload.jti ?? assertion.slice(0, assertion.lastIndexOf("."));
  const untilMs = (exp + options.skewSeconds) * 1000;
  if (!(await options.artifacts.once(options.tenant, "ClientAssertion", `${appId} ${nonce}`, untilMs))) throw failed("it was used before");
}

/** The certificate that the header names; never a key from the header itself. */
function signer(
  assertion: string,
  credentials: readonly ApplicationCredential[],
  failed: (what: string) => Fault,
): { key: KeyObject; certificate: ApplicationCredential } {
  const header = decodeProtectedHeader(assertion) as { x5t?: unknown; "x5t#S256"?: unknown; kid?: unknown };
  const names = (hex: string, value: unknown): boolean =>
    typeof value === "string" &&
    (value.toLowerCase() === hex.toLowerCase() || Buffer.from(value, "base64url").toString("hex") === hex.toLowerCase());
  for (const each of credentials) {
    if (each.kind !== "certificate") continue;
    const [sha1, sha256] = [each.certificate.fingerprint, each.certificate.fingerprint256].map((text) =>
      text.replaceAll(":", "").toLowerCase(),
    );
    if (
      names(sha256 ?? "", header["x5t#S256"]) ||
      names(sha1 ?? "", header.x5t) ||
      names(sha1 ?? "", header.kid) ||
      names(sha256 ?? "", header.kid)
    ) {
      return { key: each.certificate.publicKey, certificate: each };
    }
  }
  throw failed("the certificate that it names by thumbprint is not registered");
}

async function checkFederated(
  { appId }: Application,
  credentials: readonly ApplicationCredential[],
  assertion: string,
  options: ClientAuthenticationOptions,
): Promise<void> {
  const claims = decodeJwt(assertion);
  const [iss, sub] = [textOf(claims.iss), textOf(claims.sub)];
  const noMatch = (cause?: unknown): Fault =>
    new Fault("aadsts-70021", { issuer: iss.slice(0, 256), subject: sub.slice(0, 256) }, { cause });
  const audiences = [claims.aud ?? ""].flat();
  const match = credentials.find(
    (each) =>
      each.kind === "federated" &&
      each.federated.issuer === iss &&
      each.federated.subject === sub &&
      audiences.includes(each.federated.audience),
  );
  if (match?.kind !== "federated") throw noMatch();
  const keys = await keysOf(match.federated, options.readKeys).catch((cause: unknown) => {
    throw new Fault("aadsts-700027", { app: appId, what: `the issuer's keys cannot be read: ${(cause as Error).message}` }, { cause });
  });
  await jwtVerify(assertion, createLocalJWKSet({ keys: keys.map((key) => publicHalf(key)) }), {
    algorithms: ["RS256", "PS256", "ES256"],
    issuer: match.federated.issuer,
    audience: match.federated.audience,
    subject: match.federated.subject,
    requiredClaims: ["exp"],
    clockTolerance: options.skewSeconds,
    currentDate: new Date(options.sources.nowMs()),
  }).catch((cause: unknown) => {
    throw new Fault("aadsts-700027", { app: appId, what: (cause as Error).message }, { cause });
  });
}

async function keysOf(federated: FederatedCredential, readKeys: KeyReader | undefined): Promise<readonly JWK[]> {
  if (federated.keys !== undefined) return federated.keys;
  return federated.jwksUri === undefined || readKeys === undefined ? [] : readKeys(federated.jwksUri);
}

/** A symmetric key in the list would turn a signature into a guess. */
function publicHalf(key: JWK): JWK {
  const made = createPublicKey({ key, format: "jwk" }).export({ format: "jwk" }) as JWK;
  return { ...made, ...(key.kid === undefined ? {} : { kid: key.kid }), ...(key.alg === undefined ? {} : { alg: key.alg }) };
}

/** A stranger may have put anything there. */
function textOf(claim: unknown): string {
  return typeof claim === "string" ? claim : "";
}

function basicClient(authorization: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  try {
    return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

/** RFC 6749 2.3.1: both halves are form-encoded. */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function subjectOf(assertion: string): string | undefined {
  try {
    return textOf(decodeJwt(assertion).sub);
  } catch {
    return undefined;
  }
}

/** A provider's id token, judged (OpenID Connect Core 1.0 section 3.1.3.7): pure but for the signature's arithmetic. */
import { equalInConstantTime } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { decodeProtectedHeader, importJWK, jwtVerify, type JWK, type JWTPayload } from "jose";

/** Signatures with a key pair alone: whoever knows the client's secret is not the provider. */
const ALGORITHMS = ["RS256", "ES256", "PS256"] as const;

export interface IdTokenTerms {
  issuer: string;
  clientId: string;
  nonce: string;
  nowMs: number;
  skewSeconds: number;
  /** Where the application wants a fresh sign-in: how old it may be. */
  maxAgeSeconds?: number | undefined;
  /** The provider's keys with this id. */
  keys: (kid: string) => Promise<readonly JWK[]>;
}

/** @throws Fault `aadsts-50008`, and what `keys` throws */
export async function verifyIdToken(token: string, terms: IdTokenTerms): Promise<JWTPayload> {
  const { issuer, clientId, nowMs, skewSeconds } = terms;
  const refused = (what: string, cause?: unknown): Fault => new Fault("aadsts-50008", { issuer, what }, { cause });
  const { kid, alg } = header(token, refused);
  const jwk = (await terms.keys(kid)).find((each) => fits(each, kid, alg));
  if (jwk === undefined) throw refused(`the provider publishes no key for ${alg} with the id ${kid.slice(0, 64)}`);
  let payload: JWTPayload;
  try {
    const key = await importJWK({ ...jwk, alg }, alg);
    ({ payload } = await jwtVerify(token, key, {
      issuer,
      audience: clientId,
      algorithms: [alg],
      requiredClaims: ["exp", "iat", "sub", "nonce"],
      clockTolerance: skewSeconds,
      currentDate: new Date(nowMs),
    }));
  } catch (cause) {
    throw refused((cause as Error).message, cause);
  }
  const now = Math.floor(nowMs / 1000);
  const { nonce, azp, aud, iat, auth_time: authTime } = payload;
  if (typeof nonce !== "string" || !equalInConstantTime(Buffer.from(nonce), Buffer.from(terms.nonce))) {
    throw refused("its nonce is that of another sign-in");
  }
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined) throw refused("it has several audiences and says not for whom it is");
  if (azp !== undefined && azp !== clientId) throw refused("it is for another client");
  if ((iat as number) > now + skewSeconds) throw refused("it was issued in the future");
  if (terms.maxAgeSeconds !== undefined) {
    if (typeof authTime !== "number") throw refused("it says not when the user signed in");
    if (authTime + terms.maxAgeSeconds + skewSeconds < now) throw refused("the user signed in too long ago");
  }
  return payload;
}

function header(token: string, refused: (what: string, cause?: unknown) => Fault): { kid: string; alg: string } {
  let found: ReturnType<typeof decodeProtectedHeader>;
  try {
    found = decodeProtectedHeader(token);
  } catch (cause) {
    throw refused("it is no signed token", cause);
  }
  const { kid, alg } = found;
  if (alg === undefined || !(ALGORITHMS as readonly string[]).includes(alg)) {
    throw refused(`its algorithm is ${String(alg).slice(0, 16)}, not one of ${ALGORITHMS.join(", ")}`);
  }
  if (typeof kid !== "string" || kid === "") throw refused("it names no key");
  return { kid, alg };
}

/** A key for one algorithm is none for another, whatever a token says (RFC 8725 3.1). */
function fits(jwk: JWK, kid: string, alg: string): boolean {
  if (jwk.kid !== kid || (jwk.use !== undefined && jwk.use !== "sig") || (jwk.alg !== undefined && jwk.alg !== alg)) return false;
  return alg === "ES256" ? jwk.kty === "EC" && jwk.crv === "P-256" : jwk.kty === "RSA";
}

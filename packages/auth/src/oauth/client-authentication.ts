/**
 * How a client shows who it is at the token endpoint: not at all (a public client), by secret, by an assertion that its
 * certificate's key signs (RFC 7523 2.2), or by another issuer's assertion (a workload's identity).
 */
import { createHash, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { base64url } from "./pkce.ts";
import { draw, type Sources } from "../sources.ts";

export type ClientAuthentication =
  | { readonly kind: "public" }
  | { readonly kind: "secret"; readonly secret: string }
  | ({ readonly kind: "certificate" } & SigningCertificate)
  | { readonly kind: "assertion"; readonly assertion: string };

export interface SigningCertificate {
  /** The certificate in DER. */
  readonly certificate: Uint8Array;
  /** Its RSA key. */
  readonly key: KeyObject;
  /** Default RS256, which every authority reads. */
  readonly algorithm?: "RS256" | "PS256";
}

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** An assertion is used at once; authorities refuse those that live long. */
const ASSERTION_LIFETIME_S = 10 * 60;

/** The parameters that stand beside the grant. */
export async function clientParameters(
  client: ClientAuthentication,
  clientId: string,
  audience: URL,
  sources: Sources,
): Promise<Record<string, string>> {
  switch (client.kind) {
    case "public":
      return {};
    case "secret":
      return { client_secret: client.secret };
    case "certificate":
      return { client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(client, clientId, audience, sources) };
    case "assertion":
      return { client_assertion_type: ASSERTION_TYPE, client_assertion: client.assertion };
  }
}

/** A JWT that the certificate's key signs; both thumbprints are named, since authorities look for one or the other. */
export async function clientAssertion(signing: SigningCertificate, clientId: string, audience: URL, sources: Sources): Promise<string> {
  const now = Math.floor(sources.nowMs() / 1000);
  return new SignJWT({ aud: audience.href, iss: clientId, sub: clientId, jti: base64url(draw(sources, 16)) })
    .setProtectedHeader({
      alg: signing.algorithm ?? "RS256",
      typ: "JWT",
      x5t: base64url(createHash("sha1").update(signing.certificate).digest()),
      "x5t#S256": base64url(createHash("sha256").update(signing.certificate).digest()),
    })
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + ASSERTION_LIFETIME_S)
    .sign(signing.key);
}

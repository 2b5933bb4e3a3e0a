/** An identity provider that says what a test wants: its keys, its tokens, its errors. It listens nowhere. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT, type JWK } from "jose";
import type { ProviderAnswer, ProviderRequests } from "./provider-requests.ts";

export interface SigningKey {
  kid: string;
  alg: string;
  key: KeyObject | Uint8Array;
  jwk?: JWK;
}

export function signingKey(kid: string, alg: "RS256" | "PS256" | "ES256" = "RS256"): SigningKey {
  const { privateKey, publicKey } =
    alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, alg, key: privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg } };
}

export class ScriptedProvider implements ProviderRequests {
  readonly issuer: string;
  readonly clientId = "our-directory";
  key: SigningKey = signingKey("one");
  published: readonly (JWK | undefined)[] = [this.key.jwk];
  /** What the token endpoint answers next. */
  answer: ProviderAnswer | Error = { status: 500, document: undefined };
  /** The forms that came there. */
  readonly forms: Readonly<Record<string, string>>[] = [];
  keysAsked = 0;
  isDown = false;

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  get addresses(): { issuer: string; authorizationUrl: string; tokenUrl: string; keysUrl: string; logoffUrl: null; namesIssuer: boolean } {
    const { issuer } = this;
    return {
      issuer,
      authorizationUrl: `${issuer}/authorize?tenant=7`,
      tokenUrl: `${issuer}/token`,
      keysUrl: `${issuer}/keys`,
      logoffUrl: null,
      namesIssuer: true,
    };
  }

  async get(): Promise<ProviderAnswer> {
    await Promise.resolve();
    this.keysAsked += 1;
    if (this.isDown) throw new Error("down");
    return { status: 200, document: { keys: this.published } };
  }

  async post(_: URL, form: Readonly<Record<string, string>>): Promise<ProviderAnswer> {
    await Promise.resolve();
    this.forms.push(form);
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }

  /** What a token of this sign-in says, unless a test wants it otherwise. */
  claims(led: URL, user: string, nowMs: number): Record<string, unknown> {
    const now = Math.floor(nowMs / 1000);
    return {
      iss: this.issuer,
      aud: this.clientId,
      sub: "subject of the provider",
      nonce: led.searchParams.get("nonce"),
      iat: now,
      exp: now + 600,
      upn: user,
    };
  }

  async signs(claims: Record<string, unknown>, header: Record<string, unknown> = {}, key = this.key): Promise<void> {
    this.gives(await new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header } as { alg: string }).sign(key.key));
  }

  gives(token: string): void {
    this.answer = { status: 200, document: { id_token: token, access_token: "not used", token_type: "Bearer" } };
  }

  /** The address to which it sends the browser back. */
  back(led: URL, changes: Record<string, string | null> = {}): string {
    const url = new URL(led.searchParams.get("redirect_uri") ?? "");
    const parameters = { code: "a code", state: led.searchParams.get("state"), iss: this.issuer, ...changes };
    for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
    return url.pathname + url.search;
  }
}

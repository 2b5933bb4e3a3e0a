/**
 * The deployment's application signs in by its certificate (RFC 7523): where, an endpoint of the service says itself when it is asked
 * without a token. Certificate and key are held, and shown to nobody.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import {
  authorityOf,
  readChallenge,
  requestToken,
  type Authority,
  type Sources,
  type TargetChallenge,
  type TokenRequest,
} from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { get, postForm, type Dialler } from "@tieline/net";

export interface DeploymentApplication {
  /** A domain of the tenant, or its id. */
  tenant: string;
  appId: string;
  /** PEM. */
  certificate: string;
  /** PEM, without a passphrase. */
  privateKey: string;
}

export interface SignInSurroundings {
  dialler: Dialler;
  sources: Sources;
}

export interface ServiceToken {
  text: string;
  /** When another has to be asked for, ms since 1970. */
  renewAtMs: number;
}

/** The endpoint that a token is for. */
export interface SignInTarget {
  url: string;
  /** Where tokens are had, an address as in challenges; default: what the endpoint says. */
  authority?: string | undefined;
  /** The fault for an endpoint that says nothing of it. */
  unexpected: (status: number) => Fault;
}

/** A token is renewed so long before it ends. */
const EARLY_MS = 120_000;

export class ApplicationSignIn {
  readonly #application: DeploymentApplication;
  readonly #target: SignInTarget;
  readonly #surroundings: SignInSurroundings;
  readonly #certificate: Uint8Array;
  readonly #key: KeyObject;
  #authority: Authority | undefined;
  #token: ServiceToken | undefined;

  /** @throws Fault `sync-certificate` */
  constructor(application: DeploymentApplication, target: SignInTarget, surroundings: SignInSurroundings) {
    this.#application = application;
    this.#target = target;
    this.#surroundings = surroundings;
    [this.#certificate, this.#key] = readPair(application);
  }

  /** The last one while it lasts. @throws Fault that the target has for it, those of token requests and of the transport's layers */
  async token(isRefused: boolean): Promise<string> {
    if (isRefused || this.#token === undefined || this.#token.renewAtMs <= this.#surroundings.sources.nowMs())
      this.#token = await this.newToken();
    return this.#token.text;
  }

  /** @throws Fault as `token` */
  async newToken(): Promise<ServiceToken> {
    this.#authority ??= await this.#findAuthority();
    return tokenBy(
      {
        authority: this.#authority,
        clientId: this.#application.appId,
        client: { kind: "certificate", certificate: this.#certificate, key: this.#key },
        resource: this.#target.url.replace(/\/$/, ""),
        grant: { kind: "client" },
      },
      this.#surroundings,
    );
  }

  async #findAuthority(): Promise<Authority> {
    const { authority } = this.#target;
    const said = authority === undefined ? (await challengeOf(this.#target, this.#surroundings)).authorizationUri : new URL(authority);
    return authorityOf(said, this.#application.tenant);
  }
}

/** Who gives tokens for an endpoint, and to which client: it is asked without one, and must answer 401. @throws Fault that the target has for it */
export async function challengeOf(
  { url, unexpected }: SignInTarget,
  { dialler }: SignInSurroundings,
): Promise<TargetChallenge & { authorizationUri: URL }> {
  const answer = await get(dialler, new URL(url));
  if (answer.status !== 401) throw unexpected(answer.status);
  const { authorizationUri, ...challenge } = readChallenge(answer);
  if (authorizationUri === undefined) throw unexpected(answer.status);
  return { ...challenge, authorizationUri };
}

/** @throws Fault of the authority's answers and of the transport */
export async function tokenBy(request: TokenRequest, { dialler, sources }: SignInSurroundings): Promise<ServiceToken> {
  const answer = await requestToken(request, (url, form, headers) => postForm(dialler, url, form, { headers }), sources);
  return { text: answer.accessToken, renewAtMs: sources.nowMs() + answer.expiresInSeconds * 1000 - EARLY_MS };
}

function readPair({ certificate, privateKey }: DeploymentApplication): [Uint8Array, KeyObject] {
  let pair: { certificate: X509Certificate; key: KeyObject };
  try {
    pair = { certificate: new X509Certificate(certificate), key: createPrivateKey(privateKey) };
  } catch (error) {
    // OpenSSL's words say what is wrong with the text, and quote none of it.
    throw new Fault("sync-certificate", { reason: error instanceof Error ? error.message : "it cannot be read" });
  }
  if (pair.key.asymmetricKeyType !== "rsa") throw new Fault("sync-certificate", { reason: "the key is no RSA key" });
  if (!pair.certificate.checkPrivateKey(pair.key)) throw new Fault("sync-certificate", { reason: "the key is not the certificate's" });
  return [new Uint8Array(pair.certificate.raw), pair.key];
}

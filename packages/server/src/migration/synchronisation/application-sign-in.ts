/**
 * The deployment's application signs in by its certificate (RFC 7523): where, the provisioning endpoint says itself when it is asked
 * without a token. Certificate and key are held, and shown to nobody.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { authorityOf, readChallenge, requestToken, type Authority, type Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { get, postForm, type Dialler } from "@tieline/net";

/** Where a deployment synchronises to, and as whom. */
export interface SynchronisationTarget {
  /** `https://HOST/provisioning`. */
  url: string;
  /** A domain of the tenant, or its id. */
  tenant: string;
  appId: string;
  /** PEM. */
  certificate: string;
  /** PEM, without a passphrase. */
  privateKey: string;
  /** Where tokens are had, an address as in challenges; default: what the endpoint says. */
  authority?: string | undefined;
}

/** A token is renewed so long before it ends. */
const EARLY_MS = 60_000;

export class ApplicationSignIn {
  readonly #dialler: Dialler;
  readonly #target: SynchronisationTarget;
  readonly #sources: Sources;
  readonly #certificate: Uint8Array;
  readonly #key: KeyObject;
  #authority: Authority | undefined;
  #token: { text: string; untilMs: number } | undefined;

  /** @throws Fault `sync-certificate` */
  constructor(dialler: Dialler, target: SynchronisationTarget, sources: Sources) {
    this.#dialler = dialler;
    this.#target = target;
    this.#sources = sources;
    [this.#certificate, this.#key] = readPair(target);
  }

  /** @throws Fault `sync-challenge`, those of token requests and of the transport's layers */
  async token(isRefused: boolean): Promise<string> {
    if (!isRefused && this.#token !== undefined && this.#token.untilMs > this.#sources.nowMs()) return this.#token.text;
    this.#authority ??= await this.#findAuthority();
    const { accessToken, expiresInSeconds } = await requestToken(
      {
        authority: this.#authority,
        clientId: this.#target.appId,
        client: { kind: "certificate", certificate: this.#certificate, key: this.#key },
        resource: this.#target.url.replace(/\/$/, ""),
        grant: { kind: "client" },
      },
      (url, form, headers) => postForm(this.#dialler, url, form, { headers }),
      this.#sources,
    );
    this.#token = { text: accessToken, untilMs: this.#sources.nowMs() + expiresInSeconds * 1000 - EARLY_MS };
    return accessToken;
  }

  async #findAuthority(): Promise<Authority> {
    const { url, tenant, authority } = this.#target;
    if (authority !== undefined) return authorityOf(new URL(authority), tenant);
    const answer = await get(this.#dialler, new URL(url));
    const { authorizationUri } = answer.status === 401 ? readChallenge(answer) : {};
    if (authorizationUri === undefined) throw new Fault("sync-challenge", { url, status: answer.status });
    return authorityOf(authorizationUri, tenant);
  }
}

function readPair({ certificate, privateKey }: SynchronisationTarget): [Uint8Array, KeyObject] {
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

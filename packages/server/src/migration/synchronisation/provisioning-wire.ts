/** How requests reach the provisioning endpoint: HTTPS on one connection, signed in as the deployment's own application. */
import { Fault } from "@tieline/fault";
import { PinnedClient, type Dialler } from "@tieline/net";
import type { ApplicationSignIn } from "../application-sign-in.ts";
import { VERSION } from "./contract.ts";

export interface WireAnswer {
  status: number;
  /** What the answer says of when to come again, in seconds; undefined where it says nothing. */
  retryAfterSeconds?: number | undefined;
  body: Uint8Array;
}

/** One request, one answer; a test's is a function. */
export interface ProvisioningWire extends AsyncDisposable {
  /** For people and faults. */
  readonly host: string;
  /** @param path below the version: `/runs` @throws Fault of the transport's and of sign-in's layers */
  send(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal | undefined): Promise<WireAnswer>;
}

/** For one answer: a batch is 500 objects in one transaction of the tenant. */
const TIMEOUT_MS = 120_000;
const MAX_ANSWER = 4 * 1024 * 1024;

export class HttpsWire implements ProvisioningWire {
  readonly host: string;
  readonly #client: PinnedClient;
  readonly #base: string;
  readonly #signIn: ApplicationSignIn;

  /** @param url `https://HOST/provisioning` */
  constructor(dialler: Dialler, url: URL, signIn: ApplicationSignIn) {
    this.host = url.host;
    this.#client = new PinnedClient(dialler, url, { maxBodyBytes: MAX_ANSWER });
    this.#base = `${url.pathname.replace(/\/$/, "")}/${VERSION}`;
    this.#signIn = signIn;
  }

  async send(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal | undefined): Promise<WireAnswer> {
    const answer = await this.#once(method, path, body, signal, await this.#signIn.token(false));
    // Revoked, or its signing key is gone: one with another token, and then the answer stands.
    return answer.status === 401 ? this.#once(method, path, body, signal, await this.#signIn.token(true)) : answer;
  }

  async #once(
    method: "GET" | "POST",
    path: string,
    body: object | undefined,
    signal: AbortSignal | undefined,
    token: string,
  ): Promise<WireAnswer> {
    const answer = await this.#client.request({
      method,
      path: this.#base + path,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      ...(signal === undefined ? {} : { signal }),
      timeoutMs: TIMEOUT_MS,
    });
    const seconds = Number(answer.headers["retry-after"]);
    return { status: answer.status, body: answer.body, retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}

/** An address that is https. @throws Fault `sync-challenge` */
export function provisioningAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") throw new Fault("sync-challenge", { url: text.slice(0, 256), status: 0 });
  return url;
}

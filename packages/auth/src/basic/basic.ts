/** Basic and Bearer as mechanisms: one token, one verdict. */
import { Fault } from "@tieline/fault";
import type { Acceptor, AcceptorStep, Initiator } from "../mechanism.ts";
import { fromUtf8, showable, toUtf8 } from "../octets.ts";
import { decodeBasic, encodeBasic, MAXIMUM_BASIC_BYTES, tokenInBasic, type BasicCredentials } from "./basic-credentials.ts";

/** An account as a port found it. */
export interface FoundAccount {
  readonly name: string;
  readonly domain?: string;
  readonly account?: unknown;
}

/**
 * Undefined for an unknown account and for a wrong password alike, after the same work (see `verifyPassword`). `source`: the
 * peer's address, where it is known.
 */
export type PasswordPort = (user: string, password: string, source?: string) => Promise<FoundAccount | undefined>;
/** Undefined for a token that is not valid here; it may throw a Fault that says more. `user`: the name beside the token, a hint only. */
export type TokenPort = (token: string, user: string | undefined) => Promise<FoundAccount | undefined>;

export class BasicInitiator implements Initiator {
  readonly mechanism = "basic";
  readonly done = true;
  readonly #credentials: BasicCredentials;

  constructor(credentials: BasicCredentials) {
    if (credentials.user === "" || credentials.password === "") throw new Fault("anonymous-refused", { mechanism: "Basic" });
    this.#credentials = credentials;
  }

  step(): Uint8Array {
    return encodeBasic(this.#credentials);
  }

  context(): undefined {
    return undefined;
  }
}

export class BearerInitiator implements Initiator {
  readonly mechanism = "bearer";
  readonly done = true;
  readonly #token: string;

  constructor(token: string) {
    if (token === "") throw new Fault("anonymous-refused", { mechanism: "Bearer" });
    this.#token = token;
  }

  step(): Uint8Array {
    return toUtf8(this.#token);
  }

  context(): undefined {
    return undefined;
  }
}

export interface BasicAcceptorOptions {
  /** Left out: Basic with a password is refused. */
  readonly password?: PasswordPort | undefined;
  /** Left out: a token in Basic is refused. */
  readonly token?: TokenPort | undefined;
}

/** Takes `user:password` (legacy) and a token in the password's place (not legacy). */
export class BasicAcceptor implements Acceptor {
  readonly #options: BasicAcceptorOptions;

  constructor(options: BasicAcceptorOptions) {
    this.#options = options;
  }

  async step(token: Uint8Array): Promise<AcceptorStep> {
    const credentials = decodeBasic(token);
    const inside = tokenInBasic(credentials);
    if (inside !== undefined) return judgeToken(this.#options.token, inside.token, inside.user);
    if (this.#options.password === undefined) throw off("Basic with a password");
    if (credentials.user === "" || credentials.password === "") throw new Fault("anonymous-refused", { mechanism: "Basic" });
    const found = await this.#options.password(credentials.user, credentials.password);
    if (found === undefined) throw new Fault("logon-failed", { user: showable(credentials.user) });
    return { done: true, identity: { ...found, mechanism: "basic", legacy: true } };
  }

  context(): undefined {
    return undefined;
  }
}

/** Takes a token (RFC 6750); what a token is, its port knows. */
export class BearerAcceptor implements Acceptor {
  readonly #token: TokenPort | undefined;

  constructor(token: TokenPort | undefined) {
    this.#token = token;
  }

  async step(token: Uint8Array): Promise<AcceptorStep> {
    const text = fromUtf8(token);
    if (text === undefined || token.length > MAXIMUM_BASIC_BYTES) {
      throw new Fault("token-malformed", { mechanism: "Bearer", what: text === undefined ? "not UTF-8" : `${token.length} bytes` });
    }
    return judgeToken(this.#token, text, undefined);
  }

  context(): undefined {
    return undefined;
  }
}

async function judgeToken(port: TokenPort | undefined, token: string, user: string | undefined): Promise<AcceptorStep> {
  if (port === undefined) throw off("a token");
  if (token === "") throw new Fault("anonymous-refused", { mechanism: "Bearer" });
  const found = await port(token, user);
  if (found === undefined) throw new Fault("logon-failed", { user: user === undefined ? "(token)" : showable(user) });
  return { done: true, identity: { ...found, mechanism: "bearer", legacy: false } };
}

function off(mechanism: string): Fault {
  return new Fault("mechanism-off", { mechanism, offered: "other mechanisms" });
}

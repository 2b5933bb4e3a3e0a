/**
 * Letting in over HTTP, the server's side: one object a connection. It is given each request's Authorization and says
 * who that is, what to challenge with, or why not; the guard counts, the policy decides what is offered.
 *
 * It sends nothing and waits for nothing: the caller answers 401 (or the fault's status) with the `headers` as
 * WWW-Authenticate, and holds a refusal back for `delayMs`. Requests of one connection are handed in one after another.
 */
import { Fault, isFault } from "@tieline/fault";
import { BasicAcceptor, BearerAcceptor, type FoundAccount, type PasswordPort, type TokenPort } from "../basic/basic.ts";
import { acceptCertificate, MUTUAL_PROFILE, type CertificatePort, type PeerCertificate } from "../certificate/client-certificate.ts";
import type { ChannelBindingPolicy } from "../channel-binding.ts";
import type { LogonAttempt, LogonGuard } from "../guard/logon-guard.ts";
import { DEFAULT_MECHANISM_POLICY, type MechanismPolicy } from "../guard/mechanism-policy.ts";
import type { Acceptor, AcceptorStep, Identity, SecurityContext } from "../mechanism.ts";
import { NegotiateAcceptor, type NegotiableAcceptor } from "../negotiate/acceptor.ts";
import { KERBEROS_OID, MS_KERBEROS_OID, NTLM_OID } from "../negotiate/tokens.ts";
import { NtlmAcceptor, type NtlmAcceptorOptions, type NtlmServerNames } from "../ntlm/acceptor.ts";
import { fromBase64, showable, toBase64, toUtf8 } from "../octets.ts";
import type { Sources } from "../sources.ts";
import { parseAuthorization, renderChallenge } from "./challenge.ts";

/** What a deployment puts behind the mechanisms; the same for all connections. */
export interface HttpAcceptorOptions {
  readonly sources: Sources;
  readonly policy?: Partial<MechanismPolicy>;
  readonly guard?: LogonGuard;
  /** Basic with a password. See `verifyPassword` and `VerifiedPasswords`. */
  readonly password?: PasswordPort;
  /** Tokens, in Bearer and in Basic. */
  readonly token?: TokenPort;
  /** As the mechanism asks, with the peer's address beside. */
  readonly ntlm?: (...asked: [...Parameters<NtlmAcceptorOptions["lookup"]>, source: string]) => ReturnType<NtlmAcceptorOptions["lookup"]>;
  readonly ntlmNames?: NtlmServerNames;
  /** Default true; see `NtlmAcceptorOptions.requireMic`. */
  readonly ntlmRequireMic?: boolean;
  /** How Kerberos is begun. See `kerberosAcceptor`. */
  readonly kerberos?:
    | ((options: { channelBinding?: Uint8Array | undefined; channelBindingPolicy: ChannelBindingPolicy }) => Acceptor)
    | undefined;
  readonly certificate?: CertificatePort;
  readonly channelBindingPolicy?: ChannelBindingPolicy;
  /** Basic and Bearer over plain http: default false. */
  readonly allowUnencrypted?: boolean;
  /** Default `WSMAN`. */
  readonly realm?: string;
  /** Parameters of the Bearer challenge: `client_id`, `authorization_uri` ... */
  readonly bearerParameters?: Readonly<Record<string, string>>;
  /**
   * One key for one account, however its name is written; for the guard. Default: the name, without regard to letter
   * case, `DOMAIN\` left out.
   */
  readonly accountKey?: (user: string, domain: string) => string | Promise<string>;
  /** True where that account (by its key) signed in from that address before; for the guard. Default: never. */
  readonly familiar?: (accountKey: string, source: string) => Promise<boolean>;
}

/** What is particular to the connection. */
export interface HttpConnectionFacts {
  /** True under TLS. */
  readonly secure: boolean;
  /** The peer's address, for the guard. */
  readonly source: string;
  readonly certificate?: PeerCertificate | undefined;
  /** Application data of the binding; see `tlsServerEndPoint` with the server's own certificate. */
  readonly channelBinding?: Uint8Array | undefined;
}

export type HttpVerdict =
  /** `headers`: the last token, for WWW-Authenticate of the 2xx answer. `context`: seals what follows on this connection. */
  | {
      readonly kind: "accepted";
      readonly identity: Identity;
      readonly context: SecurityContext | undefined;
      readonly headers: readonly string[];
    }
  /** Answer 401 with these and expect the next token on the same connection. */
  | { readonly kind: "continue"; readonly headers: readonly string[] }
  /** Answer with the fault's status (mostly 401) after the delay. */
  | { readonly kind: "refused"; readonly fault: Fault; readonly headers: readonly string[]; readonly delayMs: number };

export class HttpAcceptor {
  readonly #options: HttpAcceptorOptions;
  readonly #facts: HttpConnectionFacts;
  readonly #policy: MechanismPolicy;
  #exchange: { scheme: string; acceptor: Acceptor } | undefined;
  #bound: { identity: Identity; context: SecurityContext | undefined } | undefined;
  #attempt: LogonAttempt | undefined;

  constructor(options: HttpAcceptorOptions, facts: HttpConnectionFacts) {
    this.#options = options;
    this.#facts = facts;
    this.#policy = { ...DEFAULT_MECHANISM_POLICY, ...options.policy };
  }

  /** The connection's security context, once a mechanism that seals has let somebody in. */
  context(): SecurityContext | undefined {
    return this.#bound?.context;
  }

  /** Frees the context; for the end of the connection. */
  close(): void {
    this.#attempt?.abandoned();
    this.#exchange?.acceptor.context()?.close?.();
    this.#bound?.context?.close?.();
    this.#exchange = undefined;
    this.#bound = undefined;
  }

  /**
   * @param authorization the header's value, or undefined
   * @returns never throws for what the peer did; what a port throws beside authentication faults goes through
   */
  async receive(authorization: string | undefined): Promise<HttpVerdict> {
    try {
      if (authorization === undefined) {
        if (this.#bound !== undefined) return { kind: "accepted", ...this.#bound, headers: [] };
        throw new Fault("authentication-required", { offered: this.#offeredNames() });
      }
      return await this.#judge(authorization);
    } catch (error) {
      const lastWords = this.#lastWords();
      const fault = isFault(error) && (error.layer === "authentication" || error.layer === "permission") ? error : undefined;
      this.#exchange = undefined;
      const delayMs = this.#settle(fault);
      if (fault === undefined) throw error;
      return { kind: "refused", fault, headers: [...lastWords, ...this.challenges().slice(lastWords.length)], delayMs };
    }
  }

  /** The first challenge of a refusal, with what the mechanism has to say of it. */
  #lastWords(): string[] {
    const token68 = this.#exchange?.acceptor.lastWords;
    const scheme = this.#exchange?.scheme ?? "";
    // Only where it takes the place of the same challenge without a token.
    if (token68 === undefined || this.#schemes()[0] !== scheme) return [];
    return [renderChallenge({ scheme, token68: toBase64(token68) })];
  }

  /** The challenges of a first 401. */
  challenges(): string[] {
    const { realm = "WSMAN", bearerParameters } = this.#options;
    return this.#schemes().map((scheme) => {
      if (scheme === "Basic") return renderChallenge({ scheme, parameters: { realm } });
      return renderChallenge({ scheme, parameters: scheme === "Bearer" ? { realm, ...bearerParameters } : {} });
    });
  }

  #schemes(): string[] {
    const { basic, bearer } = this.#basicPorts();
    const inside = this.#negotiable();
    return [
      ...(inside.length > 0 ? ["Negotiate"] : []),
      ...(inside.some(({ mechanism }) => mechanism === "kerberos") ? ["Kerberos"] : []),
      ...(basic !== undefined || bearer !== undefined ? ["Basic"] : []),
      ...(bearer === undefined ? [] : ["Bearer"]),
    ];
  }

  #offeredNames(): string {
    const certificate = this.#policy.certificate && this.#options.certificate !== undefined ? ["client certificate"] : [];
    return [...this.#schemes(), ...certificate].join(", ") || "none on this connection";
  }

  /** Basic and Bearer show their secret: they are for TLS only, unless the deployment says otherwise. */
  #basicPorts(): { basic?: PasswordPort; bearer?: TokenPort } {
    const { password, token, allowUnencrypted = false } = this.#options;
    if (!this.#facts.secure && !allowUnencrypted) return {};
    return {
      ...(this.#policy.basic && password !== undefined ? { basic: password } : {}),
      ...(this.#policy.bearer && token !== undefined ? { bearer: token } : {}),
    };
  }

  async #judge(authorization: string): Promise<HttpVerdict> {
    const credentials = parseAuthorization(authorization);
    const scheme = credentials.scheme.toLowerCase();
    if (scheme === "credssp") throw new Fault("credssp-refused");
    if (credentials.scheme === MUTUAL_PROFILE) return this.#certificate();
    if (scheme === "bearer" || scheme === "basic") {
      const { basic, bearer } = this.#basicPorts();
      if (credentials.token68 === undefined) throw malformed("no credentials");
      if (scheme === "bearer") {
        if (bearer === undefined) throw this.#off("Bearer");
        return this.#accepted(await new BearerAcceptor(bearer).step(toUtf8(credentials.token68)));
      }
      if (basic === undefined && bearer === undefined) throw this.#off("Basic");
      const token = fromBase64(credentials.token68);
      if (token === undefined) throw malformed("no base64");
      return this.#accepted(await new BasicAcceptor({ password: basic && this.#guarded(basic), token: bearer }).step(token));
    }
    if ((scheme === "negotiate" || scheme === "kerberos") && this.#schemes().some((each) => each.toLowerCase() === scheme)) {
      const token = fromBase64(credentials.token68 ?? "");
      if (token === undefined || token.length === 0) throw malformed("no token");
      return this.#exchangeTokens(scheme === "negotiate" ? "Negotiate" : "Kerberos", token);
    }
    throw this.#off(showable(credentials.scheme));
  }

  async #exchangeTokens(scheme: string, token: Uint8Array): Promise<HttpVerdict> {
    if (this.#exchange?.scheme !== scheme) {
      // Somebody logs on anew on a connection that was let in: what was agreed before ends here.
      this.#bound?.context?.close?.();
      this.#bound = undefined;
      const inside = this.#negotiable().filter(({ mechanism }) => scheme === "Negotiate" || mechanism === "kerberos");
      this.#exchange = { scheme, acceptor: new NegotiateAcceptor(inside) };
    }
    const { acceptor } = this.#exchange;
    const step = await acceptor.step(token);
    const headers = step.token === undefined ? [] : [renderChallenge({ scheme, token68: toBase64(step.token) })];
    if (!step.done || step.identity === undefined) return { kind: "continue", headers };
    this.#exchange = undefined;
    this.#bound = { identity: step.identity, context: acceptor.context() };
    this.#settle(undefined, true);
    return { kind: "accepted", ...this.#bound, headers };
  }

  #negotiable(): NegotiableAcceptor[] {
    const { kerberos, ntlm, ntlmNames, ntlmRequireMic = true, sources, channelBindingPolicy = "when-present" } = this.#options;
    const { channelBinding } = this.#facts;
    const out: NegotiableAcceptor[] = [];
    if (this.#policy.kerberos && kerberos !== undefined) {
      out.push({
        mechanism: "kerberos",
        oids: [KERBEROS_OID, MS_KERBEROS_OID],
        begin: () => kerberos({ channelBinding, channelBindingPolicy }),
      });
    }
    if (this.#policy.ntlm && ntlm !== undefined) {
      const lookup: NtlmAcceptorOptions["lookup"] = async (user, domain) => {
        await this.#admit(user, domain);
        return ntlm(user, domain, this.#facts.source);
      };
      out.push({
        mechanism: "ntlm",
        oids: [NTLM_OID],
        begin: () =>
          new NtlmAcceptor({
            sources,
            lookup,
            requireMic: ntlmRequireMic,
            channelBinding,
            channelBindingPolicy,
            ...(ntlmNames === undefined ? {} : { names: ntlmNames }),
          }),
      });
    }
    return out;
  }

  async #certificate(): Promise<HttpVerdict> {
    const { certificate, sources } = this.#options;
    if (!this.#policy.certificate || certificate === undefined) throw this.#off("a client certificate");
    const identity = await acceptCertificate(this.#facts.certificate, certificate, sources);
    return { kind: "accepted", identity, context: undefined, headers: [] };
  }

  #accepted(step: AcceptorStep): HttpVerdict {
    if (step.identity === undefined) throw malformed("incomplete credentials");
    this.#settle(undefined, true);
    return { kind: "accepted", identity: step.identity, context: undefined, headers: [] };
  }

  #guarded(port: PasswordPort): PasswordPort {
    return async (user, password): Promise<FoundAccount | undefined> => {
      const slash = user.indexOf("\\");
      await this.#admit(user.slice(slash + 1), slash < 0 ? "" : user.slice(0, slash));
      return port(user, password, this.#facts.source);
    };
  }

  async #admit(user: string, domain: string): Promise<void> {
    const { guard, accountKey, familiar, sources } = this.#options;
    const { source } = this.#facts;
    if (guard === undefined) return;
    const key = accountKey === undefined ? user : await accountKey(user, domain);
    const isFamiliar = (await familiar?.(key, source)) === true;
    this.#attempt?.abandoned();
    this.#attempt = guard.admit(key, source, sources.nowMs(), isFamiliar);
  }

  /** Tells the guard how the attempt ended; the delay that it asks for. */
  #settle(fault: Fault | undefined, good = false): number {
    const attempt = this.#attempt;
    if (attempt === undefined) return 0;
    this.#attempt = undefined;
    const now = this.#options.sources.nowMs();
    if (good) attempt.succeeded(now);
    else if (fault?.code === "logon-failed") return attempt.failed(now).delayMs;
    else attempt.abandoned();
    return 0;
  }

  #off(mechanism: string): Fault {
    return new Fault("mechanism-off", { mechanism, offered: this.#offeredNames() });
  }
}

function malformed(what: string): Fault {
  return new Fault("header-malformed", { header: "Authorization", what });
}

/**
 * Logging on over HTTP, the client's side: challenges in, Authorization values out. The caller sends the requests; for
 * Negotiate, Kerberos and NTLM all of an exchange, and what follows it, must go through one connection.
 *
 *     start() -> value or nothing -> request -> 401 -> respond(WWW-Authenticate) -> value -> request -> ... -> 2xx -> complete(WWW-Authenticate)
 */
import { Fault } from "@tieline/fault";
import { BasicInitiator, BearerInitiator } from "../basic/basic.ts";
import { basicWithToken } from "../basic/basic-credentials.ts";
import { MUTUAL_PROFILE } from "../certificate/client-certificate.ts";
import type { MechanismPolicy } from "../guard/mechanism-policy.ts";
import type { Initiator, SecurityContext } from "../mechanism.ts";
import { NegotiateInitiator, type NegotiableInitiator } from "../negotiate/initiator.ts";
import { KERBEROS_OID, MS_KERBEROS_OID, NTLM_OID } from "../negotiate/tokens.ts";
import { NtlmInitiator } from "../ntlm/initiator.ts";
import { fromBase64, showable, toBase64 } from "../octets.ts";
import type { Sources } from "../sources.ts";
import { splitUserName } from "../user-name.ts";
import { parseChallenges, renderAuthorization, type Challenge } from "./challenge.ts";

/** What the user has to show. */
export type Credential =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** An access token. In Basic it goes as `oauth`, or beside `user` where one is given. */
  | { readonly kind: "token"; readonly token: string; readonly user?: string }
  /** TLS shows it; the header only says so. */
  | { readonly kind: "certificate" }
  /** The Kerberos tickets that the user has on this machine. */
  | { readonly kind: "ticket" };

export type HttpScheme = "Negotiate" | "Kerberos" | "NTLM" | "Bearer" | "Basic" | "Certificate";

export interface HttpInitiatorOptions {
  readonly credential: Credential;
  readonly sources: Sources;
  /** True over TLS. Basic and Bearer are not sent without it, unless `allowUnencrypted`. */
  readonly secure: boolean;
  readonly allowUnencrypted?: boolean;
  /** What may be used; by default everything. */
  readonly permitted?: Partial<MechanismPolicy>;
  /** The only scheme to use, begun with the first request; without it the service's challenges decide. */
  readonly scheme?: HttpScheme;
  /** Service principal name, `HTTP/host`. */
  readonly targetName: string;
  readonly channelBinding?: Uint8Array | undefined;
  /** How Kerberos is begun; left out, it is not used. See `kerberosInitiator`. */
  readonly kerberos?:
    | ((options: { targetName: string; channelBinding?: Uint8Array | undefined; user?: string; password?: string }) => Initiator)
    | undefined;
}

/** The schemes from strong to weak. */
const STRENGTH: readonly HttpScheme[] = ["Certificate", "Negotiate", "Kerberos", "Bearer", "NTLM", "Basic"];

export class HttpInitiator {
  readonly #options: HttpInitiatorOptions;
  #scheme: HttpScheme | undefined;
  #initiator: Initiator | undefined;
  /** Tokens sent so far: a second challenge without a token means "no". */
  #sent = 0;

  constructor(options: HttpInitiatorOptions) {
    this.#options = options;
  }

  /** The scheme in use, once it is known. */
  get scheme(): HttpScheme | undefined {
    return this.#scheme;
  }

  /** True where the logon is bound to its connection, and later requests carry no Authorization. */
  get connectionBound(): boolean {
    return this.#scheme === "Negotiate" || this.#scheme === "Kerberos" || this.#scheme === "NTLM";
  }

  /** Signs and seals after `complete`; undefined where the mechanism cannot. */
  context(): SecurityContext | undefined {
    return this.#initiator?.done === true ? this.#initiator.context() : undefined;
  }

  /**
   * Authorization for the first request, or undefined: then send one without (an empty one, say) to hear the challenges.
   *
   * @throws Fault `no-common-mechanism`, `kerberos-unavailable`, `anonymous-refused`
   */
  async start(): Promise<string | undefined> {
    const { credential, scheme = credential.kind === "certificate" ? "Certificate" : undefined } = this.#options;
    if (scheme === undefined) return undefined;
    if (!this.#possible(scheme)) throw new Fault("no-common-mechanism", { offered: scheme, permitted: this.#permittedNames() });
    return this.#begin(scheme);
  }

  /**
   * Authorization for the next request, after a 401.
   *
   * @param headers all WWW-Authenticate values of the answer
   * @throws Fault `logon-failed` where the service does not accept what it got, `mechanism-off`, `no-common-mechanism`,
   *   `credssp-refused`, and those of the mechanisms
   */
  async respond(headers: readonly string[]): Promise<string> {
    const challenges = parseChallenges(headers);
    if (this.#scheme === undefined) return this.#begin(this.#choose(challenges));
    const scheme = this.#scheme;
    const mine = find(challenges, scheme);
    const token = tokenOf(mine);
    if (token === undefined || this.#initiator === undefined) {
      const offered = names(challenges);
      if (mine === undefined && scheme !== "Certificate") throw new Fault("mechanism-off", { mechanism: scheme, offered });
      throw new Fault("logon-failed", { user: this.#userName() });
    }
    // A service that goes on after our last token says no with its own words; only Negotiate has more to say then.
    if (this.#initiator.done) throw new Fault("logon-failed", { user: this.#userName() });
    return this.#send(scheme, await this.#initiator.step(token));
  }

  /**
   * After the service let us in: its last token, if any, is checked, so that it has proven itself, too.
   *
   * @throws Fault `downgrade-refused`, `message-integrity`
   */
  async complete(headers: readonly string[] = []): Promise<void> {
    const initiator = this.#initiator;
    if (initiator === undefined || initiator.done || this.#scheme === undefined) return;
    const token = tokenOf(find(parseChallenges(headers), this.#scheme));
    if (token !== undefined) await initiator.step(token);
    if (!initiator.done && initiator instanceof NegotiateInitiator) initiator.conclude();
    if (!initiator.done)
      throw new Fault("downgrade-refused", { mechanism: this.#scheme, what: "the service was done before the logon was" });
  }

  #choose(challenges: readonly Challenge[]): HttpScheme {
    const found = STRENGTH.find((scheme) => find(challenges, scheme) !== undefined && this.#possible(scheme));
    if (found !== undefined) return found;
    const offered = challenges.map(({ scheme }) => scheme.toLowerCase());
    if (offered.length > 0 && offered.every((scheme) => scheme === "credssp")) throw new Fault("credssp-refused");
    throw new Fault("no-common-mechanism", { offered: names(challenges), permitted: this.#permittedNames() });
  }

  #may(mechanism: keyof MechanismPolicy): boolean {
    return this.#options.permitted?.[mechanism] ?? true;
  }

  #possible(scheme: HttpScheme): boolean {
    const { credential, secure, allowUnencrypted = false, kerberos } = this.#options;
    const clear = secure || allowUnencrypted;
    const withKerberos =
      this.#may("kerberos") && kerberos !== undefined && (credential.kind === "password" || credential.kind === "ticket");
    const withNtlm = this.#may("ntlm") && credential.kind === "password";
    const byToken = credential.kind === "token" && this.#may("bearer");
    const rows: Readonly<Record<HttpScheme, boolean>> = {
      Certificate: credential.kind === "certificate" && this.#may("certificate") && secure,
      Negotiate: withKerberos || withNtlm,
      Kerberos: withKerberos,
      NTLM: withNtlm,
      Bearer: byToken && clear,
      Basic: clear && (byToken || (credential.kind === "password" && this.#may("basic"))),
    };
    return rows[scheme];
  }

  #permittedNames(): string {
    return STRENGTH.filter((scheme) => this.#possible(scheme)).join(", ") || "none with these credentials";
  }

  async #begin(scheme: HttpScheme): Promise<string> {
    this.#scheme = scheme;
    if (scheme === "Certificate") return renderAuthorization(MUTUAL_PROFILE);
    this.#initiator = this.#initiatorFor(scheme);
    return this.#send(scheme, await this.#initiator.step());
  }

  #initiatorFor(scheme: HttpScheme): Initiator {
    const { credential } = this.#options;
    if (scheme === "Kerberos") return this.#kerberos();
    if (scheme === "NTLM") return this.#ntlm();
    if (scheme === "Negotiate") {
      const mechanisms: NegotiableInitiator[] = [
        ...(this.#possible("Kerberos") ? [{ oids: [MS_KERBEROS_OID, KERBEROS_OID], begin: () => this.#kerberos() }] : []),
        ...(this.#possible("NTLM") ? [{ oids: [NTLM_OID], begin: () => this.#ntlm() }] : []),
      ];
      return new NegotiateInitiator(mechanisms);
    }
    if (credential.kind === "token")
      return scheme === "Bearer" ? new BearerInitiator(credential.token) : new BasicInitiator(basicWithToken(credential));
    if (credential.kind === "password") return new BasicInitiator(credential);
    throw new Fault("no-common-mechanism", { offered: scheme, permitted: this.#permittedNames() });
  }

  #kerberos(): Initiator {
    const { credential, kerberos, targetName, channelBinding } = this.#options;
    if (kerberos === undefined) throw new Fault("kerberos-unavailable", { reason: "it was not configured" });
    return kerberos({
      targetName,
      channelBinding,
      ...(credential.kind === "password" ? { user: credential.user, password: credential.password } : {}),
    });
  }

  #ntlm(): Initiator {
    const { credential, sources, targetName, channelBinding, secure } = this.#options;
    if (credential.kind !== "password") throw new Fault("anonymous-refused", { mechanism: "NTLM" });
    return new NtlmInitiator({
      ...splitUserName(credential.user),
      password: credential.password,
      sources,
      targetName,
      channelBinding,
      needsSealing: !secure,
    });
  }

  #send(scheme: HttpScheme, token: Uint8Array | undefined): string {
    if (token === undefined) throw new Fault("token-unexpected", { mechanism: scheme, what: "a challenge that leaves nothing to say" });
    this.#sent++;
    if (this.#sent > MAXIMUM_ROUNDS) throw new Fault("token-unexpected", { mechanism: scheme, what: "no end of challenges" });
    // Bearer's token is a token68 already (RFC 6750 2.1).
    return renderAuthorization(scheme, scheme === "Bearer" ? Buffer.from(token).toString("utf8") : toBase64(token));
  }

  #userName(): string {
    const { credential } = this.#options;
    if (credential.kind === "password") return showable(credential.user);
    return credential.kind === "token" ? showable(credential.user ?? "(token)") : `(${credential.kind})`;
  }
}

const MAXIMUM_ROUNDS = 10;

function find(challenges: readonly Challenge[], scheme: HttpScheme): Challenge | undefined {
  const same = challenges.filter((challenge) => challenge.scheme.toLowerCase() === scheme.toLowerCase());
  return same.find((challenge) => challenge.token68 !== undefined) ?? same[0];
}

/** The challenge's token, or undefined where it has none. */
function tokenOf(challenge: Challenge | undefined): Uint8Array | undefined {
  if (challenge?.token68 === undefined) return undefined;
  const token = fromBase64(challenge.token68);
  if (token === undefined) throw new Fault("header-malformed", { header: "WWW-Authenticate", what: "no base64" });
  return token;
}

function names(challenges: readonly Challenge[]): string {
  return showable([...new Set(challenges.map(({ scheme }) => scheme))].join(", ")) || "nothing";
}

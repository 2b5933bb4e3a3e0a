/**
 * Kerberos (RFC 4120, as GSS-API mechanism RFC 4121) at both ends, by the system's library. Tokens are raw; Negotiate
 * puts SPNEGO around them.
 */
import { Fault } from "@tieline/fault";
import type { FoundAccount } from "../basic/basic.ts";
import type { ChannelBindingPolicy } from "../channel-binding.ts";
import type { Acceptor, AcceptorStep, Initiator, SecurityContext } from "../mechanism.ts";
import { showable } from "../octets.ts";
import { splitUserName } from "../user-name.ts";
import { GSS_FLAG, GssError, loadGssLibrary, type GssLibrary, type Handle } from "./gss-library.ts";
import { KerberosSecurityContext } from "./kerberos-context.ts";
import { kerberosFault } from "./kerberos-fault.ts";

export interface KerberosInitiatorOptions {
  /** Service principal name, `HTTP/host`. */
  readonly targetName: string;
  readonly channelBinding?: Uint8Array | undefined;
  /** With a password: a ticket is asked for. Without: the tickets of the user on this machine, or those in `ccache`. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A credential cache, `FILE:/path`. */
  readonly ccache?: string | undefined;
  /** For tests: another library. */
  readonly library?: () => GssLibrary;
}

/** `alice@contoso.com` and `CONTOSO\alice` as a principal: realms are written in capitals. A bare name is of the default realm. */
export function principalOf(userName: string): string {
  const { user, domain } = splitUserName(userName);
  if (domain !== "") return `${user}@${domain.toUpperCase()}`;
  const at = user.lastIndexOf("@");
  return at < 0 ? user : `${user.slice(0, at)}@${user.slice(at + 1).toUpperCase()}`;
}

export class KerberosInitiator implements Initiator {
  readonly mechanism = "kerberos";
  readonly #options: KerberosInitiatorOptions;
  #library: GssLibrary | undefined;
  #handles: { target: Handle; credential: Handle | undefined } | undefined;
  #context: Handle | undefined;
  #security: KerberosSecurityContext | undefined;
  #done = false;

  /** @throws Fault `kerberos-unavailable` */
  constructor(options: KerberosInitiatorOptions) {
    this.#options = options;
    this.#library = (options.library ?? loadGssLibrary)();
  }

  get done(): boolean {
    return this.#done;
  }

  context(): SecurityContext | undefined {
    return this.#security;
  }

  /** @throws Fault `logon-failed`, `clock-skew`, `kerberos-failed`, `downgrade-refused` */
  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    const library = this.#library;
    if (library === undefined || this.#done)
      throw new Fault("token-unexpected", { mechanism: "Kerberos", what: "a message after the last" });
    if ((token === undefined) !== (this.#context === undefined)) {
      throw new Fault("token-unexpected", {
        mechanism: "Kerberos",
        what: token === undefined ? "no answer" : "an answer before the first message",
      });
    }
    try {
      this.#handles ??= await this.#acquire(library);
      // The library deletes the context when a step fails.
      const context = this.#context;
      this.#context = undefined;
      const result = await library.initiate({ context, ...this.#handles, channelBinding: this.#options.channelBinding, token });
      this.#context = result.context;
      if (result.done) this.#finish(library, result.context, result.flags);
      return result.token;
    } catch (error) {
      this.#release(library);
      this.#library = undefined;
      throw error instanceof Fault ? error : kerberosFault(error, this.#options.password === undefined ? undefined : this.#options.user);
    }
  }

  async #acquire(library: GssLibrary): Promise<{ target: Handle; credential: Handle | undefined }> {
    const { targetName, user, password, ccache } = this.#options;
    let credential: Handle | undefined;
    if (user !== undefined && password !== undefined) credential = await library.acquireWithPassword(principalOf(user), password);
    else if (ccache !== undefined) credential = await library.acquireFrom({ ccache });
    // GSS-API writes a service of a host as service@host.
    return { target: library.importName(targetName.replace("/", "@"), "hostBasedService"), credential };
  }

  #finish(library: GssLibrary, context: Handle, flags: number): void {
    const needed = GSS_FLAG.MUTUAL | GSS_FLAG.CONFIDENTIALITY | GSS_FLAG.INTEGRITY;
    if ((flags & needed) !== needed) {
      throw new Fault("downgrade-refused", { mechanism: "Kerberos", what: "no mutual authentication, or no sealing" });
    }
    this.#done = true;
    this.#security = new KerberosSecurityContext(library, context);
    this.#context = undefined;
    this.#release(library);
  }

  #release(library: GssLibrary): void {
    if (this.#context !== undefined) library.deleteContext(this.#context);
    this.#context = undefined;
    if (this.#handles === undefined) return;
    library.releaseName(this.#handles.target);
    if (this.#handles.credential !== undefined) library.releaseCredential(this.#handles.credential);
    this.#handles = undefined;
  }
}

/** For `HttpInitiatorOptions.kerberos`. */
export function kerberosInitiator(options: KerberosInitiatorOptions): Initiator {
  return new KerberosInitiator(options);
}

/** What a deployment has; the same for all connections. */
export interface KerberosServiceOptions {
  /** The service's keys. Left out: the system's default (KRB5_KTNAME, /etc/krb5.keytab). */
  readonly keytab?: string;
  /** `HTTP@host`. Left out: any key of the keytab will do. */
  readonly service?: string;
  /** The account behind a principal (`alice@CONTOSO.LOCAL`), or undefined where there is none. Left out: the principal itself. */
  readonly account?: (principal: string) => Promise<FoundAccount | undefined> | FoundAccount | undefined;
  readonly library?: () => GssLibrary;
}

interface Connection {
  readonly channelBinding?: Uint8Array | undefined;
  /** Default `when-present`. */
  readonly channelBindingPolicy?: ChannelBindingPolicy;
}

/**
 * For `HttpAcceptorOptions.kerberos`: makes an acceptor for each logon; the keys are read once.
 *
 * @example
 * ```ts
 * const kerberos = kerberosAcceptor({ keytab: "/etc/tieline/http.keytab" });
 * new HttpAcceptor({ sources: SYSTEM_SOURCES, kerberos }, facts);
 * ```
 */
export function kerberosAcceptor(options: KerberosServiceOptions): (connection: Connection) => Acceptor {
  let keys: Promise<Handle | undefined> | undefined;
  return (connection) => {
    const library = (options.library ?? loadGssLibrary)();
    const credential = (): Promise<Handle | undefined> => {
      keys ??= options.keytab === undefined ? Promise.resolve(undefined) : library.acquireFrom({ keytab: options.keytab }, options.service);
      // A keytab that could not be read now may be there with the next logon.
      keys.catch(() => (keys = undefined));
      return keys;
    };
    return new KerberosAcceptor(library, credential, options, connection);
  };
}

class KerberosAcceptor implements Acceptor {
  readonly #library: GssLibrary;
  readonly #credential: () => Promise<Handle | undefined>;
  readonly #options: KerberosServiceOptions;
  readonly #connection: Connection;
  #context: Handle | undefined;
  #security: KerberosSecurityContext | undefined;
  #lastWords: Uint8Array | undefined;
  #spent = false;

  constructor(library: GssLibrary, credential: () => Promise<Handle | undefined>, options: KerberosServiceOptions, connection: Connection) {
    this.#library = library;
    this.#credential = credential;
    this.#options = options;
    this.#connection = connection;
  }

  context(): SecurityContext | undefined {
    return this.#security;
  }

  get lastWords(): Uint8Array | undefined {
    return this.#lastWords;
  }

  async step(token: Uint8Array): Promise<AcceptorStep> {
    if (this.#spent) throw new Fault("token-unexpected", { mechanism: "Kerberos", what: "a message after the last" });
    this.#spent = true;
    const { channelBindingPolicy = "when-present" } = this.#connection;
    const channelBinding = channelBindingPolicy === "off" ? undefined : this.#connection.channelBinding;
    try {
      const credential = await this.#credential();
      const context = this.#context;
      this.#context = undefined;
      const result = await this.#library.accept({ context, credential, channelBinding, token });
      const out = result.token === undefined ? {} : { token: result.token };
      if (!result.done) {
        this.#context = result.context;
        this.#spent = false;
        return { ...out, done: false };
      }
      this.#security = new KerberosSecurityContext(this.#library, result.context);
      if (channelBindingPolicy === "required" && channelBinding !== undefined && (result.flags & GSS_FLAG.CHANNEL_BOUND) === 0) {
        throw new Fault("channel-binding-mismatch", { what: "the client sent no channel binding" });
      }
      return { ...out, done: true, identity: await this.#identity(result.peer ?? "") };
    } catch (error) {
      this.#security?.close();
      this.#security = undefined;
      if (error instanceof GssError) this.#lastWords = error.token;
      throw error instanceof Fault ? error : kerberosFault(error);
    }
  }

  async #identity(principal: string): Promise<NonNullable<AcceptorStep["identity"]>> {
    if (principal === "" || principal.startsWith("WELLKNOWN/ANONYMOUS")) throw new Fault("anonymous-refused", { mechanism: "Kerberos" });
    const at = principal.lastIndexOf("@");
    const realm = at < 0 ? {} : { domain: principal.slice(at + 1) };
    const found = this.#options.account === undefined ? { name: principal } : await this.#options.account(principal);
    if (found === undefined) throw new Fault("logon-failed", { user: showable(principal) });
    return { ...realm, ...found, mechanism: "kerberos", legacy: false };
  }
}

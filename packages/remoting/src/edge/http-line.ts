/**
 * One connection to a WS-Management endpoint with its logon: requests in, answers out, one at a time.
 *
 * Negotiate, Kerberos and NTLM log on to the connection: an exchange of empty requests comes first, requests after it
 * carry no Authorization, and on plain http both ways are sealed ([MS-WSMV] 2.2.9.1). When the connection is another one
 * than before, the exchange begins anew.
 */
import {
  HttpInitiator,
  kerberosInitiator,
  SYSTEM_SOURCES,
  tlsServerEndPoint,
  type Credential,
  type HttpInitiatorOptions,
  type HttpScheme,
} from "@tieline/auth";
import { Fault, recognise } from "@tieline/fault";
import { PinnedClient, type Dialler, type HttpAnswer } from "@tieline/net";
import { openMessage, sealMessage, SOAP_CONTENT_TYPE } from "../wsman/index.ts";

export interface HttpLineOptions {
  uri: URL;
  dialler: Dialler;
  credential: Credential;
  /** The only scheme to use; without it the strongest that both ends can. */
  scheme?: HttpScheme;
  /** Basic and Bearer over plain http: default false. */
  allowUnencrypted?: boolean;
  /** How Kerberos is begun; default for tickets and for the scheme Kerberos: the system's GSS-API or SSPI, through the optional package `koffi`. */
  kerberos?: HttpInitiatorOptions["kerberos"];
  /** The service's principal name is `HTTP/host:port` (New-PSSessionOption -IncludePortInSPN). */
  includePortInSpn?: boolean;
  /** Further headers of every request. */
  headers?: Readonly<Record<string, string>>;
}

export interface PostOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

const NOTHING = new Uint8Array(0);
/** A handshake is made of short answers. */
const HANDSHAKE_TIMEOUT_MS = 60_000;
/** A refusal is a sentence or two. */
const MAX_WORDS = 4096;

export class HttpLine implements AsyncDisposable {
  readonly #options: HttpLineOptions;
  readonly #client: PinnedClient;
  readonly #secure: boolean;
  readonly #path: string;
  #logon: { initiator: HttpInitiator; connection: number } | undefined;
  /** Authorization of every request, for schemes that are not bound to their connection. */
  #authorization: string | undefined;

  constructor(options: HttpLineOptions) {
    this.#options = options;
    this.#secure = options.uri.protocol === "https:";
    this.#path = options.uri.pathname + options.uri.search;
    this.#client = new PinnedClient(options.dialler, options.uri);
  }

  /** True while the connection is open and logged on: a request finds no handshake in its way. */
  get warm(): boolean {
    return this.#client.connection !== 0 && (this.#authorization !== undefined || this.#logon?.connection === this.#client.connection);
  }

  /**
   * Posts an envelope.
   *
   * @throws Fault of the transport's layers, `logon-failed` and its like, `http-status` for a 401 that nothing helps
   */
  async post(envelope: Uint8Array, options: PostOptions): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const logon = await this.#logOn(options);
      const answer = await this.#send(envelope, logon.initiator, options);
      const same = logon.connection === 0 || answer.connection === logon.connection;
      refuseIfTold(answer);
      if (answer.status !== 401 && same) return this.#open(answer, logon.initiator);
      // The connection was lost between logon and request, or the service has forgotten the logon: it has done nothing yet.
      this.#logon = undefined;
      if (answer.status === 401 && this.#authorization !== undefined) await logon.initiator.respond(challengesOf(answer));
      if (attempt === 2) throw new Fault("http-status", { host: this.#options.uri.host, status: answer.status });
    }
  }

  async close(): Promise<void> {
    this.#logon?.initiator.context()?.close?.();
    this.#logon = undefined;
    await this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #send(envelope: Uint8Array, initiator: HttpInitiator, options: PostOptions): Promise<HttpAnswer> {
    const context = this.#secure ? undefined : initiator.context();
    const sealed =
      context === undefined
        ? { contentType: SOAP_CONTENT_TYPE, body: envelope }
        : sealMessage(envelope, initiator.scheme === "Kerberos" ? "kerberos" : "spnego", context);
    return this.#request(sealed.body, { "content-type": sealed.contentType }, this.#authorization, options);
  }

  #open(answer: HttpAnswer, initiator: HttpInitiator): HttpAnswer {
    const type = textOf(answer.headers["content-type"]) ?? "";
    const context = initiator.context();
    if (!/^\s*multipart\/(x-multi-)?encrypted/i.test(type) || context === undefined) {
      // Somebody between could have taken the seal off: what was asked under a seal is answered under one.
      if (!this.#secure && context !== undefined && answer.body.length > 0 && answer.status < 300) {
        throw new Fault("message-integrity", { what: "an answer without a seal" });
      }
      return answer;
    }
    return { ...answer, body: openMessage(type, answer.body, context) };
  }

  /** The logon that holds for the next request; connection 0 for one that holds on any. */
  async #logOn(options: PostOptions): Promise<{ initiator: HttpInitiator; connection: number }> {
    const known = this.#logon;
    if (known !== undefined && (this.#authorization !== undefined || known.connection === this.#client.connection)) {
      return this.#authorization === undefined ? known : { ...known, connection: 0 };
    }
    this.#logon?.initiator.context()?.close?.();
    this.#logon = undefined;
    this.#authorization = undefined;
    const { scheme } = this.#options;
    // These are sent at once, as PowerShell does: no round is lost, and no challenge is needed.
    const preemptive =
      scheme === "Basic" || scheme === "Bearer" || scheme === "Certificate" || this.#options.credential.kind === "certificate";
    const first = preemptive ? undefined : await this.#ask(options);
    if (first !== undefined) refuseIfSentElsewhere(first);
    const initiator = this.#initiator();
    let value = scheme !== undefined || first === undefined ? await initiator.start() : undefined;
    if (value === undefined) {
      if (first !== undefined && first.status !== 401)
        throw new Fault("http-status", { host: this.#options.uri.host, status: first.status });
      value = await initiator.respond(first === undefined ? [] : challengesOf(first));
    }
    if (!initiator.connectionBound) {
      this.#authorization = value;
      await initiator.complete();
      this.#logon = { initiator, connection: 0 };
      return this.#logon;
    }
    const connection = await this.#exchange(initiator, value, options);
    this.#logon = { initiator, connection };
    return this.#logon;
  }

  /** An empty request without a name: opens the connection, whose certificate is then known, and hears the challenges. */
  #ask(options: PostOptions): Promise<HttpAnswer> {
    return this.#request(NOTHING, {}, undefined, { ...options, timeoutMs: HANDSHAKE_TIMEOUT_MS });
  }

  async #exchange(initiator: HttpInitiator, first: string, options: PostOptions): Promise<number> {
    let value = first;
    for (;;) {
      const answer = await this.#request(NOTHING, {}, value, { ...options, timeoutMs: HANDSHAKE_TIMEOUT_MS });
      refuseIfTold(answer);
      refuseIfSentElsewhere(answer);
      if (answer.status !== 401) {
        if (answer.status >= 400) throw new Fault("http-status", { host: this.#options.uri.host, status: answer.status });
        await initiator.complete(challengesOf(answer));
        return answer.connection;
      }
      value = await initiator.respond(challengesOf(answer));
    }
  }

  #initiator(): HttpInitiator {
    const { uri, credential, scheme, allowUnencrypted } = this.#options;
    // Asked for by name or by ticket it is used without further ado; beside a password only where the caller hands it in.
    const wanted = credential.kind === "ticket" || scheme === "Kerberos";
    const kerberos = this.#options.kerberos ?? (wanted ? kerberosInitiator : undefined);
    const certificate = this.#client.peerCertificate;
    return new HttpInitiator({
      credential,
      sources: SYSTEM_SOURCES,
      secure: this.#secure,
      targetName: `HTTP/${this.#options.includePortInSpn === true ? `${uri.hostname}:${portOf(uri)}` : uri.hostname}`,
      channelBinding: certificate === undefined ? undefined : tlsServerEndPoint(certificate),
      ...(scheme === undefined ? {} : { scheme }),
      ...(allowUnencrypted === undefined ? {} : { allowUnencrypted }),
      ...(kerberos === undefined ? {} : { kerberos }),
    });
  }

  #request(
    body: Uint8Array,
    headers: Record<string, string>,
    authorization: string | undefined,
    options: PostOptions,
  ): Promise<HttpAnswer> {
    return this.#client.request({
      method: "POST",
      path: this.#path,
      headers: {
        // A compressed body would be neither sealed nor measured as the protocol wants it.
        "accept-encoding": "identity",
        "user-agent": "Tieline",
        ...this.#options.headers,
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      timeoutMs: options.timeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }
}

/** A service may send its callers elsewhere before they have shown anything; whether to follow is the carrier's to say. */
function refuseIfSentElsewhere({ status, headers }: HttpAnswer): void {
  const uri = textOf(headers["location"]);
  if (status >= 300 && status < 400 && uri !== undefined && uri !== "") throw new Fault("wsman-redirect", { uri });
}

function portOf(uri: URL): string {
  return uri.port === "" ? (uri.protocol === "https:" ? "443" : "80") : uri.port;
}

/**
 * A refusal in words that we know says more than its status. A wrong name or password is left to the mechanism, which
 * knows whose it was.
 */
function refuseIfTold({ status, headers, body }: HttpAnswer): void {
  if ((status !== 401 && status !== 403) || body.length === 0 || body.length > MAX_WORDS) return;
  if (!/^\s*text\/plain\b/i.test(textOf(headers["content-type"]) ?? "")) return;
  const told = recognise({ text: Buffer.from(body).toString("utf8") });
  if (told !== undefined && !told.is("logon-failed") && (told.layer === "authentication" || told.layer === "permission")) throw told;
}

function challengesOf(answer: HttpAnswer): readonly string[] {
  const value = answer.headers["www-authenticate"];
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/**
 * The way of old to a session, as `Get-CsWebTicket` of the retired connector went it, without a browser:
 *
 *     ask the endpoint's web ticket service whom it trusts    -> the token service's address
 *     show the password there (WS-Trust)                      -> an assertion
 *     show the assertion to the web ticket service            -> a web ticket for the endpoint
 *
 * A ticket is carried as a token is. Faults have the texts that administrators know of that cmdlet.
 */
import {
  parseIssueResponse,
  readXml,
  SAML_11_TOKEN,
  serializeIssueRequest,
  SYSTEM_SOURCES,
  WEB_TICKET_TOKEN,
  type IssuedToken,
  type IssueRequest,
  type Sources,
  type XmlNode,
} from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import { get, postText, type Dialler } from "@tieline/net";

export interface WebTicketRequest {
  /** `admin@contoso.com` */
  user: string;
  password: string;
  /** The endpoint that the ticket is to open. */
  target: URL;
  /** The web ticket service, where the endpoint names it; else where such services live on its host. */
  service?: string | undefined;
  dialler: Dialler;
  signal?: AbortSignal | undefined;
  sources?: Sources | undefined;
}

export interface WebTicket {
  ticket: string;
  /** Milliseconds since 1970, on the clock of `sources`. */
  expiresAtMs: number;
}

const SERVICE_PATH = "/WebTicket/WebTicketService.svc";
const MESSAGE_MS = 5 * 60_000;
const LARGEST_ANSWER = 256 * 1024;
/** A ticket whose service tells no lifetime is asked for again after this. */
const SHORT_MS = 10 * 60_000;
/** Layers whose faults mean that the token service was not reached at all. */
const UNREACHED: readonly string[] = ["name", "network"];

/**
 * @returns undefined where the endpoint's host has no web ticket service
 * @throws Fault `logon-failed`, `live-id-unreachable`, `aadsts-50076` and its like, `trust-refused`,
 * `trust-message-malformed`, `authority-unusable`, and those of the transport
 */
export async function getWebTicket(request: WebTicketRequest): Promise<WebTicket | undefined> {
  const { user, password, target, dialler, signal, sources = SYSTEM_SOURCES } = request;
  if (password === "") throw new Fault("password-missing", { user });
  const service = secure(new URL(request.service ?? SERVICE_PATH, target));
  const options = { maxBodyBytes: LARGEST_ANSWER, ...(signal === undefined ? {} : { signal }) };
  const metadata = await get(dialler, new URL(`${service.href}/mex`), options);
  if (metadata.status !== 200) return undefined;
  const issuer = issuerIn(new TextDecoder().decode(metadata.body));
  if (issuer === undefined) return undefined;

  const ask = async (to: URL, wish: Pick<IssueRequest, "requestor" | "appliesTo" | "tokenType">): Promise<IssuedToken> => {
    const nowMs = sources.nowMs();
    const messageId = `urn:uuid:${uuid(sources.random(16))}`;
    const frame = { version: "1.3", soap: "1.2", to: to.href, messageId, createdMs: nowMs, expiresMs: nowMs + MESSAGE_MS } as const;
    const message = serializeIssueRequest({ ...frame, ...wish });
    const answer = await postText(dialler, to, message, "application/soap+xml; charset=utf-8", options);
    return parseIssueResponse(new TextDecoder().decode(answer.body), to.host);
  };

  const appliesTo = service.href;
  const requestor = { kind: "password", user, password } as const;
  const assertion = await ask(issuer, { requestor, appliesTo, tokenType: SAML_11_TOKEN }).catch((error: unknown) => {
    throw inOldWords(error, user);
  });
  const shown = { kind: "assertion", xml: assertion.xml } as const;
  const issued = await ask(service, { requestor: shown, appliesTo: `${target.origin}${target.pathname}`, tokenType: WEB_TICKET_TOKEN });
  const ticket = Buffer.from(readXml(issued.xml).text.trim(), "base64").toString("utf8");
  if (!/^[\x21-\x7e]+$/.test(ticket)) throw new Fault("trust-message-malformed", { what: "it holds no web ticket" });
  const lifetimeMs = issued.expiresMs - issued.createdMs;
  return { ticket, expiresAtMs: sources.nowMs() + (Number.isFinite(lifetimeMs) && lifetimeMs > 0 ? lifetimeMs : SHORT_MS) };
}

/** Whom a web ticket service trusts (WS-SecurityPolicy 1.2 5.4.2); undefined where its metadata does not say. */
function issuerIn(metadata: string): URL | undefined {
  const issuer = find(readXml(metadata), "Issuer");
  const address = issuer?.children.find((child) => child.name === "Address")?.text.trim();
  return address === undefined || !URL.canParse(address) ? undefined : secure(new URL(address));
}

/** Metadata of several makers put it at several depths. */
function find(node: XmlNode, name: string): XmlNode | undefined {
  if (node.name === name) return node;
  for (const child of node.children) {
    const found = find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A password goes to https alone, whoever names the address. */
function secure(address: URL): URL {
  if (address.protocol !== "https:")
    throw new Fault("authority-unusable", { authority: address.origin, what: "it is not protected by TLS" });
  return address;
}

/** Founding document 003's words for what the retired cmdlet could not tell apart. */
function inOldWords(error: unknown, user: string): unknown {
  if (!isFault(error)) return error;
  const said = error.said ?? error.message;
  if (error.code === "aadsts-50126" || error.code === "aadsts-50034") return new Fault("logon-failed", { user }, { cause: error, said });
  if (UNREACHED.includes(error.layer)) return new Fault("live-id-unreachable", {}, { cause: error, said });
  return error;
}

/** Version 4 (RFC 9562 5.4). */
function uuid(bytes: Uint8Array): string {
  const random = Uint8Array.from(bytes);
  random[6] = ((random[6] ?? 0) & 0x0f) | 0x40;
  random[8] = ((random[8] ?? 0) & 0x3f) | 0x80;
  return Buffer.from(random)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

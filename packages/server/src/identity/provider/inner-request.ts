/**
 * A request as the library reads it: addresses below its tenant, parameters of one form for both generations. It is a request
 * of its own on the same socket, so that the library needs to know nothing of ours; what we know of it goes beside.
 */
import { IncomingMessage } from "node:http";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Account } from "../../directory/index.ts";
import type { Application } from "../applications.ts";
import type { Generation } from "../generation.ts";
import type { RequestFacts, Trace } from "../refusal.ts";

/** What is known of a request before the library sees it. */
export interface InnerFacts {
  generation: Generation;
  facts: RequestFacts;
  trace: Trace;
  address: string;
  userAgent: string;
  /** The application that proved to be itself. */
  proven?: Application | undefined;
  /** True where the client asked for the ids of the account beside its tokens. */
  clientInfo: boolean;
  parameters: URLSearchParams;
  /** Turns the library's answer into ours, before it is sent. */
  finish?: ((ctx: KoaContextWithOIDC) => Promise<void> | void) | undefined;
  /** Set while a password is judged, for the answer and the log. */
  account?: Account | undefined;
}

const known = new WeakMap<IncomingMessage, InnerFacts>();

export interface InnerRequest {
  method: string;
  /** `/<tenant>`: what stands before the library's own paths. */
  mount: string;
  /** With the query. */
  path: string;
  body?: URLSearchParams | undefined;
  facts: InnerFacts;
}

export function innerRequest(outer: IncomingMessage, { method, mount, path, body, facts }: InnerRequest): IncomingMessage {
  const inner = new IncomingMessage(outer.socket);
  const { authorization, "content-length": _, "content-type": __, "transfer-encoding": ___, ...headers } = outer.headers;
  const bytes = body === undefined ? undefined : Buffer.from(body.toString());
  inner.method = method;
  inner.url = path;
  Object.assign(inner, { originalUrl: mount + path });
  inner.headers = {
    ...headers,
    // A client's own credentials were judged already; a person's token for userinfo was not.
    ...(authorization !== undefined && /^bearer /i.test(authorization) ? { authorization } : {}),
    ...(bytes === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", "content-length": String(bytes.length) }),
  };
  if (bytes !== undefined) inner.push(bytes);
  inner.push(null);
  // Else its end would take the socket with it.
  inner.complete = true;
  known.set(inner, facts);
  return inner;
}

export function innerFacts(inner: IncomingMessage): InnerFacts {
  const facts = known.get(inner);
  if (facts === undefined) throw new Error("a request that did not come through innerRequest");
  return facts;
}
